namespace SmtpTls.Relay;

/// <summary>What comes after an attempt that failed for now.</summary>
/// <param name="NextAttemptAt">When it is tried again; null: it is given up.</param>
/// <param name="TellOfDelay">True where the sender is to be told now that it is delayed.</param>
internal readonly record struct RetryDecision(DateTimeOffset? NextAttemptAt, bool TellOfDelay);

/// <summary>
/// When to try again (RFC 5321 §4.5.4.1). Pure: what it says depends on what it is given and nothing else.
/// </summary>
/// <remarks>
/// Every wait counts from the moment at which an attempt ended. So a clock that was put back makes nothing come early and
/// nothing be given up early; what was due before is late by as much as the clock was put back, at most. A clock that is put
/// on lets mail look older than it is; but nothing is given up without an attempt at that time.
/// </remarks>
internal static class RetrySchedule
{
    /// <summary>Decides about a delivery.</summary>
    /// <param name="options">The schedule.</param>
    /// <param name="attempts">Attempts begun, the one that failed included: 1 or more.</param>
    /// <param name="receivedAt">When the message was accepted.</param>
    /// <param name="now">The present time.</param>
    /// <param name="delayNotified">True where the sender was told of the delay before.</param>
    /// <param name="random">From 0 up to, not including, 1.</param>
    public static RetryDecision Decide(
        RetryOptions options, int attempts, DateTimeOffset receivedAt, DateTimeOffset now, bool delayNotified, double random)
    {
        var age = Age(receivedAt, now);
        if (age >= options.GiveUpAfter)
        {
            return new RetryDecision(null, TellOfDelay: false);
        }

        // The last attempt is at the very end, not an hour before.
        var wait = Wait(options, attempts, random);
        var left = options.GiveUpAfter - age;
        var tell = !delayNotified && options.DelayWarningAfter > TimeSpan.Zero && age >= options.DelayWarningAfter;
        return new RetryDecision(now + (wait < left ? wait : left), tell);
    }

    /// <summary>How long a message waits; zero where the clock says that it was accepted in the future.</summary>
    public static TimeSpan Age(DateTimeOffset receivedAt, DateTimeOffset now) => now > receivedAt ? now - receivedAt : TimeSpan.Zero;

    /// <summary>The wait after so many failures: at a delivery, or at a next hop in a row.</summary>
    /// <param name="options">The schedule.</param>
    /// <param name="failures">1 or more.</param>
    /// <param name="random">From 0 up to, not including, 1.</param>
    public static TimeSpan Wait(RetryOptions options, int failures, double random)
    {
        var step = options.Schedule[Math.Clamp(failures, 1, options.Schedule.Count) - 1];
        return step * (1 + (options.Jitter * ((2 * random) - 1)));
    }
}
