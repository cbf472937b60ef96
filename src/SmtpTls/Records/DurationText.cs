using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace SmtpTls;

/// <summary>Lengths of time as people write them: <c>30s</c>, <c>5m</c>, <c>1h30m</c>, <c>4d</c>, or by ISO 8601: <c>PT5M</c>, <c>P4D</c>.</summary>
public static partial class DurationText
{
    /// <summary>Reads a length of time. Years and months are not read, because their length is not one.</summary>
    /// <param name="text">Whole numbers with the units <c>d</c>, <c>h</c>, <c>m</c>, <c>s</c> and <c>ms</c>, the largest first, in any case; or ISO 8601.</param>
    /// <param name="duration">The time.</param>
    /// <returns>False where the text is no length of time, or a longer one than a <see cref="TimeSpan"/> holds.</returns>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        var trimmed = (text ?? "").Trim();
        try
        {
            if (trimmed.StartsWith('P'))
            {
                if (!IsoWithoutMonths().IsMatch(trimmed))
                {
                    return false;
                }

                duration = XmlConvert.ToTimeSpan(trimmed);
                return true;
            }

            var match = Units().Match(trimmed);
            if (!match.Success || trimmed.Length == 0)
            {
                return false;
            }

            duration = TimeSpan.FromDays(Number(match, "d")) + TimeSpan.FromHours(Number(match, "h")) + TimeSpan.FromMinutes(Number(match, "m"))
                + TimeSpan.FromSeconds(Number(match, "s")) + TimeSpan.FromMilliseconds(Number(match, "ms"));
            return true;
        }
        catch (Exception e) when (e is OverflowException or FormatException)
        {
            duration = default;
            return false;
        }
    }

    private static double Number(Match match, string unit) =>
        match.Groups[unit] is { Success: true, Value: var digits } ? double.Parse(digits, CultureInfo.InvariantCulture) : 0;

    // "5m" and "5min" are both written; "5M" in capitals stands for minutes too, because months are not read at all.
    [GeneratedRegex(
        @"^(?:(?<d>[0-9]{1,9})d)?(?:(?<h>[0-9]{1,9})h)?(?:(?<m>[0-9]{1,9})m(?:in)?(?!s))?(?:(?<s>[0-9]{1,9})s)?(?:(?<ms>[0-9]{1,9})ms)?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Units();

    [GeneratedRegex(
        @"^P(?=.)([0-9]{1,9}D)?(T(?=.)([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}(\.[0-9]{1,7})?S)?)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IsoWithoutMonths();
}
