using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

namespace SmtpTls.Cli.Options;

/// <summary>Options whose value is a number: a port, a count, a size, a time.</summary>
internal static class Number
{
    // A day: longer waits are hangs. The engine's own bound is higher.
    private const double LongestSeconds = 86_400;

    public static Option<int?> Port(string name, string description, bool zeroChooses) => Whole(
        name, description, zeroChooses ? 0 : 1, IPEndPoint.MaxPort, "PORT");

    public static Option<int?> Count(string name, string description) => Whole(name, description, 1, int.MaxValue, "N");

    /// <summary>Seconds, with a decimal point where need be.</summary>
    public static Option<TimeSpan?> Seconds(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SECONDS",
        CustomParser = result =>
        {
            var text = Text(result);
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.001 and <= LongestSeconds)
            {
                return TimeSpan.FromSeconds(seconds);
            }

            result.AddError($"{name}: '{text}' is no time. Give seconds, for example 10 or 0.5; at most {LongestSeconds:0}.");
            return null;
        },
    };

    /// <summary>Bytes, or KiB, MiB and GiB with K, M and G behind the number.</summary>
    public static Option<long?> Size(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            var text = Text(result);
            var shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
            var digits = shift == 0 ? text : text[..^1];
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= long.MaxValue >> shift)
            {
                return number << shift;
            }

            result.AddError($"{name}: '{text}' is no size. Give bytes, or for example 512K or 50M.");
            return null;
        },
    };

    private static Option<int?> Whole(string name, string description, int least, int most, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            var text = Text(result);
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }

            result.AddError(most == int.MaxValue
                ? $"{name}: '{text}' is no number above zero."
                : FormattableString.Invariant($"{name}: '{text}' is no port. Give {least} to {most}."));
            return null;
        },
    };

    private static string Text(ArgumentResult result) => result.Tokens[^1].Value;
}
