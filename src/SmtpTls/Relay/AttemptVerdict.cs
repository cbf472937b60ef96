using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>What an attempt means for each recipient, and what comes next. Pure.</summary>
internal sealed record AttemptVerdict
{
    /// <summary>Those for whom the next hop took it.</summary>
    public required IReadOnlyList<RecipientOutcome> Delivered { get; init; }

    /// <summary>Those refused for good.</summary>
    public required IReadOnlyList<RecipientOutcome> Failed { get; init; }

    /// <summary>Those who would be tried again, had the message the time.</summary>
    public required IReadOnlyList<RecipientOutcome> Expired { get; init; }

    /// <summary>Those who wait on.</summary>
    public required IReadOnlyList<RecipientOutcome> Deferred { get; init; }

    /// <summary>When they are tried next; null exactly where nobody waits on.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>True where the sender is to be told now that they wait.</summary>
    public bool TellOfDelay { get; init; }

    /// <summary>Judges an attempt.</summary>
    /// <param name="lease">The delivery.</param>
    /// <param name="outcomes">One a recipient.</param>
    /// <param name="retry">The schedule.</param>
    /// <param name="now">When the attempt ended.</param>
    /// <param name="random">From 0 up to, not including, 1.</param>
    public static AttemptVerdict Of(DeliveryLease lease, IReadOnlyList<RecipientOutcome> outcomes, RetryOptions retry, DateTimeOffset now, double random)
    {
        // By far the most: nobody is left.
        if (outcomes.All(outcome => outcome.Fate == RecipientFate.Delivered))
        {
            return new AttemptVerdict { Delivered = outcomes, Failed = [], Expired = [], Deferred = [] };
        }

        var waiting = With(outcomes, RecipientFate.Deferred);
        var decision = waiting.Length == 0 ? default : RetrySchedule.Decide(retry, lease.Attempt, lease.ReceivedAt, now, lease.DelayNotified, random);
        return new AttemptVerdict
        {
            Delivered = With(outcomes, RecipientFate.Delivered),
            Failed = With(outcomes, RecipientFate.Failed),
            Expired = decision.NextAttemptAt is null ? waiting : [],
            Deferred = decision.NextAttemptAt is null ? [] : waiting,
            NextAttemptAt = decision.NextAttemptAt,
            TellOfDelay = decision.TellOfDelay,
        };
    }

    private static RecipientOutcome[] With(IReadOnlyList<RecipientOutcome> outcomes, RecipientFate fate) =>
        outcomes.Where(outcome => outcome.Fate == fate).ToArray();
}
