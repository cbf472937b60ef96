namespace SmtpTls.Storage;

/// <summary>Who opens a queue.</summary>
public enum QueueAccess
{
    /// <summary>A relay, which owns the queue for as long as it is open; refused with <see cref="FindingCode.QueueInUse"/> where another does.</summary>
    Relay,

    /// <summary>An administrator, beside a running relay or without one. The queue must exist.</summary>
    Administration,
}

/// <summary>Where a queue is and how it is kept.</summary>
public sealed record SqliteQueueOptions
{
    /// <summary>The file. With <see cref="QueueAccess.Relay"/> it is made where it is not there; its folder must exist. Beside it stand <c>-wal</c>, <c>-shm</c> and <c>.lock</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Who opens it. Default a relay.</summary>
    public QueueAccess Access { get; init; }

    /// <summary>
    /// Changes that go into one transaction, at most. Default 256: beyond that a larger group saves nothing more (measured: the
    /// flush is 1 % of it), and its callers would wait for each other.
    /// </summary>
    public int MaximumGroupOperations { get; init; } = 256;

    /// <summary>Bytes that go into one transaction, about. Default 4 MiB: some 10 ms of writing, and as much of the memory for changed pages.</summary>
    public long MaximumGroupSize { get; init; } = 4 << 20;

    /// <summary>Changes that may wait for the writer; beyond, <see cref="FindingCode.QueueUnavailable"/> at once. Default 8,192: each session brings one, and a relay has fewer sessions.</summary>
    public int MaximumWaitingOperations { get; init; } = 8192;

    /// <summary>Messages of more than 16 KiB whose content may be in memory at a time, each with one block of at most 256 KiB; others wait. Default 64, which is 16 MiB.</summary>
    public int MaximumBlocksInMemory { get; init; } = 64;

    /// <summary>Connections for reading, at most. Default 4: queries are an administrator's, and reads of content are short.</summary>
    public int MaximumReaders { get; init; } = 4;

    /// <summary>
    /// Bytes of pages that the writer keeps in memory. Default 16 MiB: the ends of the tables that mail comes in and goes out
    /// at, and the inner pages of a queue of a million messages.
    /// </summary>
    public int CacheSize { get; init; } = 16 << 20;

    /// <summary>
    /// Bytes of the write-ahead log after which it is copied into the file. Default 32 MiB: pages that change many times
    /// meanwhile are copied once, and after a crash it is read in a fraction of a second.
    /// </summary>
    public long CheckpointSize { get; init; } = 32 << 20;

    /// <summary>Bytes that the file may grow to, about; beyond, mail is refused for the time being. Null (the default): as the disk allows.</summary>
    public long? MaximumSize { get; init; }

    /// <summary>
    /// Bytes of the disk that new mail does not take: with less free it is refused with 452, while what is in the queue goes
    /// on being delivered. 0: none. Default 64 MiB, twice <see cref="CheckpointSize"/>: as much as the log and the file can
    /// grow while a queue is worked off.
    /// </summary>
    public long MinimumFreeSpace { get; init; } = 64 << 20;

    /// <summary>How long a change waits for another process's transaction. Default 5 s; an administrator's lasts milliseconds.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock. Says since when a relay has owned the queue.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Hears what nobody was told as a failure, and what every caller was: one sentence each. Must not throw.</summary>
    public Action<string>? Log { get; init; }

    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Path))
        {
            throw new SmtpException(new SmtpFailure { Code = FindingCode.InvalidInput, Permanent = true, Message = "The queue has no path.", Advice = "Name a file." });
        }

        Check(MaximumGroupOperations, 1, nameof(MaximumGroupOperations));
        Check(MaximumGroupSize, 1, nameof(MaximumGroupSize));
        Check(MaximumWaitingOperations, 1, nameof(MaximumWaitingOperations));
        Check(MaximumBlocksInMemory, 1, nameof(MaximumBlocksInMemory));
        Check(MaximumReaders, 1, nameof(MaximumReaders));
        Check(CacheSize, 1 << 20, nameof(CacheSize));
        Check(CheckpointSize, 1 << 20, nameof(CheckpointSize));
        Check(MaximumSize ?? 1, 1, nameof(MaximumSize));
        Check(MinimumFreeSpace, 0, nameof(MinimumFreeSpace));
        Check(BusyTimeout.Ticks, 0, nameof(BusyTimeout));
    }

    private static void Check(long value, long least, string name)
    {
        if (value < least)
        {
            throw new SmtpException(new SmtpFailure { Code = FindingCode.InvalidInput, Permanent = true, Message = $"A queue's {name} cannot be less than {least}." });
        }
    }
}
