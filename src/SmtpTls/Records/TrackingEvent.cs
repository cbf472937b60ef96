namespace SmtpTls;

/// <summary>What happened to a message.</summary>
public enum TrackingEventKind
{
    /// <summary>It was taken into the queue.</summary>
    Receive,

    /// <summary>A next hop took it for the recipients.</summary>
    Send,

    /// <summary>An attempt failed for the recipients and will be repeated.</summary>
    Defer,

    /// <summary>The recipients were refused for good.</summary>
    Fail,

    /// <summary>A delivery status notification about it was queued.</summary>
    Dsn,

    /// <summary>The recipients were given up: the time for attempts is over.</summary>
    Expire,

    /// <summary>An administrator removed it.</summary>
    Remove,
}

/// <summary>An entry of the tracking log: what happened to a message, for recipients who shared one fate.</summary>
public sealed record TrackingEvent
{
    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What.</summary>
    public required TrackingEventKind Kind { get; init; }

    /// <summary>The relay's name, or the queue's path where it was read without the relay.</summary>
    public string Queue { get; init; } = "";

    /// <summary>The message's name in the queue.</summary>
    public required QueueId Id { get; init; }

    /// <summary>The Message-ID header's value, or null.</summary>
    public string? MessageId { get; init; }

    /// <summary>The reverse-path; empty for the null reverse-path.</summary>
    public required string From { get; init; }

    /// <summary>The recipients it is about.</summary>
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary>Bytes of the message.</summary>
    public long Size { get; init; }

    /// <summary>The next hop, or null where the event is about none.</summary>
    public string? NextHop { get; init; }

    /// <summary>The host that was dialled by name, or null.</summary>
    public string? Host { get; init; }

    /// <summary>The address and port at the other end: the next hop's, or the client's that the message came from; or null.</summary>
    public string? EndPoint { get; init; }

    /// <summary>Which attempt it was, from 1; 0 where the event is no attempt.</summary>
    public int Attempt { get; init; }

    /// <summary>The level that had to be reached; null where the event is no attempt.</summary>
    public TlsLevel? TlsLevel { get; init; }

    /// <summary>The TLS session, or null where there was none.</summary>
    public TlsEvidence? Tls { get; init; }

    /// <summary>The reply that decided, in one line, or null.</summary>
    public string? Reply { get; init; }

    /// <summary>The other server's name for the message, where its reply told one.</summary>
    public string? RemoteQueueId { get; init; }

    /// <summary>Why it failed, where it did.</summary>
    public FindingCode? Code { get; init; }

    /// <summary>One sentence where there is more to say: the failure, the reason for a duplicate, who removed it.</summary>
    public string? Detail { get; init; }

    /// <summary>How it came in; set on <see cref="TrackingEventKind.Receive"/>.</summary>
    public MessageOrigin? Origin { get; init; }

    /// <summary>From acceptance to this event; null where the message had not been accepted before.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Time, kind, id and recipients in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"{Time:O} {Kind} {Id} <{From}> to {string.Join(", ", Recipients)}{(Reply is null ? "" : $": {Reply}")}");
}
