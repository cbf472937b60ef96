using SQLitePCL;

namespace SmtpTls.Storage.Sqlite;

/// <summary>
/// A prepared statement, kept for as long as its connection. Parameters count from 1 and columns from 0, as SQLite has it.
/// A statement that has rows left holds a snapshot: whoever stops early resets it.
/// </summary>
internal sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    internal Statement Bind(int parameter, long value)
    {
        database.Check(raw.sqlite3_bind_int64(handle, parameter, value));
        return this;
    }

    internal Statement Bind(int parameter, long? value) => value is { } number ? Bind(parameter, number) : BindNull(parameter);

    internal Statement Bind(int parameter, string? value)
    {
        database.Check(value is null ? raw.sqlite3_bind_null(handle, parameter) : raw.sqlite3_bind_text(handle, parameter, value));
        return this;
    }

    internal Statement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        // No bytes are an empty blob, not NULL.
        database.Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, parameter, 0) : raw.sqlite3_bind_blob(handle, parameter, value));
        return this;
    }

    internal Statement BindNull(int parameter)
    {
        database.Check(raw.sqlite3_bind_null(handle, parameter));
        return this;
    }

    /// <summary>Goes to the next row. At the end, and where it fails, the statement is reset.</summary>
    internal bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code == raw.SQLITE_DONE)
        {
            Reset();
            return false;
        }

        var failure = database.Failure(code);
        Reset();
        throw failure;
    }

    /// <summary>Runs it to its end, where rows are not asked for.</summary>
    internal void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>The first column of the only row, or null where there is no row or no value.</summary>
    internal long? Scalar()
    {
        if (!Step())
        {
            return null;
        }

        long? value = IsNull(0) ? null : Int64(0);
        Reset();
        return value;
    }

    // What a failed step returns is said once by Step; reset repeats it.
    internal void Reset() => _ = raw.sqlite3_reset(handle);

    internal bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    internal long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    internal int Int32(int column) => raw.sqlite3_column_int(handle, column);

    internal string? Text(int column) => IsNull(column) ? null : raw.sqlite3_column_text(handle, column).utf8_to_string();

    /// <summary>Valid until the next step or reset.</summary>
    internal ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(handle, column);

    public void Dispose() => handle.Dispose();
}
