namespace SmtpTls;

/// <summary>When a delivery that failed for now is tried again, and when it is given up (RFC 5321 §4.5.4.1).</summary>
public sealed record RetryOptions
{
    /// <summary>
    /// The wait after the first attempt, the second, and so on; the last one repeats. Default 1, 5, 15, 30 and 60 minutes:
    /// most trouble is over soon, greylisting asks for a few minutes, and RFC 5321 §4.5.4.1 wants 30 minutes or more
    /// between attempts at what stays broken.
    /// </summary>
    public IReadOnlyList<TimeSpan> Schedule { get; init; } =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(60),
    ];

    /// <summary>Each wait is made longer or shorter by up to this share of itself, 0 to 0.5, so that what failed together does not come back together. Default 0.1.</summary>
    public double Jitter { get; init; } = 0.1;

    /// <summary>From acceptance until a message is given up and its sender told. Default 4 days (RFC 5321 §4.5.4.1: at least 4 to 5).</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(4);

    /// <summary>From acceptance until the sender is told, once, that a message is delayed; zero: never. Default 4 hours (sendmail's Timeout.queuewarn).</summary>
    public TimeSpan DelayWarningAfter { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Throws where a value cannot be used.</summary>
    /// <exception cref="SmtpException">Names the option and what it may be.</exception>
    public void Validate()
    {
        if (Schedule.Count == 0 || Schedule.Any(wait => wait <= TimeSpan.Zero || wait > Longest))
        {
            throw Invalid(nameof(Schedule), "one or more times, each above zero and at most 30 days");
        }

        if (Jitter is not (>= 0 and <= 0.5))
        {
            throw Invalid(nameof(Jitter), "between 0 and 0.5");
        }

        if (GiveUpAfter <= TimeSpan.Zero || GiveUpAfter > Longest)
        {
            throw Invalid(nameof(GiveUpAfter), "above zero and at most 30 days");
        }

        if (DelayWarningAfter < TimeSpan.Zero || DelayWarningAfter > Longest)
        {
            throw Invalid(nameof(DelayWarningAfter), "zero for no warning, or at most 30 days");
        }
    }

    // Mail that is older than a month is of no use to anybody; and sums of these never leave the calendar.
    private static TimeSpan Longest => TimeSpan.FromDays(30);

    private static SmtpException Invalid(string name, string range) => new(new SmtpFailure
    {
        Code = FindingCode.InvalidInput,
        Message = $"The retry option {name} must be {range}.",
        Advice = "Leave it out to have the default.",
        Permanent = true,
    });
}
