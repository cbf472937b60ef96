namespace SmtpTls;

/// <summary>How a queue is looked at and worked on.</summary>
public sealed record SmtpQueueOptions
{
    /// <summary>What records show as their queue. Null (the default): the store's location.</summary>
    public string? Name { get; init; }

    /// <summary>The name by which notifications say who sends them (RFC 3464 §2.2.2). Null (the default): the machine's host name.</summary>
    public string? HostName { get; init; }

    /// <summary>
    /// Where notifications go. Empty (the default): by their domains' MX records, until the relay that runs the queue
    /// gives them their place by its own routes.
    /// </summary>
    public IReadOnlyList<SmtpRoute> Routes { get; init; } = [];

    /// <summary>True where the store is somebody else's and stays open when the queue is disposed of. Default false.</summary>
    public bool LeaveStoreOpen { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
