using System.Globalization;
using System.Text;

namespace SmtpTls.Mail;

/// <summary>Refusals of what a caller gave, always with the name of the field and what to do.</summary>
internal static class MailInput
{
    // What is quoted in a message is a hint, not the whole of a subject.
    private const int QuotedLength = 80;

    internal static SmtpException Refuse(string message, string advice, Exception? cause = null) => new(
        new SmtpFailure { Code = FindingCode.InvalidInput, Message = message, Advice = advice, Permanent = true, Cause = cause?.Message },
        cause);

    /// <summary>Names the control character that a header value may not hold; "" where there is none. A tab is white space (RFC 5234, WSP).</summary>
    internal static string ControlCharacterIn(string text, bool allowTab)
    {
        foreach (var character in text)
        {
            if (char.IsControl(character) && !(allowTab && character == '\t'))
            {
                return character switch
                {
                    '\r' => "it holds a carriage return (CR)",
                    '\n' => "it holds a line feed (LF)",
                    '\0' => "it holds a NUL character",
                    _ => string.Create(CultureInfo.InvariantCulture, $"it holds the control character U+{(int)character:X4}"),
                };
            }
        }

        return "";
    }

    /// <summary>A value as it may stand in a one-line message: short, and control characters made visible.</summary>
    internal static string Quote(string text)
    {
        var shown = new StringBuilder("'");
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, QuotedLength)))
        {
            _ = character switch
            {
                '\r' => shown.Append("\\r"),
                '\n' => shown.Append("\\n"),
                _ when char.IsControl(character) => shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
                _ => shown.Append(character),
            };
        }

        return shown.Append(text.Length > QuotedLength ? "…'" : "'").ToString();
    }
}
