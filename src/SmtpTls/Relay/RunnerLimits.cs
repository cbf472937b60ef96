namespace SmtpTls.Relay;

/// <summary>What the runner of a queue holds and waits for, each bound with its reason.</summary>
internal sealed record RunnerLimits
{
    /// <summary>Deliveries under way at a time. 100: as many connections as a relay opens at most.</summary>
    public int Active { get; init; } = 100;

    /// <summary>Deliveries under way to one next hop. 20: Postfix's default_destination_concurrency_limit; Exchange takes 20 from one source.</summary>
    public int ActivePerNextHop { get; init; } = 20;

    /// <summary>Deliveries to one next hop that are leased and wait for their turn. 200: ten for each connection, so that none waits for the disk.</summary>
    public int WaitingPerNextHop { get; init; } = 200;

    /// <summary>Deliveries that are leased and wait, in all. 2,000: some megabytes; and what a stop has to give back in one change.</summary>
    public int Waiting { get; init; } = 2_000;

    /// <summary>Results that are not on disk yet. 500: the group commit takes them by the hundred, and while the queue cannot be written no more is delivered than can be remembered.</summary>
    public int Unrecorded { get; init; } = 500;

    /// <summary>How long a lease is for; it is renewed at half. 2 minutes: long enough not to be busy with renewing, short enough that mail of a relay that died is not late.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the queue is looked at for what others changed: another process that retries or resumes, a time that has come. 1 second: an administrator does not notice it, and it costs one query by an index.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often messages are looked for that grew old while nobody tried them. 1 minute: notices are due after hours.</summary>
    public TimeSpan AgedInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the tracking log is purged. 1 hour: it is kept for days.</summary>
    public TimeSpan PurgeInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the queue is counted for the meter, where somebody listens. 30 seconds: counting a million messages takes a tenth of one.</summary>
    public TimeSpan GaugeInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the recording of a result is tried again. 10 minutes: a disk that an administrator clears; after it the delivery is repeated when its lease ends.</summary>
    public TimeSpan RecordFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The wait between two tries to record, or to read the queue after it failed. 1 second.</summary>
    public TimeSpan RecordAgainAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The pause before a delivery that found all connections in use is taken again. 1 second.</summary>
    public TimeSpan UntriedPause { get; init; } = TimeSpan.FromSeconds(1);
}
