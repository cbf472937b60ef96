using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>An entry of the tracking log on its way into the file.</summary>
internal readonly record struct EncodedEvent(long Time, long Message, byte[] Data)
{
    internal static EncodedEvent[] Encode(IReadOnlyList<TrackingEvent> events)
    {
        if (events.Count == 0)
        {
            return [];
        }

        var encoded = new EncodedEvent[events.Count];
        for (var i = 0; i < encoded.Length; i++)
        {
            encoded[i] = new EncodedEvent(Moment.Milliseconds(events[i].Time), events[i].Id.Value, EventRecord.Encode(events[i]));
        }

        return encoded;
    }
}

/// <summary>The tracking log.</summary>
internal sealed class EventTable(Database database)
{
    /// <summary>An entry's id is its time in milliseconds, and behind it a counter of so many bits.</summary>
    internal const int CounterBits = 20;

    private long _lastTime = -1;
    private long _lastId;

    internal void Forget() => _lastTime = -1;

    internal void Add(EncodedEvent[] events)
    {
        foreach (var entry in events)
        {
            database["INSERT INTO event(id, message, data) VALUES(?1, ?2, ?3)"].Bind(1, NextId(entry.Time)).Bind(2, entry.Message).Bind(3, entry.Data).Run();
        }
    }

    /// <summary>Deletes entries before a time; at most so many.</summary>
    /// <returns>True where none are left.</returns>
    internal bool Purge(long before, int maximum)
    {
        var end = before << CounterBits;
        var last = database["SELECT id FROM event WHERE id < ?1 ORDER BY id LIMIT 1 OFFSET ?2"].Bind(1, end).Bind(2, maximum - 1).Scalar();
        database["DELETE FROM event WHERE id < ?1"].Bind(1, last + 1 ?? end).Run();
        return last is null;
    }

    private long NextId(long time)
    {
        if (time != _lastTime)
        {
            var first = time << CounterBits;
            _lastId = database["SELECT max(id) FROM event WHERE id BETWEEN ?1 AND ?2"].Bind(1, first).Bind(2, first | ((1L << CounterBits) - 1)).Scalar() ?? first - 1;
            _lastTime = time;
        }

        return ++_lastId;
    }
}
