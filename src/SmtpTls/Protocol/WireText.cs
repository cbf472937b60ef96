using System.Text;

namespace SmtpTls.Protocol;

/// <summary>What came over the wire, or shall go there, as text that can do no harm in a log or on a terminal.</summary>
internal static class WireText
{
    /// <summary>Longest quotation in a message, in characters.</summary>
    internal const int MaximumQuotation = 80;

    // Three characters each, so that they stay within the quotation's length.
    private const int MaximumQuotedBytes = 16;

    /// <summary>The text with '?' for every control character but the tab, C1 (U+0080 to U+009F) among them.</summary>
    public static string Clean(string text)
    {
        foreach (var character in text)
        {
            if (IsHarmful(character))
            {
                return string.Create(text.Length, text, static (clean, source) =>
                {
                    for (var index = 0; index < clean.Length; index++)
                    {
                        clean[index] = IsHarmful(source[index]) ? '?' : source[index];
                    }
                });
            }
        }

        return text;
    }

    /// <summary>UTF-8 as clean text; U+FFFD stands for what is none.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes) => Clean(Encoding.UTF8.GetString(bytes));

    /// <summary>
    /// The start of a line for a message, in quotation marks; binary data, which shows by its first byte, as hexadecimal bytes.
    /// </summary>
    public static string Quote(ReadOnlySpan<byte> line)
    {
        if (!line.IsEmpty && line[0] is < 0x20 and not ((byte)'\r' or (byte)'\n' or (byte)'\t'))
        {
            return Hexadecimal(line);
        }

        line = line.TrimEnd("\r\n"u8);

        // Four bytes make a character at most; the rest would be decoded for nothing.
        var text = Decode(line[..Math.Min(line.Length, 4 * MaximumQuotation)]);
        if (text.Length > MaximumQuotation)
        {
            var end = char.IsHighSurrogate(text[MaximumQuotation - 2]) ? MaximumQuotation - 2 : MaximumQuotation - 1;
            text = text[..end] + "…";
        }

        return $"\"{text}\"";
    }

    private static string Hexadecimal(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("bytes");
        foreach (var value in bytes[..Math.Min(bytes.Length, MaximumQuotedBytes)])
        {
            _ = text.Append(' ').Append(Convert.ToHexString([value]));
        }

        return bytes.Length > MaximumQuotedBytes ? text.Append(" …").ToString() : text.ToString();
    }

    private static bool IsHarmful(char character) => char.IsControl(character) && character != '\t';
}
