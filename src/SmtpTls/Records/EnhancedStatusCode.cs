using System.Globalization;

namespace SmtpTls;

/// <summary>An enhanced status code, <c>class.subject.detail</c> (RFC 3463).</summary>
/// <param name="Class">2 success, 4 persistent transient failure, 5 permanent failure.</param>
/// <param name="Subject">0 to 999.</param>
/// <param name="Detail">0 to 999.</param>
public readonly record struct EnhancedStatusCode(int Class, int Subject, int Detail)
{
    /// <summary>Reads <c>5.7.1</c>; false for anything that is not exactly a status code of RFC 3463 §2.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EnhancedStatusCode code)
    {
        code = default;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '.') != 3
            || !TryNumber(text[parts[0]], out var @class) || @class is not (2 or 4 or 5)
            || !TryNumber(text[parts[1]], out var subject)
            || !TryNumber(text[parts[2]], out var detail))
        {
            return false;
        }

        code = new EnhancedStatusCode(@class, subject, detail);
        return true;
    }

    /// <summary>The code as it stands in a reply, for example <c>5.7.1</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Detail}");

    // One to three digits without a leading zero (RFC 3463 §2). Looked at one by one, because int.TryParse lets NULs follow.
    private static bool TryNumber(ReadOnlySpan<char> digits, out int value)
    {
        value = 0;
        return digits.Length is >= 1 and <= 3
            && !digits.ContainsAnyExceptInRange('0', '9')
            && (digits.Length == 1 || digits[0] != '0')
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
