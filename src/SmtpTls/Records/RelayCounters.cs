namespace SmtpTls;

/// <summary>What a relay has done since it was started, at one moment.</summary>
public sealed record RelayCounters
{
    /// <summary>Messages taken into the queue, by whichever door; the relay's own notifications not counted.</summary>
    public long Accepted { get; init; }

    /// <summary>Recipients refused because the client may not relay to them, or no route leads there.</summary>
    public long Refused { get; init; }

    /// <summary>Recipients for whom a next hop took a message.</summary>
    public long Delivered { get; init; }

    /// <summary>Failures that will be repeated: one a recipient and attempt.</summary>
    public long Deferred { get; init; }

    /// <summary>Recipients given up: refused for good, or their time was over.</summary>
    public long Bounced { get; init; }

    /// <summary>Delivery status notifications queued.</summary>
    public long Notifications { get; init; }

    /// <summary>Deliveries under way now, those that wait for a free connection included.</summary>
    public int Active { get; init; }

    /// <summary>The counts in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"{Accepted} accepted, {Refused} refused, {Delivered} delivered, {Deferred} deferred, {Bounced} bounced, {Active} active");
}
