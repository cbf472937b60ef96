namespace SmtpTls;

/// <summary>What kind of thing happened at a relay.</summary>
public enum RelayEventKind
{
    /// <summary>It was started.</summary>
    Started,

    /// <summary>It has stopped.</summary>
    Stopped,

    /// <summary>A message was taken into the queue.</summary>
    Accepted,

    /// <summary>A message, or a recipient, was refused before it came into the queue.</summary>
    Refused,

    /// <summary>A next hop took a message.</summary>
    Delivered,

    /// <summary>An attempt failed and will be repeated.</summary>
    Deferred,

    /// <summary>Recipients were refused for good.</summary>
    Failed,

    /// <summary>Recipients were given up: the time for attempts is over.</summary>
    Expired,

    /// <summary>A delivery status notification was queued, or could not be.</summary>
    Notified,

    /// <summary>A next hop itself failed; its messages wait.</summary>
    NextHopFailed,

    /// <summary>A next hop that had failed works again.</summary>
    NextHopRecovered,

    /// <summary>Something happened at one of the relay's listeners: a connection, a handshake, a certificate.</summary>
    Listener,

    /// <summary>Something happened in the pickup folder.</summary>
    Pickup,

    /// <summary>The queue could not be read or written; what was to be kept is kept in memory and tried again.</summary>
    QueueFailed,

    /// <summary>The relay met a fault of its own.</summary>
    Fault,
}

/// <summary>Something that happened at a relay, for a log. Holds no secret and no message content.</summary>
/// <param name="Time">When.</param>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Message">One sentence.</param>
public sealed record RelayEvent(DateTimeOffset Time, RelayEventKind Kind, string Message)
{
    /// <summary>How much it matters. Default <see cref="FindingSeverity.Information"/>.</summary>
    public FindingSeverity Severity { get; init; }

    /// <summary>The message's name in the queue, where it is about one.</summary>
    public QueueId? Id { get; init; }

    /// <summary>The next hop, where it is about one.</summary>
    public string? NextHop { get; init; }

    /// <summary>The other end's address and port, where there is one.</summary>
    public string? EndPoint { get; init; }

    /// <summary>The finding, where one explains it.</summary>
    public FindingCode? Code { get; init; }

    /// <summary>Time, kind and sentence in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"{Time:O} {Kind}{(Id is { } id ? $" {id}" : "")}: {Message}");
}
