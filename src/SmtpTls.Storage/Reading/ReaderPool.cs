using System.Collections.Concurrent;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Reading;

/// <summary>Connections for reading, opened as they are needed. They see what was committed, and hold nobody up.</summary>
internal sealed class ReaderPool(SqliteQueueOptions options, StoreFailures failures) : IDisposable
{
    // Pages that a reader keeps: the inner ones of the tables. What is read by the megabyte is in the system's cache.
    private const int CacheKilobytes = 2048;

    private readonly ConcurrentBag<Database> _free = [];
    private readonly SemaphoreSlim _slots = new(options.MaximumReaders);
    private volatile bool _closed;

    /// <summary>Reads something short, where it was called.</summary>
    internal async ValueTask<T> ReadAsync<T>(Func<Database, T> read, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Read(read);
        }
        finally
        {
            _ = _slots.Release();
        }
    }

    /// <summary>Reads something that may take its time, on a thread of the pool.</summary>
    internal async Task<T> QueryAsync<T>(Func<Database, T> read, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Read(read), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _ = _slots.Release();
        }
    }

    internal static Database Open(SqliteQueueOptions options)
    {
        var database = Database.Open(options.Path, create: false, options.BusyTimeout);
        try
        {
            database.Execute(FormattableString.Invariant($"PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -{CacheKilobytes}"));
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_free.TryTake(out var database))
        {
            database.Dispose();
        }
    }

    /// <summary>Reads something short outside the count of readers: for callers that cannot wait without a thread.</summary>
    internal T Read<T>(Func<Database, T> read)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(SqliteQueueStore));
        Database? database = null;
        try
        {
            database = _free.TryTake(out var free) ? free : Open(options);
            database["BEGIN"].Run();
            var result = read(database);
            database["COMMIT"].Run();
            _free.Add(database);
            database = null;
            if (_closed && _free.TryTake(out var late))
            {
                late.Dispose();
            }

            return result;
        }
        catch (DatabaseException e)
        {
            throw failures.Of(e);
        }
        finally
        {
            // Where something was thrown the connection is closed, and with it its snapshot.
            database?.Dispose();
        }
    }
}
