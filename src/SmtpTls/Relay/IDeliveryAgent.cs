using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>Makes one attempt at a delivery.</summary>
internal interface IDeliveryAgent
{
    /// <summary>
    /// Tries the next hop's hosts and addresses until one has decided. What fails is told by values; only the caller's
    /// cancellation is thrown, and never after the final dot went out: then the reply is waited for.
    /// </summary>
    Task<DeliveryReport> DeliverAsync(DeliveryJob job, CancellationToken cancellationToken);
}

/// <summary>A delivery to be tried.</summary>
/// <param name="Lease">The delivery.</param>
/// <param name="Route">Its route.</param>
/// <param name="OpenContent">Opens the message's bytes.</param>
internal sealed record DeliveryJob(DeliveryLease Lease, SmtpRoute Route, Func<CancellationToken, ValueTask<Stream>> OpenContent);

/// <summary>What became of a recipient.</summary>
internal enum RecipientFate
{
    /// <summary>The next hop took the message for it.</summary>
    Delivered,

    /// <summary>To be tried again.</summary>
    Deferred,

    /// <summary>Refused for good.</summary>
    Failed,
}

/// <summary>What an attempt came to for one recipient.</summary>
/// <param name="Recipient">The recipient.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="Reply">The reply that decided, the server's or one made up for a failure of our own; null only where no server said anything.</param>
/// <param name="Failure">Why it was not delivered; null exactly where it was.</param>
internal sealed record RecipientOutcome(LeasedRecipient Recipient, RecipientFate Fate, SmtpReply? Reply, SmtpFailure? Failure);

/// <summary>What an attempt came to.</summary>
internal sealed record DeliveryReport
{
    /// <summary>One entry a recipient, in the lease's order.</summary>
    public required IReadOnlyList<RecipientOutcome> Recipients { get; init; }

    /// <summary>Set where the next hop itself failed (no address, no connection, no TLS as wanted, 421), whoever the message was from or to: others would fail alike.</summary>
    public SmtpFailure? NextHopFailure { get; init; }

    /// <summary>The host that decided, or the last that was tried; null where none was found.</summary>
    public string? Host { get; init; }

    /// <summary>Its address and port.</summary>
    public string? EndPoint { get; init; }

    /// <summary>The TLS session, or null.</summary>
    public TlsEvidence? Tls { get; init; }

    /// <summary>What is to be known although (or because) of the outcome.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>The server's name for the message.</summary>
    public string? RemoteQueueId { get; init; }

    /// <summary>True where the server offered DSN, so that success is its to report.</summary>
    public bool OfferedDsn { get; init; }

    /// <summary>True where the message may have been taken although it is deferred: the connection was lost after the final dot.</summary>
    public bool MayHaveBeenDelivered { get; init; }

    /// <summary>True where no server was even dialled (the delivery was cancelled before, or all connections were in use).</summary>
    public bool Untried { get; init; }

    /// <summary>Time spent.</summary>
    public TimeSpan Elapsed { get; init; }
}
