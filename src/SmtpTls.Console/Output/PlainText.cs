using System.Globalization;
using System.Text;

namespace SmtpTls.Cli.Output;

/// <summary>Text from elsewhere, made fit for a terminal: a server's line may not move the cursor or forge a second line.</summary>
internal static class PlainText
{
    /// <summary>One line; control characters are shown as <c>\xNN</c>.</summary>
    public static string Line(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            _ = char.IsControl(character)
                ? shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:X2}")
                : shown.Append(character);
        }

        return shown.ToString();
    }
}
