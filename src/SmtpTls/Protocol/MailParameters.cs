using System.Buffers.Text;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>The parameters of MAIL that this server offers (RFC 1870 SIZE, RFC 6152 BODY, RFC 6531 SMTPUTF8).</summary>
internal readonly record struct MailParameters(long? Size, bool EightBitMime, bool SmtpUtf8)
{
    /// <summary>
    /// Reads what follows the reverse-path. The error is a whole reply text and begins with its code: an unknown
    /// parameter is 555 (RFC 5321 §4.1.1.11), a bad value 501.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out MailParameters parameters, out string error)
    {
        parameters = default;
        error = "";
        while (!(text = text.TrimStart((byte)' ')).IsEmpty)
        {
            var end = text.IndexOf((byte)' ');
            var word = end < 0 ? text : text[..end];
            text = text[word.Length..];
            if (!parameters.TryAdd(word, out parameters, out error))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True where SMTPUTF8 stands among the parameters: the path before them is read differently then (RFC 6531 §3.4).</summary>
    public static bool HasSmtpUtf8(ReadOnlySpan<byte> argument)
    {
        // Whatever stands inside the path's brackets cannot follow the last '>'.
        var parameters = argument[(argument.LastIndexOf((byte)'>') + 1)..].TrimEnd((byte)' ');
        while (!parameters.IsEmpty)
        {
            var end = parameters.IndexOf((byte)' ');
            var word = end < 0 ? parameters : parameters[..end];
            if (Ascii.EqualsIgnoreCase(word, "SMTPUTF8"u8))
            {
                return true;
            }

            parameters = parameters[Math.Min(parameters.Length, word.Length + 1)..];
        }

        return false;
    }

    private bool TryAdd(ReadOnlySpan<byte> word, out MailParameters result, out string error)
    {
        result = this;
        error = "";
        if (Ascii.EqualsIgnoreCase(word, "SMTPUTF8"u8))
        {
            result = this with { SmtpUtf8 = true };
        }
        else if (Ascii.EqualsIgnoreCase(word, "BODY=8BITMIME"u8) || Ascii.EqualsIgnoreCase(word, "BODY=7BIT"u8))
        {
            result = this with { EightBitMime = word.Length == "BODY=8BITMIME"u8.Length };
        }
        else if (word.Length > 5 && Ascii.EqualsIgnoreCase(word[..5], "SIZE="u8))
        {
            // RFC 1870 §3: up to twenty digits; more than a long is more than any limit.
            if (word.Length > 25 || word[5..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                error = "501 5.5.4 SIZE must be a number of octets";
                return false;
            }

            result = this with { Size = Utf8Parser.TryParse(word[5..], out long size, out _) ? size : long.MaxValue };
        }
        else
        {
            error = Ascii.EqualsIgnoreCase(word[..Math.Min(5, word.Length)], "BODY="u8)
                ? "501 5.5.4 BODY must be 7BIT or 8BITMIME"
                : "555 5.5.4 A parameter of MAIL is not offered here";
            return false;
        }

        return true;
    }
}
