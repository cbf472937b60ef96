using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>What a runner works with.</summary>
internal sealed record RunnerParts
{
    /// <summary>The name that leases are taken under: unique to a running relay.</summary>
    public required string Owner { get; init; }

    /// <summary>The queue.</summary>
    public required IQueueStore Store { get; init; }

    /// <summary>Makes attempts.</summary>
    public required IDeliveryAgent Agent { get; init; }

    /// <summary>The routes.</summary>
    public required RouteTable Routes { get; init; }

    /// <summary>Makes reports.</summary>
    public required Notifier Notifier { get; init; }

    /// <summary>Counters, meter, log.</summary>
    public required RelayObserver Observer { get; init; }

    /// <summary>The schedule.</summary>
    public required RetryOptions Retry { get; init; }

    /// <summary>The bounds.</summary>
    public RunnerLimits Limits { get; init; } = new();

    /// <summary>How long the tracking log is kept.</summary>
    public TimeSpan TrackingRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>For the schedule's jitter. Used under a lock on itself.</summary>
    public required Random Random { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Clock { get; init; }
}
