using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>
/// Writes a server's reply (RFC 5321 §4.2): code, separator, enhanced status code on every line (RFC 2034 §4), text.
/// Whatever a text holds, no CR, LF or other control character of it reaches the wire.
/// </summary>
internal static class ReplyFormat
{
    /// <summary>Longest line, CRLF included (RFC 5321 §4.5.3.1.5). Longer texts go on in the next line.</summary>
    internal const int MaximumLineLength = 512;

    // "5.999.999" is the longest enhanced status code (RFC 3463 §2).
    private const int MaximumEnhancedLength = 9;

    /// <summary>Writes a reply, one line of it or more for each of its lines.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code is not one of 200 to 599.</exception>
    public static void Write(IBufferWriter<byte> output, SmtpReply reply)
    {
        if (reply.Lines.Count == 0)
        {
            Write(output, reply.Code, reply.Enhanced, "");
            return;
        }

        var prefix = Prefix(reply.Code, reply.Enhanced, stackalloc byte[4 + MaximumEnhancedLength + 1]);
        for (var line = 0; line < reply.Lines.Count; line++)
        {
            WriteText(output, prefix, reply.Lines[line], last: line == reply.Lines.Count - 1);
        }
    }

    /// <summary>Writes a reply of one text.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code is not one of 200 to 599.</exception>
    public static void Write(IBufferWriter<byte> output, int code, EnhancedStatusCode? enhanced, string text) =>
        WriteText(output, Prefix(code, enhanced, stackalloc byte[4 + MaximumEnhancedLength + 1]), text, last: true);

    // Code, separator, enhanced code and its blank. The separator is set for each line.
    private static Span<byte> Prefix(int code, EnhancedStatusCode? enhanced, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(code, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, 599);
        _ = Utf8Formatter.TryFormat(code, buffer, out var length);
        length++;
        if (enhanced is { } status)
        {
            length += Encoding.ASCII.GetBytes(status.ToString(), buffer[length..]);
            buffer[length++] = (byte)' ';
        }

        return buffer[..length];
    }

    private static void WriteText(IBufferWriter<byte> output, Span<byte> prefix, string text, bool last)
    {
        var rest = WireText.Clean(text).AsSpan();
        var room = MaximumLineLength - prefix.Length - "\r\n".Length;
        do
        {
            var end = Fit(rest, room, out var next);
            prefix[3] = last && next == rest.Length ? (byte)' ' : (byte)'-';
            output.Write(prefix);
            _ = Encoding.UTF8.GetBytes(rest[..end], output);
            output.Write("\r\n"u8);
            rest = rest[next..];
        }
        while (!rest.IsEmpty);
    }

    // How much of a text fits into so many octets: up to a blank where there is one, never within a character.
    private static int Fit(ReadOnlySpan<char> text, int octets, out int next)
    {
        next = text.Length;
        if (text.Length <= octets && Encoding.UTF8.GetByteCount(text) <= octets)
        {
            return text.Length;
        }

        var end = 0;
        while (Rune.DecodeFromUtf16(text[end..], out var rune, out var length) != OperationStatus.NeedMoreData
            && octets >= rune.Utf8SequenceLength)
        {
            octets -= rune.Utf8SequenceLength;
            end += length;
        }

        // The blank itself may stand just behind the last character that fits; the line's end takes its place.
        var blank = text[..(end + 1)].LastIndexOf(' ');
        next = blank > 0 ? blank + 1 : end;
        return blank > 0 ? blank : end;
    }
}
