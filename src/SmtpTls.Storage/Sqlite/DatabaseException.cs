namespace SmtpTls.Storage.Sqlite;

/// <summary>SQLite said no. Never leaves this assembly: callers see an <see cref="SmtpException"/>.</summary>
internal sealed class DatabaseException(int code, string message) : Exception(message)
{
    // Primary result codes (sqlite.org/rescode.html); the low byte of an extended one.
    internal const int Busy = 5;
    internal const int NoMemory = 7;
    internal const int ReadOnly = 8;
    internal const int InputOutput = 10;
    internal const int Corrupt = 11;
    internal const int Full = 13;
    internal const int CannotOpen = 14;
    internal const int Constraint = 19;
    internal const int NotADatabase = 26;

    /// <summary>The extended result code.</summary>
    internal int ExtendedCode { get; } = code;

    /// <summary>The primary result code.</summary>
    internal int Code => ExtendedCode & 0xFF;
}
