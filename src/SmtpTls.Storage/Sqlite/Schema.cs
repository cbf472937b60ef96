using System.Globalization;

namespace SmtpTls.Storage.Sqlite;

/// <summary>The tables, and the way from an older version to this one.</summary>
internal static class Schema
{
    /// <summary>"STLQ": says whose file it is (PRAGMA application_id), to us and to file(1).</summary>
    internal const long ApplicationId = 0x53544C51;

    /// <summary>
    /// The steps in their order; the step at index n leads from version n to n + 1 (PRAGMA user_version). A step that was
    /// released is never changed.
    /// </summary>
    private static readonly string[] Migrations =
    [
        """
        -- A next hop, and whether it is backed off. Names are compared as the routes write them.
        CREATE TABLE next_hop(
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            backoff_until INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            last_failure TEXT);

        -- A domain on its way to a next hop.
        CREATE TABLE destination(
            id INTEGER PRIMARY KEY,
            domain TEXT NOT NULL,
            next_hop INTEGER NOT NULL,
            UNIQUE(domain, next_hop));
        CREATE INDEX destination_by_next_hop ON destination(next_hop);

        -- A message: never changed, only deleted. id is the queue id. Content of more than a block stands in block, and is NULL here.
        CREATE TABLE message(
            id INTEGER PRIMARY KEY,
            facts BLOB NOT NULL,
            content BLOB);
        CREATE TABLE block(
            message INTEGER NOT NULL,
            number INTEGER NOT NULL,
            data BLOB NOT NULL,
            PRIMARY KEY(message, number)) WITHOUT ROWID;

        -- A delivery. A message's first one has the message's id and no entry in an index of its own; further ones have
        -- negative ids and name their message. Where it is leased, owner and leased_until are set, and due says when it was due.
        CREATE TABLE delivery(
            id INTEGER PRIMARY KEY,
            held INTEGER NOT NULL,
            next_hop INTEGER NOT NULL,
            due INTEGER NOT NULL,
            received INTEGER NOT NULL,
            noticed INTEGER NOT NULL,
            message INTEGER,
            destination INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            flags INTEGER NOT NULL,
            owner TEXT,
            leased_until INTEGER,
            recipients BLOB NOT NULL);

        -- A delivery is in one of these. They answer what is due, what is old and how much waits where, without the table. What is
        -- leased is kept apart: leases begin and end in the order of time, so they touch one page and not one for each next hop.
        CREATE INDEX delivery_waiting ON delivery(held, next_hop, due, received, noticed) WHERE leased_until IS NULL;
        CREATE INDEX delivery_leased ON delivery(leased_until, held, next_hop, received, noticed) WHERE leased_until IS NOT NULL;
        CREATE INDEX delivery_further ON delivery(message) WHERE message IS NOT NULL;

        -- The tracking log. id is the time with a counter behind it, so the log is in the order of time without an index.
        CREATE TABLE event(
            id INTEGER PRIMARY KEY,
            message INTEGER NOT NULL,
            data BLOB NOT NULL);
        CREATE INDEX event_by_message ON event(message);

        CREATE TABLE setting(
            name TEXT PRIMARY KEY,
            value) WITHOUT ROWID;
        INSERT INTO setting VALUES('last_further_delivery', 0);
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    internal static int Current => Migrations.Length;

    /// <summary>Looks at a file before anything of it is changed.</summary>
    /// <returns>Null, or why the file cannot be used.</returns>
    internal static SchemaMismatch? Check(Database database)
    {
        if (database.Pragma("application_id") != ApplicationId)
        {
            return IsEmpty(database) ? null : SchemaMismatch.Foreign;
        }

        return database.Pragma("user_version") > Current ? SchemaMismatch.Newer : null;
    }

    /// <summary>Brings a file to this version, one step in one transaction each.</summary>
    /// <returns>Null, or why the file cannot be used: somebody else may have come in between.</returns>
    internal static SchemaMismatch? Migrate(Database database)
    {
        while (true)
        {
            database.Execute("BEGIN IMMEDIATE");
            try
            {
                var version = database.Pragma("user_version");
                if (Check(database) is { } mismatch)
                {
                    return mismatch;
                }

                if (version == Current)
                {
                    return null;
                }

                database.Execute(Migrations[version]);
                database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {version + 1}; COMMIT"));
            }
            finally
            {
                if (database.InTransaction)
                {
                    database.Execute("ROLLBACK");
                }
            }
        }
    }

    private static bool IsEmpty(Database database) =>
        database.Pragma("application_id") == 0 && database.Pragma("user_version") == 0 && database["SELECT count(*) FROM sqlite_master"].Scalar() == 0;
}

/// <summary>Why a SQLite file is no queue for this program.</summary>
internal enum SchemaMismatch
{
    /// <summary>A later version wrote it.</summary>
    Newer,

    /// <summary>Some other program's.</summary>
    Foreign,
}
