using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Lets a parameter of type TimeSpan take seconds as a number and texts such as 30s, 5m or 4d.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class DurationAttribute : ArgumentTransformationAttribute
{
    // 2^32 - 2 milliseconds.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>True where the time is waited for, which can be no longer than a timer runs: 49 days.</summary>
    public bool ForTimer { get; init; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var given = Values.Unwrap(inputData);
        return given is IEnumerable several and not string ? several.Cast<object?>().Select(ToTime).ToArray() : ToTime(inputData);
    }

    private TimeSpan ToTime(object? given)
    {
        var time = Read(given);
        if (time < TimeSpan.Zero || (ForTimer && time > LongestTimer))
        {
            throw Values.Refused($"The time {time} cannot be used. Give one from zero{(ForTimer ? $" to {LongestTimer.TotalDays:0} days" : " on")}.");
        }

        return time;
    }

    private static TimeSpan Read(object? given) => Values.Unwrap(given) switch
    {
        TimeSpan time => time,

        // To PowerShell 4d is the decimal number 4. Where it still knows what was typed, four days are meant; else nobody knows.
        decimal number when LanguagePrimitives.ConvertTo<string>(given) is var typed => DurationText.TryParse(typed, out var time) ? time : throw Ambiguous(number),
        short or int or long or double => OfSeconds(Convert.ToDouble(Values.Unwrap(given), CultureInfo.InvariantCulture), given),
        string text when DurationText.TryParse(text, out var time) => time,
        string text when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) => OfSeconds(seconds, text),
        string text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) => time,
        _ => throw Refused(Values.Unwrap(given)),
    };

    private static ArgumentTransformationMetadataException Ambiguous(decimal number) => Values.Refused(string.Create(
        CultureInfo.InvariantCulture,
        $"PowerShell read a number, {number}, where perhaps {number} days were meant. Write '{number}d' in quotes for days, or '{number}s' for seconds."));

    private static TimeSpan OfSeconds(double seconds, object? given) =>
        Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : throw Refused(given);

    private static ArgumentTransformationMetadataException Refused(object? given) => Values.Refused(
        $"{Values.Describe(given)} is no length of time. Give seconds as a number, a TimeSpan, or a text such as 30s, 5m, 1h30m or 4d.");
}
