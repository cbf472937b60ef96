namespace SmtpTls;

/// <summary>What waits for one next hop. Counts are deliveries: a message to two next hops counts at both.</summary>
public sealed record NextHopQueue
{
    /// <summary>The relay's name, or the queue's path where it was read without the relay.</summary>
    public string Queue { get; init; } = "";

    /// <summary>The next hop: <c>contoso.com</c> by MX, or the smart hosts with their ports.</summary>
    public required string NextHop { get; init; }

    /// <summary>Deliveries that could go now.</summary>
    public long Ready { get; init; }

    /// <summary>Deliveries under way.</summary>
    public long Active { get; init; }

    /// <summary>Deliveries that wait for their next attempt.</summary>
    public long Deferred { get; init; }

    /// <summary>Deliveries held by an administrator.</summary>
    public long Suspended { get; init; }

    /// <summary>When the oldest of them was accepted; null where nothing waits.</summary>
    public DateTimeOffset? Oldest { get; init; }

    /// <summary>When the next attempt is due; null where none is.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>Attempts in a row in which the next hop itself failed, not a message or a recipient.</summary>
    public int Failures { get; init; }

    /// <summary>The next hop's last failure as a sentence, or null.</summary>
    public string? LastFailure { get; init; }

    /// <summary>All of them.</summary>
    public long Total => Ready + Active + Deferred + Suspended;

    /// <summary>Next hop and counts in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"{NextHop}: {Ready} ready, {Active} active, {Deferred} deferred, {Suspended} suspended");
}
