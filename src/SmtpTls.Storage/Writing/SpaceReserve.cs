using SmtpTls.Storage.Reading;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>
/// Keeps new mail from taking the last of the disk. Also what makes a queue shorter is written down first: without room for
/// that a full queue would stay full, and the mail in it would be delivered and could not be struck off.
/// </summary>
internal sealed class SpaceReserve(SqliteQueueOptions options, ReaderPool readers, StoreFailures failures)
{
    // How long a look is believed. Others fill the disk, too.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    // A message takes its size and this much more: facts, deliveries, tracking, and the log's copy of half-full pages.
    private const int Overhead = 16 * 1024;

    private readonly string _folder = Path.GetDirectoryName(options.Path)!;
    private readonly object _lock = new();
    private long _lookedAt = long.MinValue;
    private long _allowance;

    /// <summary>Lets a message in, or not.</summary>
    /// <exception cref="SmtpException">It would take what is kept in reserve.</exception>
    internal async ValueTask ClaimAsync(long size, CancellationToken cancellationToken)
    {
        // Twice, because it is in the log and in the file until the log is used anew.
        var wanted = (2 * size) + Overhead;
        if (options.MinimumFreeSpace == 0 || TryClaim(wanted))
        {
            return;
        }

        var free = FreeOnDisk();
        if (free - options.MinimumFreeSpace < wanted)
        {
            // A file that was large once has room inside.
            free += await readers.QueryAsync(FreeInFile, cancellationToken).ConfigureAwait(false);
        }

        if (!TryClaim(wanted, free - options.MinimumFreeSpace))
        {
            throw failures.Reserved(free, options.MinimumFreeSpace);
        }
    }

    private static long FreeInFile(Database database) => Number(database["PRAGMA freelist_count"]) * Number(database["PRAGMA page_size"]);

    private static long Number(Statement pragma)
    {
        var number = 0L;
        while (pragma.Step())
        {
            number = pragma.Int64(0);
        }

        return number;
    }

    private bool TryClaim(long wanted)
    {
        lock (_lock)
        {
            if (_lookedAt == long.MinValue || options.Clock.GetElapsedTime(_lookedAt) >= LookInterval || _allowance < wanted)
            {
                return false;
            }

            _allowance -= wanted;
            return true;
        }
    }

    private bool TryClaim(long wanted, long allowance)
    {
        lock (_lock)
        {
            _lookedAt = options.Clock.GetTimestamp();
            _allowance = allowance - wanted;
            return _allowance >= 0;
        }
    }

    private long FreeOnDisk()
    {
        try
        {
            return new DriveInfo(_folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A share without a drive, for one. Then the disk itself has to say that it is full.
            return long.MaxValue / 2;
        }
    }
}
