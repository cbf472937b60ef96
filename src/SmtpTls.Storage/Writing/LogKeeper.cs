using System.Globalization;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>
/// Copies the write-ahead log into the file when it has grown enough, so that the next commit can begin it anew.
/// </summary>
/// <remarks>
/// Only the writer does that, between two groups, and no other connection ever does: SQLite before 3.51.3 can lose pages where
/// one connection copies the log while another's commit begins it anew (sqlite.org/wal.html, "the WAL-reset bug"). The kind
/// of checkpoint used here keeps other processes from committing meanwhile. SQLite's own automatic one does not, and runs
/// inside the commit that callers wait for.
/// </remarks>
internal sealed class LogKeeper(Database database, SqliteQueueOptions options)
{
    // Transactions and queries of ours last some milliseconds. Whoever holds on for longer than this is left alone until the next time.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly long _pageSize = database.Pragma("page_size");
    private long _pages;
    private bool _warned;

    internal void AfterCommit()
    {
        _pages += database.TakePagesWritten();
        if (_pages * _pageSize >= options.CheckpointSize)
        {
            Copy();
        }
    }

    /// <summary>Leaves the whole queue in the file, where nobody is in the way. Beside a running relay that is the relay's to do.</summary>
    internal void Close()
    {
        if (options.Access == QueueAccess.Relay)
        {
            Copy();
        }
    }

    private void Copy()
    {
        // Counted from here, whatever comes of it: where somebody reads for long, one try for each such growth is enough.
        _pages = 0;
        database.SetBusyTimeout(Patience);
        try
        {
            var complete = database.Checkpoint(out var logged);
            if (!complete && !_warned && logged * _pageSize >= 8 * options.CheckpointSize)
            {
                options.Log?.Invoke(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The log {options.Path}-wal has grown to {logged * _pageSize >> 20} MiB because some program has been reading the queue for long. It shrinks when that program is done."));
            }

            _warned = !complete && logged * _pageSize >= 8 * options.CheckpointSize;
        }
        finally
        {
            database.SetBusyTimeout(options.BusyTimeout);
        }
    }
}
