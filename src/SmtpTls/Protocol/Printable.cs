using System.Globalization;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>Makes a text from the network fit for a message or a transcript: one line, bounded, without control characters.</summary>
internal static class Printable
{
    /// <summary>Enough for a full reply line of 512 octets (RFC 5321 §4.5.3.1.5) twice over.</summary>
    public const int MaximumLength = 1000;

    /// <summary>
    /// The text with control characters (a terminal would obey them) and format characters (they can turn the reading
    /// direction round) as <c>\xNN</c>, cut at <paramref name="maximum"/> characters.
    /// </summary>
    public static string Line(string text, int maximum = MaximumLength)
    {
        const char Ellipsis = '…';
        if (text.Length <= maximum && !text.Any(NeedsEscape))
        {
            return text;
        }

        var line = new StringBuilder(Math.Min(text.Length, maximum) + 16);
        foreach (var character in text)
        {
            var shown = NeedsEscape(character)
                ? string.Create(CultureInfo.InvariantCulture, $"\\x{(int)character:X2}")
                : character.ToString();
            if (line.Length + shown.Length > maximum - 1)
            {
                return line.Append(Ellipsis).ToString();
            }

            line.Append(shown);
        }

        return line.ToString();
    }

    private static bool NeedsEscape(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
