using SmtpTls.Storage.Reading;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>The tables as the writer sees them. What it remembers of them holds as long as nobody else writes and nothing is rolled back.</summary>
internal sealed class QueueTables
{
    private readonly Database _database;
    private long _version = -1;

    internal QueueTables(Database database)
    {
        _database = database;
        Destinations = new DestinationTable(database);
        Messages = new MessageTable(database);
        Blocks = new BlockTable(database);
        Deliveries = new DeliveryTable(database);
        Due = new DueSearch(database);
        Events = new EventTable(database);
    }

    internal DestinationTable Destinations { get; }

    internal MessageTable Messages { get; }

    internal BlockTable Blocks { get; }

    internal DeliveryTable Deliveries { get; }

    internal DueSearch Due { get; }

    internal EventTable Events { get; }

    /// <summary>At the beginning of a transaction: another process may have written since the last one (PRAGMA data_version).</summary>
    internal void Begin()
    {
        var version = _database["PRAGMA data_version"].Scalar() ?? 0;
        if (version != _version)
        {
            _version = version;
            Forget();
        }
    }

    /// <summary>Something was rolled back.</summary>
    internal void Forget()
    {
        Destinations.Forget();
        Events.Forget();
    }
}
