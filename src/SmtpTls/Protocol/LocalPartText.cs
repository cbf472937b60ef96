using System.Buffers;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>A local part between its meaning and its form on the wire (RFC 5321 §4.1.2).</summary>
internal static class LocalPartText
{
    // What atext (RFC 5322 §3.2.3), the dot apart, leaves out of ASCII. Everything beyond ASCII is atext (RFC 6531 §3.3).
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(
        [.. Enumerable.Range(0, 0x80).Select(static value => (char)value)
            .Where(static character => !char.IsAsciiLetterOrDigit(character))
            .Except("!#$%&'*+-/=?^_`{|}~.")]);

    /// <summary>
    /// The form in which a local part is sent: as it is where it is a dot-string, in quotes otherwise. RFC 5321 §4.1.2 asks
    /// for the form without quotes where there is one.
    /// </summary>
    public static string ToWire(string meaning)
    {
        var dotString = meaning.Length > 0 && meaning[0] != '.' && meaning[^1] != '.'
            && !meaning.Contains("..", StringComparison.Ordinal)
            && !meaning.AsSpan().ContainsAny(NeedQuotes);
        if (dotString)
        {
            return meaning;
        }

        var text = new StringBuilder("\"", meaning.Length + 2);
        foreach (var character in meaning)
        {
            if (character is '"' or '\\')
            {
                _ = text.Append('\\');
            }

            _ = text.Append(character);
        }

        return text.Append('"').ToString();
    }
}
