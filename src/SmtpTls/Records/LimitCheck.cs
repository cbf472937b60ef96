namespace SmtpTls;

/// <summary>What every record of limits checks in the same way.</summary>
internal static class LimitCheck
{
    /// <summary>Throws where the value is not above zero.</summary>
    /// <param name="value">The limit.</param>
    /// <param name="kind">Whose limit it is, as it stands before "limit".</param>
    /// <param name="name">The limit's name.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>.</exception>
    public static void RequirePositive(long value, string kind, string name)
    {
        if (value <= 0)
        {
            throw Invalid(kind, name, "greater than zero");
        }
    }

    /// <summary>Throws where the time is not above zero or longer than a timer takes.</summary>
    /// <param name="value">The limit.</param>
    /// <param name="kind">Whose limit it is, as it stands before "limit".</param>
    /// <param name="name">The limit's name.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>.</exception>
    public static void RequireTime(TimeSpan value, string kind, string name)
    {
        if (value <= TimeSpan.Zero || value > ClientTimeouts.Longest)
        {
            throw Invalid(kind, name, "greater than zero and at most 49 days");
        }
    }

    /// <summary>The failure of a limit that is out of its range.</summary>
    /// <param name="kind">Whose limit it is, as it stands before "limit".</param>
    /// <param name="name">The limit's name.</param>
    /// <param name="range">What it must be.</param>
    public static SmtpException Invalid(string kind, string name, string range) => new(new SmtpFailure
    {
        Code = FindingCode.InvalidInput,
        Message = $"The {kind} limit {name} must be {range}.",
        Advice = "Leave it out to have the default.",
        Permanent = true,
    });
}
