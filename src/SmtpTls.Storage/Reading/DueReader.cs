using SmtpTls.Queue;
using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Reading;

/// <summary>
/// Answers what a relay asks again and again. While nothing was committed, by whomever, and nothing became due, the
/// answer "nothing" costs one look at the log's header (PRAGMA data_version).
/// </summary>
internal sealed class DueReader(SqliteQueueOptions options, StoreFailures failures) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private Database? _database;
    private long _version;
    private long _nothingFrom;
    private long _nothingBefore;
    private bool _closed;

    internal async ValueTask<IReadOnlyList<DueNextHop>> FindAsync(DateTimeOffset now, int maximum, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteQueueStore));
            return Find(Moment.Milliseconds(now), maximum);
        }
        catch (DatabaseException e)
        {
            _database?.Dispose();
            _database = null;
            throw failures.Of(e);
        }
        finally
        {
            _ = _gate.Release();
        }
    }

    public void Dispose()
    {
        _gate.Wait();
        _closed = true;
        _database?.Dispose();
        _database = null;
        _ = _gate.Release();
    }

    private DueNextHop[] Find(long now, int maximum)
    {
        if (_database is null)
        {
            _database = ReaderPool.Open(options);
            _version = -1;
        }

        // Read before the search: what is committed in between is found again.
        var version = _database["PRAGMA data_version"].Scalar() ?? 0;
        if (version == _version && now >= _nothingFrom && now < _nothingBefore)
        {
            return [];
        }

        _database["BEGIN"].Run();
        var rows = new DueSearch(_database).NextHops(now);
        _database["COMMIT"].Run();
        _version = version;
        (_nothingFrom, _nothingBefore) = rows.Due.Count == 0 ? (now, rows.Next ?? long.MaxValue) : (0, 0);
        return rows.Due.Take(maximum).Select(row => new DueNextHop(row.Name, Moment.Of(row.DueAt))).ToArray();
    }
}
