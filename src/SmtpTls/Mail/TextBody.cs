using System.Globalization;
using System.Text;

namespace SmtpTls.Mail;

/// <summary>
/// A text as the body of a message: line ends made CRLF, character set and transfer encoding chosen so that every server
/// can carry it unchanged, with or without 8BITMIME.
/// </summary>
/// <param name="Charset">us-ascii or utf-8.</param>
/// <param name="TransferEncoding">7bit, quoted-printable or base64 (RFC 2045 §6).</param>
/// <param name="Content">The encoded bytes, all ASCII; empty, or ending with CRLF.</param>
internal sealed record TextBody(string Charset, string TransferEncoding, byte[] Content)
{
    // RFC 2045 §6.7 (5) and §6.8.
    private const int MaximumEncodedLine = 76;

    internal static TextBody From(string text)
    {
        var normal = Normalize(text);
        var bytes = Encoding.UTF8.GetBytes(normal);
        var escapes = bytes.Count(value => value is 0 or >= 0x80);
        var charset = Ascii.IsValid(normal) ? "us-ascii" : "utf-8";

        // 7bit is ASCII without NUL in lines of at most 998 octets (RFC 2045 §2.7).
        if (escapes == 0 && LongestLine(normal) <= HeaderWriter.MaximumLineLength)
        {
            return new TextBody(charset, "7bit", bytes);
        }

        // Quoted-printable makes three octets of one, base64 four of three: beyond a sixth of escapes base64 is shorter.
        return escapes > bytes.Length / 6
            ? new TextBody(charset, "base64", Base64(bytes))
            : new TextBody(charset, "quoted-printable", Encoding.ASCII.GetBytes(QuotedPrintable(bytes)));
    }

    // CR, LF and CRLF each end a line; a message knows only CRLF (RFC 5322 §2.3). The last line is ended as well.
    private static string Normalize(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (lines.Length > 0 && lines[^1] != '\n')
        {
            lines += "\n";
        }

        return lines.Replace("\n", "\r\n", StringComparison.Ordinal);
    }

    private static int LongestLine(string text)
    {
        var longest = 0;
        for (var start = 0; start < text.Length;)
        {
            // Normalised before: every line ends with CRLF.
            var length = text.AsSpan(start).IndexOf('\r');
            longest = Math.Max(longest, length);
            start += length + 2;
        }

        return longest;
    }

    private static byte[] Base64(byte[] bytes) =>
        Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks) + "\r\n");

    private static string QuotedPrintable(byte[] bytes)
    {
        var result = new StringBuilder(bytes.Length + (bytes.Length / 4));
        var column = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            var lineEnds = i + 1 < bytes.Length && bytes[i + 1] == '\r';
            if (bytes[i] == '\r')
            {
                // Normalised before: a CR always has its LF.
                result.Append("\r\n");
                column = 0;
                i++;
                continue;
            }

            var escape = bytes[i] switch
            {
                (byte)'=' => true,
                // White space at the end of a line is lost on the way (RFC 2045 §6.7 (3)).
                (byte)' ' or (byte)'\t' => lineEnds,
                < 0x20 or > 0x7E => true,
                _ => false,
            };
            var length = escape ? 3 : 1;
            if (column + length > (lineEnds ? MaximumEncodedLine : MaximumEncodedLine - 1))
            {
                result.Append("=\r\n");
                column = 0;
            }

            _ = escape ? result.Append(CultureInfo.InvariantCulture, $"={bytes[i]:X2}") : result.Append((char)bytes[i]);
            column += length;
        }

        return result.ToString();
    }
}
