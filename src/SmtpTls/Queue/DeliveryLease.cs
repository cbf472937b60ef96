namespace SmtpTls.Queue;

/// <summary>Under which name and until when deliveries are taken.</summary>
/// <param name="Owner">Who takes them: unique to a running relay.</param>
/// <param name="Until">When others may take them.</param>
/// <param name="NextHops">On enqueuing: only deliveries to these.</param>
public sealed record LeaseTerms(string Owner, DateTimeOffset Until, IReadOnlySet<string> NextHops);

/// <summary>Which deliveries to take.</summary>
public sealed record LeaseRequest
{
    /// <summary>Who takes them: unique to a running relay.</summary>
    public required string Owner { get; init; }

    /// <summary>When others may take them.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The present time: what is due by then, and leases that ended before it.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>At most so many deliveries.</summary>
    public required int Maximum { get; init; }

    /// <summary>Only those to this next hop; null: to any.</summary>
    public string? NextHop { get; init; }

    /// <summary>
    /// Set for messages that have grown old while nobody tried them: takes what was accepted before this time, due or not
    /// and whether its next hop is backed off or not, but nothing suspended.
    /// </summary>
    public DateTimeOffset? ReceivedBefore { get; init; }

    /// <summary>With <see cref="ReceivedBefore"/>: only where no delay was told of yet.</summary>
    public bool WithoutDelayNotice { get; init; }
}

/// <summary>A next hop that has work.</summary>
/// <param name="NextHop">The next hop.</param>
/// <param name="DueAt">Since when.</param>
public readonly record struct DueNextHop(string NextHop, DateTimeOffset DueAt);

/// <summary>A next hop that failed as a whole.</summary>
/// <param name="Until">When it is tried again.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="LastFailure">The last one as a sentence.</param>
public sealed record NextHopBackoff(DateTimeOffset Until, int Failures, string LastFailure);

/// <summary>A delivery that its owner may work on.</summary>
public sealed record DeliveryLease
{
    /// <summary>The store's own number for the delivery.</summary>
    public required long Delivery { get; init; }

    /// <summary>The message.</summary>
    public required QueueId Id { get; init; }

    /// <summary>Until when it is this owner's.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The domain that its recipients share.</summary>
    public required string Domain { get; init; }

    /// <summary>The next hop.</summary>
    public required string NextHop { get; init; }

    /// <summary>Which attempt this is, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>True where the sender was told of the delay.</summary>
    public bool DelayNotified { get; init; }

    /// <summary>The reverse-path; empty for the null reverse-path.</summary>
    public required string ReversePath { get; init; }

    /// <summary>Those who still wait; at least one.</summary>
    public required IReadOnlyList<LeasedRecipient> Recipients { get; init; }

    /// <summary>Bytes of the content.</summary>
    public required long Size { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>True where a byte of it has its high bit set.</summary>
    public bool HasEightBit { get; init; }

    /// <summary>True where it was sent with SMTPUTF8.</summary>
    public bool NeedsSmtpUtf8 { get; init; }

    /// <summary>What the sender wants back on failure.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>The envelope id (ENVID), in xtext, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>The Message-ID header's value, or null.</summary>
    public string? MessageId { get; init; }
}

/// <summary>A recipient of a delivery.</summary>
/// <param name="Number">Its number in the message, by which its outcome is recorded.</param>
/// <param name="Address">The forward-path, without angle brackets.</param>
/// <param name="Notify">When the sender wants to hear of it.</param>
/// <param name="OriginalRecipient">ORCPT as it was given, in xtext, or null.</param>
public sealed record LeasedRecipient(int Number, string Address, DsnNotify Notify, string? OriginalRecipient);
