using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace SmtpTls.Mail;

/// <summary>
/// Reads the encoded words of RFC 2047 in a header field's value. What is not well formed, or in a character set that is
/// not known here, stays as it stands; nothing makes it throw.
/// </summary>
internal static class HeaderText
{
    /// <summary>Characters in which encoded words are looked for; what follows stays as it stands. A subject is far shorter; an address list may be long.</summary>
    internal const int MaximumLength = 256 * 1024;

    // RFC 2047 §2 allows 75 characters. Senders that ignore it stay below this; the bound keeps the search linear.
    private const int MaximumWordLength = 1000;

    /// <summary>The text as people read it. Control characters, which an encoded word could smuggle onto a terminal (RFC 2047 §5), become U+FFFD; a tab stays.</summary>
    internal static string Decode(string text)
    {
        var result = new StringBuilder(text.Length);
        // Adjacent words of one character set are decoded together: many senders split inside a character.
        var pending = new List<byte>();
        Encoding? pendingEncoding = null;
        var position = 0;
        var afterWord = false;

        void Flush()
        {
            if (pending.Count > 0)
            {
                result.Append(pendingEncoding!.GetString([.. pending]));
                pending.Clear();
            }
        }

        for (var start = NextWord(text, 0); start >= 0; start = NextWord(text, position))
        {
            if (TryReadWord(text, start, out var encoding, out var bytes, out var end))
            {
                // White space between two encoded words is not shown (RFC 2047 §6.2).
                var between = text.AsSpan(position, start - position);
                if (!afterWord || !between.IsWhiteSpace())
                {
                    Flush();
                    result.Append(between);
                }
                else if (!encoding.Equals(pendingEncoding))
                {
                    Flush();
                }

                pendingEncoding = encoding;
                pending.AddRange(bytes);
                position = end;
                afterWord = true;
            }
            else
            {
                Flush();
                result.Append(text, position, start + 2 - position);
                position = start + 2;
                afterWord = false;
            }
        }

        Flush();
        result.Append(text, position, text.Length - position);
        return WithoutControls(result);
    }

    private static int NextWord(string text, int from) =>
        from >= Math.Min(text.Length, MaximumLength) ? -1 : text.IndexOf("=?", from, Math.Min(text.Length, MaximumLength) - from, StringComparison.Ordinal);

    // "=?" charset ["*" language] "?" ("B" | "Q") "?" encoded-text "?=" (RFC 2047 §2, RFC 2231 §5)
    private static bool TryReadWord(string text, int start, [NotNullWhen(true)] out Encoding? encoding, out byte[] bytes, out int end)
    {
        encoding = null;
        bytes = [];
        end = start;
        var window = text.AsSpan(start, Math.Min(text.Length - start, MaximumWordLength));
        var charsetEnd = window[2..].IndexOf('?') + 2;
        if (charsetEnd < 3 || charsetEnd + 2 >= window.Length || window[charsetEnd + 2] != '?')
        {
            return false;
        }

        var content = window[(charsetEnd + 3)..];
        var length = content.IndexOf("?=", StringComparison.Ordinal);
        if (length < 0 || !TryCharset(window[2..charsetEnd], out encoding))
        {
            return false;
        }

        end = start + charsetEnd + 3 + length + 2;
        content = content[..length];
        return window[charsetEnd + 1] switch
        {
            'B' or 'b' => TryBase64(content, out bytes),
            'Q' or 'q' => TryQ(content, out bytes),
            _ => false,
        };
    }

    private static bool TryCharset(ReadOnlySpan<char> name, [NotNullWhen(true)] out Encoding? encoding)
    {
        var language = name.IndexOf('*');
        var charset = (language < 0 ? name : name[..language]).ToString().ToLowerInvariant();
        encoding = charset switch
        {
            // ASCII is read as UTF-8, of which it is a part: senders that lie mostly mean that.
            "utf-8" or "utf8" or "us-ascii" or "ascii" => Encoding.UTF8,
            "iso-8859-1" or "latin1" => Encoding.Latin1,
            // The provider answers null, not with an exception, where it does not know a name.
            _ => CodePagesEncodingProvider.Instance.GetEncoding(charset),
        };
        return encoding is not null;
    }

    private static bool TryBase64(ReadOnlySpan<char> content, out byte[] bytes)
    {
        var padded = content.TrimEnd('=').ToString();
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        var buffer = new byte[padded.Length / 4 * 3];
        var valid = Convert.TryFromBase64String(padded, buffer, out var written);
        bytes = buffer[..written];
        return valid;
    }

    private static bool TryQ(ReadOnlySpan<char> content, out byte[] bytes)
    {
        var list = new List<byte>(content.Length);
        bytes = [];
        for (var i = 0; i < content.Length; i++)
        {
            switch (content[i])
            {
                case '_':
                    list.Add((byte)' ');
                    break;
                case '=' when i + 2 < content.Length && byte.TryParse(content.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value):
                    list.Add(value);
                    i += 2;
                    break;
                case < '\u0080' and var literal:
                    list.Add((byte)literal);
                    break;
                default:
                    return false;
            }
        }

        bytes = [.. list];
        return true;
    }

    private static string WithoutControls(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) && text[i] != '\t')
            {
                text[i] = '\uFFFD';
            }
        }

        return text.ToString();
    }
}
