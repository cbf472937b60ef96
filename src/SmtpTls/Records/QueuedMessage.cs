namespace SmtpTls;

/// <summary>Where a message, or a recipient of one, stands.</summary>
public enum QueueState
{
    /// <summary>To be delivered as soon as there is a connection for it.</summary>
    Ready,

    /// <summary>A delivery is under way.</summary>
    Active,

    /// <summary>Tried without success, or its next hop was; waits for its next attempt.</summary>
    Deferred,

    /// <summary>Held by an administrator until resumed.</summary>
    Suspended,
}

/// <summary>A recipient who waits for a message.</summary>
public sealed record QueuedRecipient
{
    /// <summary>The forward-path, without angle brackets.</summary>
    public required string Recipient { get; init; }

    /// <summary>The next hop: <c>contoso.com</c> by MX, or the smart hosts with their ports.</summary>
    public required string NextHop { get; init; }

    /// <summary>Where it stands.</summary>
    public QueueState State { get; init; }

    /// <summary>Attempts begun, the present one included.</summary>
    public int Attempts { get; init; }

    /// <summary>When it is tried next; null while an attempt is under way or it is suspended.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>What the last attempt came to, as one sentence or the server's reply; null before the first one ended.</summary>
    public string? LastFailure { get; init; }

    /// <summary>When the sender wants to hear of it.</summary>
    public DsnNotify Notify { get; init; }

    /// <summary>The original recipient (RFC 3461 §4.2, ORCPT) as it was given, for example <c>rfc822;a@test</c>; null where none was.</summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>Address, state and last failure in one line.</summary>
    public override string ToString() => LastFailure is null ? $"{Recipient}: {State}" : $"{Recipient}: {State}, {LastFailure}";
}

/// <summary>A message that waits in a queue for at least one recipient.</summary>
public sealed record QueuedMessage
{
    /// <summary>Its name in the queue.</summary>
    public required QueueId Id { get; init; }

    /// <summary>The relay's name, or the queue's path where it was read without the relay.</summary>
    public string Queue { get; init; } = "";

    /// <summary>
    /// <see cref="QueueState.Suspended"/> where it is held; else of its recipients' states the one that moves most:
    /// active before ready before deferred.
    /// </summary>
    public QueueState State { get; init; }

    /// <summary>The reverse-path, without angle brackets; empty for the null reverse-path.</summary>
    public required string From { get; init; }

    /// <summary>The recipients who still wait. Those who were served or given up are in the tracking log.</summary>
    public required IReadOnlyList<QueuedRecipient> Recipients { get; init; }

    /// <summary>Bytes of header and body, the relay's trace header included.</summary>
    public required long Size { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The earliest next attempt of a recipient; null where none waits for one.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>The most attempts that a recipient has seen.</summary>
    public int Attempts { get; init; }

    /// <summary>The last failure of a recipient, or null.</summary>
    public string? LastFailure { get; init; }

    /// <summary>The Subject header, decoded; empty where there is none.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The Message-ID header's value, or null.</summary>
    public string? MessageId { get; init; }

    /// <summary>How it came in.</summary>
    public required MessageOrigin Origin { get; init; }

    /// <summary>The envelope id (RFC 3461 §4.4, ENVID) as it was given, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>What the sender wants back on failure.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>True where a byte of it has its high bit set (RFC 6152).</summary>
    public bool HasEightBit { get; init; }

    /// <summary>True where it was sent with SMTPUTF8 (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 { get; init; }

    /// <summary>Id, envelope and state in one line.</summary>
    public override string ToString() => $"{Id} <{From}> to {string.Join(", ", Recipients.Select(r => r.Recipient))}: {State}";
}
