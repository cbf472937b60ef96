using System.Globalization;
using SmtpTls.Storage.Sqlite;
using SmtpTls.Storage.Writing;

namespace SmtpTls.Storage;

/// <summary>A queue that was found fit for use: the writer's connection, and the hold on it where a relay opened it.</summary>
internal sealed record OpenedQueue(Database Database, QueueTables Tables, QueueOwnership? Ownership)
{
    // 4 KiB, the disk's and the system's own: a message of usual size takes one page of its own and an eighth of a shared one, a
    // commit rewrites few bytes of pages that others share, and a deleted message's page is reused unread. 8 and 16 KiB
    // were slower where they were tried, on a busy machine: no figure is claimed.
    private const int PageSize = 4096;

    internal static OpenedQueue Open(SqliteQueueOptions options, StoreFailures failures)
    {
        CheckPath(options, failures);
        QueueOwnership? ownership = null;
        Database? database = null;
        try
        {
            if (options.Access == QueueAccess.Relay)
            {
                ownership = QueueOwnership.TryTake(options.Path) ?? throw failures.InUse(ReadOwner(options));
                CreatePrivately(options.Path);
            }

            database = Database.Open(options.Path, create: false, options.BusyTimeout);
            ThrowOn(Schema.Check(database), failures);
            Configure(database, options);
            ThrowOn(Schema.Migrate(database), failures);

            var tables = new QueueTables(database);
            if (ownership is not null)
            {
                TakeOver(database, tables, options);
            }

            return new OpenedQueue(database, tables, ownership);
        }
        catch (Exception e)
        {
            database?.Dispose();
            ownership?.Dispose();
            throw e switch
            {
                DatabaseException => failures.Of(e),
                UnauthorizedAccessException or IOException => failures.NotWritable(e),
                _ => e,
            };
        }
    }

    private static void ThrowOn(SchemaMismatch? mismatch, StoreFailures failures)
    {
        if (mismatch is { } found)
        {
            throw failures.Mismatch(found);
        }
    }

    private static void CheckPath(SqliteQueueOptions options, StoreFailures failures)
    {
        if (Directory.Exists(options.Path))
        {
            throw failures.IsFolder();
        }

        if (!Directory.Exists(Path.GetDirectoryName(options.Path)))
        {
            throw failures.NoFolder();
        }

        if (options.Access == QueueAccess.Administration && !File.Exists(options.Path))
        {
            throw failures.NoFile();
        }
    }

    // Mail is nobody else's business. SQLite gives the log the file's mode. A file that is there is not opened: closing it
    // would end the locks that another connection of this process has on it (sqlite.org/howtocorrupt.html §2.2).
    private static void CreatePrivately(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        new FileStream(path, create).Dispose();
    }

    private static void Configure(Database database, SqliteQueueOptions options)
    {
        // No mmap: a disk that fails under a mapped page ends the process, a failed read is an answer.
        database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA page_size = {PageSize}"));
        var mode = database.PragmaText("journal_mode = WAL");
        if (mode != "wal")
        {
            throw new DatabaseException(DatabaseException.CannotOpen, $"the file system cannot hold a write-ahead log (journal mode {mode})");
        }

        database.Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{options.CacheSize / 1024}; PRAGMA journal_size_limit = {2 * options.CheckpointSize}"));
        if (options.MaximumSize is { } size)
        {
            database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {Math.Max(1, size / PageSize)}"));
        }
    }

    // Being the only relay: whoever held a lease is dead, and nobody is in the middle of writing blocks.
    private static void TakeOver(Database database, QueueTables tables, SqliteQueueOptions options)
    {
        database["BEGIN IMMEDIATE"].Run();
        tables.Deliveries.ReleaseAll();
        _ = tables.Destinations.DeleteUnused(after: 0, int.MaxValue);
        tables.Blocks.FindOrphans();
        QueueOwnership.Sign(database, options.Clock.GetUtcNow());
        database["COMMIT"].Run();
    }

    private static string? ReadOwner(SqliteQueueOptions options)
    {
        try
        {
            using var database = Database.Open(options.Path, create: false, options.BusyTimeout);
            return QueueOwnership.ReadOwner(database);
        }
        catch (DatabaseException)
        {
            // Who it is would have been good to know; that it is in use is known without.
            return null;
        }
    }
}
