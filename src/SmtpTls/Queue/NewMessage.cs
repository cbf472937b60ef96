namespace SmtpTls.Queue;

/// <summary>A message on its way into a queue.</summary>
public sealed record NewMessage
{
    /// <summary>Its name, made before its trace header was written.</summary>
    public required QueueId Id { get; init; }

    /// <summary>The reverse-path, without angle brackets; empty for the null reverse-path.</summary>
    public required string ReversePath { get; init; }

    /// <summary>The recipients; at least one.</summary>
    public required IReadOnlyList<NewRecipient> Recipients { get; init; }

    /// <summary>Bytes of the content.</summary>
    public required long Size { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>How it came in.</summary>
    public required MessageOrigin Origin { get; init; }

    /// <summary>True where a byte of it has its high bit set (RFC 6152).</summary>
    public bool HasEightBit { get; init; }

    /// <summary>True where it was sent with SMTPUTF8 (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 { get; init; }

    /// <summary>What the sender wants back on failure.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>The envelope id (ENVID) as it was given, still in xtext, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>The Message-ID header's value, or null.</summary>
    public string? MessageId { get; init; }

    /// <summary>The Subject header, decoded; empty where there is none.</summary>
    public string Subject { get; init; } = "";

    /// <summary>What goes into the tracking log with it.</summary>
    public IReadOnlyList<TrackingEvent> Events { get; init; } = [];

    /// <summary>
    /// Take its deliveries under a lease in the same change, as <see cref="IQueueStore.LeaseAsync"/> would, but only those to
    /// the next hops named. Null: none.
    /// </summary>
    public LeaseTerms? Lease { get; init; }
}

/// <summary>A recipient of a message on its way into a queue.</summary>
/// <param name="Address">The forward-path, without angle brackets.</param>
/// <param name="Domain">Its domain in the form that routes are looked up by: lower case, A-labels; or an address literal.</param>
/// <param name="NextHop">The next hop that the routes name for the domain.</param>
public sealed record NewRecipient(string Address, string Domain, string NextHop)
{
    /// <summary>When the sender wants to hear of it.</summary>
    public DsnNotify Notify { get; init; }

    /// <summary>The original recipient (ORCPT) as it was given, still in xtext, for example <c>rfc822;a@test</c>; null where none was.</summary>
    public string? OriginalRecipient { get; init; }
}

/// <summary>A message that the relay wrote itself, small enough to be held in memory.</summary>
/// <param name="Message">Envelope and facts.</param>
/// <param name="Content">Header and body.</param>
public sealed record Notification(NewMessage Message, ReadOnlyMemory<byte> Content);
