using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SmtpTls.Mail;

/// <summary>A field of a message's header, as it stands there.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value, unfolded (RFC 5322 §2.2.3) and without white space around it; encoded words as they are.</param>
/// <param name="Offset">Where the field begins in the message, in octets.</param>
/// <param name="Length">How many octets it has, its last line end included.</param>
internal sealed record HeaderField(string Name, string Value, int Offset, int Length);

/// <summary>
/// The header of a message that someone else wrote: bounded, tolerant of bare LF, of bare CR (which becomes CRLF on the
/// wire, so it ends a line here too) and of 8-bit text, never an exception for its content. The first line that is neither a field nor the continuation of one ends it, as at Postfix.
/// </summary>
internal sealed partial class MessageHeaders
{
    /// <summary>Octets of header that are read. Postfix's header_size_limit is 100 KiB for one field; a header beyond 1 MiB is no mail.</summary>
    internal const int MaximumBytes = 1024 * 1024;

    /// <summary>Fields that are read. A message that crossed 100 servers (RFC 5321 §6.3) has some hundreds.</summary>
    internal const int MaximumFields = 1000;

    // Stream reads; most headers fit the first.
    private const int ChunkLength = 16 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private MessageHeaders(IReadOnlyList<HeaderField> fields, bool isComplete, bool isUtf8)
    {
        Fields = fields;
        IsComplete = isComplete;
        IsUtf8 = isUtf8;
    }

    /// <summary>The fields in their order.</summary>
    internal IReadOnlyList<HeaderField> Fields { get; }

    /// <summary>False where the header is longer than the bounds: more fields may follow.</summary>
    internal bool IsComplete { get; }

    /// <summary>
    /// True where a Bcc field stands behind a line that is no field, before the blank line: the header has ended here, and
    /// who reads on sees it.
    /// </summary>
    internal bool HasStrayBlindCopy { get; private init; }

    /// <summary>True where the first line begins with white space: it is no field, and would go on whatever is put before it.</summary>
    internal bool BeginsWithWhiteSpace { get; private init; }

    /// <summary>True where a field holds UTF-8 beyond ASCII, so that the message is internationalized (RFC 6532).</summary>
    internal bool IsUtf8 { get; }

    /// <summary>The subject as people read it; empty where there is none.</summary>
    internal string Subject => Text("Subject");

    /// <summary>The author or authors as people read them; empty where there is none.</summary>
    internal string From => Text("From");

    /// <summary>The primary recipients as people read them; empty where there are none.</summary>
    internal string To => Text("To");

    /// <summary>Message-ID as it stands there, or null.</summary>
    internal string? MessageId => Find("Message-ID")?.Value;

    /// <summary>The time of writing; null where there is none or it cannot be read.</summary>
    internal DateTimeOffset? Date => Find("Date") is { } field && TryReadDate(field.Value, out var date) ? date : null;

    /// <summary>The first field of the name, or null.</summary>
    internal HeaderField? Find(string name) => Fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads the header at the begin of a message.</summary>
    internal static MessageHeaders Read(ReadOnlySpan<byte> message)
    {
        var fields = new List<HeaderField>();
        var isUtf8 = false;
        var bounded = message[..Math.Min(message.Length, MaximumBytes)];
        var position = 0;
        var name = "";
        while (true)
        {
            var length = FieldLength(bounded[position..], message.Length > bounded.Length);
            var colon = length < 0 ? -1 : NameLength(bounded.Slice(position, length), out name);
            if (colon < 0 || fields.Count == MaximumFields)
            {
                var isComplete = length >= 0 && colon < 0;
                return new MessageHeaders(fields, isComplete, isUtf8)
                {
                    HasStrayBlindCopy = isComplete && HoldsBlindCopy(bounded[position..]),
                    BeginsWithWhiteSpace = !message.IsEmpty && message[0] is (byte)' ' or (byte)'\t',
                };
            }

            var value = Decode(bounded.Slice(position + colon + 1, length - colon - 1), ref isUtf8);
            fields.Add(new HeaderField(name, Unfold(value), position, length));
            position += length;
        }
    }

    /// <summary>Reads the header at the stream's position; the stream is read some way beyond it.</summary>
    internal static async ValueTask<MessageHeaders> ReadAsync(Stream message, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            var filled = 0;
            while (true)
            {
                var read = await message.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false);

                // A blank line, whatever its line ends are, may lie across the border of two reads.
                var news = Math.Max(0, filled - 3);
                filled += read;
                if (read == 0 || filled > MaximumBytes || HoldsBlankLine(buffer.AsSpan(news, filled - news)))
                {
                    return Read(buffer.AsSpan(0, filled));
                }

                if (filled == buffer.Length)
                {
                    buffer = Grown(buffer, filled);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grown(byte[] buffer, int filled)
    {
        // At least one octet more than the bound in the end: it shows that there is more.
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(filled * 2, MaximumBytes + 1));
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static bool HoldsBlankLine(ReadOnlySpan<byte> bytes) => bytes.IndexOf("\n\r"u8) >= 0 || bytes.IndexOf("\n\n"u8) >= 0 || bytes.IndexOf("\r\r"u8) >= 0;

    // The octets of the first field: its line and the lines behind it that begin with white space. -1: it goes on beyond the bound.
    private static int FieldLength(ReadOnlySpan<byte> rest, bool truncated)
    {
        var length = 0;
        do
        {
            var line = LineLength(rest[length..]);
            if (line < 0)
            {
                return truncated ? -1 : rest.Length;
            }

            length += line;
        }
        while (length < rest.Length && rest[length] is (byte)' ' or (byte)'\t');
        return length == rest.Length && truncated ? -1 : length;
    }

    // The octets of the first line with its end: CRLF, LF or CR, as DotEncoder takes them. -1: it has no end.
    private static int LineLength(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        return end < 0 ? -1 : end + (rest[end..].StartsWith("\r\n"u8) ? 2 : 1);
    }

    // Looks as far as the blank line. A message without one is all header to others, too.
    private static bool HoldsBlindCopy(ReadOnlySpan<byte> rest)
    {
        while (!rest.IsEmpty && rest[0] is not ((byte)'\r' or (byte)'\n'))
        {
            var length = LineLength(rest) is var line and > 0 ? line : rest.Length;
            if (NameLength(rest[..length], out var name) > 0 && HeaderNames.IsBlindCopy(name))
            {
                return true;
            }

            rest = rest[length..];
        }

        return false;
    }

    // The colon's place, or -1 where the line is no field. White space before the colon is obsolete (RFC 5322 §4.5.8) and met.
    private static int NameLength(ReadOnlySpan<byte> field, out string name)
    {
        name = "";
        var colon = field.IndexOf((byte)':');
        if (colon < 1)
        {
            return -1;
        }

        name = Encoding.Latin1.GetString(field[..colon]).TrimEnd(' ', '\t');
        return HeaderNames.IsWellFormed(name) ? colon : -1;
    }

    private static string Decode(ReadOnlySpan<byte> value, ref bool isUtf8)
    {
        if (Ascii.IsValid(value))
        {
            return Encoding.ASCII.GetString(value);
        }

        try
        {
            var text = StrictUtf8.GetString(value);
            isUtf8 = true;
            return text;
        }
        catch (DecoderFallbackException)
        {
            // 8-bit text of no declared character set: older than RFC 6532, and most often western.
            return Encoding.Latin1.GetString(value);
        }
    }

    private static string Unfold(string value) =>
        value.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Trim(' ', '\t');

    private string Text(string name) => Find(name) is { } field ? HeaderText.Decode(field.Value) : "";

    // [day ","] day month year hour ":" minute [":" second] zone (RFC 5322 §3.3); of the named zones of §4.3 only those of zero offset.
    [GeneratedRegex(@"^(?:[A-Za-z]{3,9}\s*,)?\s*(?<date>\d{1,2}\s+[A-Za-z]{3}\s+\d{4})\s+(?<time>\d{1,2}:\d{2}(?::\d{2})?)\s*(?<zone>[+-]\d{4}|GMT|UTC?|Z)\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex DatePattern();

    private static bool TryReadDate(string text, out DateTimeOffset date)
    {
        date = default;
        var match = DatePattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var zone = match.Groups["zone"].Value;
        var offset = zone[0] is '+' or '-' ? $"{zone[..3]}:{zone[3..]}" : "+00:00";
        var day = string.Join(' ', match.Groups["date"].Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return DateTimeOffset.TryParseExact(
            $"{day} {match.Groups["time"].Value} {offset}",
            ["d MMM yyyy H:mm:ss zzz", "d MMM yyyy H:mm zzz"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out date);
    }
}
