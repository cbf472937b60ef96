using SQLitePCL;

namespace SmtpTls.Storage.Sqlite;

/// <summary>
/// A connection to the file, used by one thread at a time. It speaks to SQLite directly and not through ADO.NET: what the
/// store needs beyond SQL (result codes, checkpoints, pages written) is there only.
/// </summary>
internal sealed class Database : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);

    private Database(sqlite3 handle) => _handle = handle;

    /// <summary>False while a transaction is open. An error may have ended one (sqlite.org/lang_transaction.html).</summary>
    internal bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Rows that the last statement changed.</summary>
    internal int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="create">Whether it is made where it is not there.</param>
    /// <param name="busyTimeout">How long a statement waits for another process's transaction.</param>
    internal static Database Open(string path, bool create, TimeSpan busyTimeout)
    {
        Batteries_V2.Init();

        // A connection here has one thread at a time; SQLite's own mutex would only cost.
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | (create ? raw.SQLITE_OPEN_CREATE : 0);
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var database = new Database(handle);
        try
        {
            database.Check(code);
            _ = raw.sqlite3_extended_result_codes(handle, 1);
            database.SetBusyTimeout(busyTimeout);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    internal void SetBusyTimeout(TimeSpan timeout) => Check(raw.sqlite3_busy_timeout(_handle, (int)timeout.TotalMilliseconds));

    /// <summary>A statement by its text: prepared at its first use, reset, with the bindings of its last use.</summary>
    internal Statement this[string sql]
    {
        get
        {
            if (!_statements.TryGetValue(sql, out var statement))
            {
                Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle));
                statement = new Statement(this, handle);
                _statements.Add(sql, statement);
            }

            return statement;
        }
    }

    /// <summary>Runs statements that are used once.</summary>
    internal void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    /// <summary>A statement that is used once; its user disposes of it.</summary>
    internal Statement PrepareOnce(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var handle));
        return new Statement(this, handle);
    }

    internal long Pragma(string name)
    {
        using var statement = PrepareOnce($"PRAGMA {name}");
        return statement.Scalar() ?? 0;
    }

    internal string PragmaText(string name)
    {
        using var statement = PrepareOnce($"PRAGMA {name}");
        return statement.Step() ? statement.Text(0) ?? "" : "";
    }

    /// <summary>Pages that this connection wrote since the last call.</summary>
    internal int TakePagesWritten()
    {
        Check(raw.sqlite3_db_status(_handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1));
        return pages;
    }

    /// <summary>Copies the log into the file; waits for writers and readers for as long as the busy time-out says.</summary>
    /// <returns>True where the whole log was copied.</returns>
    internal bool Checkpoint(out int logged)
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, "main", raw.SQLITE_CHECKPOINT_FULL, out logged, out var copied);
        if ((code & 0xFF) != DatabaseException.Busy)
        {
            Check(code);
        }

        return code == raw.SQLITE_OK && copied == logged;
    }

    internal void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }
    }

    internal DatabaseException Failure(int code)
    {
        var extended = raw.sqlite3_extended_errcode(_handle);
        return new DatabaseException((extended & 0xFF) == (code & 0xFF) ? extended : code, raw.sqlite3_errmsg(_handle).utf8_to_string());
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
        _handle.Dispose();
    }
}
