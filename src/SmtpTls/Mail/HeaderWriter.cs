using System.Buffers;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Mail;

/// <summary>
/// Writes header fields and folds them (RFC 5322 §2.2.3): at 78 characters where there is white space to fold at, at 76
/// where a line holds an encoded word (RFC 2047 §2), and never beyond 998 (RFC 5322 §2.1.1).
/// </summary>
internal sealed class HeaderWriter
{
    internal const int MaximumLineLength = 998;

    private const int FoldAt = 78;
    private const int FoldEncodedAt = 76;

    // A quoted display name longer than this is written as encoded words, which can be folded.
    private const int MaximumQuotedName = 200;

    private static readonly SearchValues<char> Printable = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code), '\t']);

    private readonly StringBuilder _text = new();
    private int _column;
    private int _tokens;
    private bool _encodedOnLine;

    /// <summary>A field whose value is written as it is, on one line.</summary>
    internal void Write(string name, string value) => _text.Append(name).Append(": ").Append(value).Append("\r\n");

    /// <summary>A field of free text (RFC 5322 §2.2.1).</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="value">Its text; no control characters but tabs.</param>
    /// <param name="keepEncodedWords">True where encoded words that the caller wrote shall be read as such; false where all of the text is meant literally.</param>
    internal void WriteText(string name, string value, bool keepEncodedWords)
    {
        Begin(name);
        if (CanStandAsItIs(name, value, keepEncodedWords))
        {
            for (var start = 0; start < value.Length;)
            {
                var wordStart = start + CountWhile(value.AsSpan(start), white: true);
                var end = wordStart + CountWhile(value.AsSpan(wordStart), white: false);
                Add(value[wordStart..end], space: start == wordStart ? " " : value[start..wordStart]);
                start = end;
            }
        }
        else
        {
            AddEncoded(value, phrase: false);
        }

        _text.Append("\r\n");
    }

    /// <summary>A field of mailboxes (RFC 5322 §3.4); none is written where there are none.</summary>
    internal void WriteMailboxes(string name, IReadOnlyList<Mailbox> mailboxes)
    {
        if (mailboxes.Count == 0)
        {
            return;
        }

        Begin(name);
        for (var i = 0; i < mailboxes.Count; i++)
        {
            var address = HeaderAddress(mailboxes[i].Address);
            var comma = i == mailboxes.Count - 1 ? "" : ",";
            if (mailboxes[i].DisplayName.Length > 0)
            {
                AddPhrase(mailboxes[i].DisplayName);
                address = $"<{address}>";
            }

            Add(address + comma);
        }

        _text.Append("\r\n");
    }

    /// <summary>All that was written. Only addresses can be other than ASCII (RFC 6532).</summary>
    public override string ToString() => _text.ToString();

    /// <summary>The address as a header field carries it: the domain in A-labels, even where the local part has none (RFC 6532 §3.2 allows both).</summary>
    internal static string HeaderAddress(MailPath path)
    {
        if (path.TryToAscii(out var ascii))
        {
            return ascii.Address;
        }

        return DnsName.TryParse(path.Domain, out var domain, out _)
            ? $"{path.Address[..^path.Domain.Length]}{domain}"
            : path.Address;
    }

    private static bool CanStandAsItIs(string name, string value, bool keepEncodedWords)
    {
        if (value.AsSpan().ContainsAnyExcept(Printable))
        {
            return false;
        }

        // White space at the ends is lost to readers; a word too long for a line has no place to fold.
        return !(value.Length > 0 && (IsWhite(value[0]) || IsWhite(value[^1])))
            && (keepEncodedWords || !value.Contains("=?", StringComparison.Ordinal))
            && LongestToken(value) + name.Length + 2 <= MaximumLineLength;
    }

    // The longest stretch that cannot be folded: white space and the word behind it.
    private static int LongestToken(string value)
    {
        var longest = 0;
        for (var start = 0; start < value.Length;)
        {
            var length = CountWhile(value.AsSpan(start), white: true);
            length += CountWhile(value.AsSpan(start + length), white: false);
            longest = Math.Max(longest, length);
            start += length;
        }

        return longest;
    }

    private static bool IsWhite(char character) => character is ' ' or '\t';

    private static int CountWhile(ReadOnlySpan<char> text, bool white)
    {
        var end = white ? text.IndexOfAnyExcept(' ', '\t') : text.IndexOfAny(' ', '\t');
        return end < 0 ? text.Length : end;
    }

    private void Begin(string name)
    {
        _text.Append(name).Append(':');
        _column = name.Length + 1;
        _tokens = 0;
        _encodedOnLine = false;
    }

    private void Add(string token, string space = " ", bool encoded = false)
    {
        var limit = encoded || _encodedOnLine ? FoldEncodedAt : FoldAt;

        // Directly behind the name only an encoded word is put on a new line: many readers dislike a name alone on its line.
        var mayFold = encoded || _tokens > 0;
        if (mayFold && _column + space.Length + token.Length > limit)
        {
            _text.Append("\r\n");
            _column = 0;
            _encodedOnLine = false;
        }

        _text.Append(space).Append(token);
        _column += space.Length + token.Length;
        _encodedOnLine |= encoded;
        _tokens++;
    }

    private void AddEncoded(string text, bool phrase)
    {
        foreach (var word in EncodedWords.Encode(text, phrase, FoldEncodedAt - _column - 1))
        {
            Add(word, encoded: true);
        }
    }

    // Atoms as they are, other ASCII as a quoted string (RFC 5322 §3.2.4), everything else encoded (RFC 2047 §5 (3)).
    private void AddPhrase(string name)
    {
        var printable = !name.AsSpan().ContainsAnyExceptInRange(' ', '~');
        if (!printable || name.Length > MaximumQuotedName || name.Contains("=?", StringComparison.Ordinal))
        {
            AddEncoded(name, phrase: true);
        }
        else if (name.Split(' ').All(HeaderNames.IsAtom))
        {
            foreach (var atom in name.Split(' '))
            {
                Add(atom);
            }
        }
        else
        {
            Add($"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }
    }
}
