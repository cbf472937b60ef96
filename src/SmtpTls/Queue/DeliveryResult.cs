namespace SmtpTls.Queue;

/// <summary>What an attempt came to.</summary>
public sealed record DeliveryResult
{
    /// <summary>The delivery.</summary>
    public required long Delivery { get; init; }

    /// <summary>Its message.</summary>
    public required QueueId Id { get; init; }

    /// <summary>Who held the lease.</summary>
    public required string Owner { get; init; }

    /// <summary>Numbers of the recipients who are done with: served, refused for good, or given up. They leave the queue.</summary>
    public required IReadOnlyList<int> Done { get; init; }

    /// <summary>The recipients who wait on, each with the sentence or reply that says why. Who is in neither list waits on as before.</summary>
    public IReadOnlyList<DeferredRecipient> Deferred { get; init; } = [];

    /// <summary>When the rest is tried next; null exactly where nobody is left.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>True where the sender was told of the delay, now or before.</summary>
    public bool DelayNotified { get; init; }

    /// <summary>True where no connection was tried: the attempt that the lease counted is taken back.</summary>
    public bool Untried { get; init; }

    /// <summary>What goes into the tracking log.</summary>
    public IReadOnlyList<TrackingEvent> Events { get; init; } = [];

    /// <summary>Delivery status notifications that are queued with it.</summary>
    public IReadOnlyList<Notification> Notifications { get; init; } = [];
}

/// <summary>A recipient who has to wait.</summary>
/// <param name="Number">Its number in the message.</param>
/// <param name="Failure">Why.</param>
public sealed record DeferredRecipient(int Number, string Failure);

/// <summary>A message that an administrator takes out.</summary>
/// <param name="Id">The message.</param>
public sealed record MessageRemoval(QueueId Id)
{
    /// <summary>What goes into the tracking log.</summary>
    public IReadOnlyList<TrackingEvent> Events { get; init; } = [];

    /// <summary>Delivery status notifications that are queued with it.</summary>
    public IReadOnlyList<Notification> Notifications { get; init; } = [];
}
