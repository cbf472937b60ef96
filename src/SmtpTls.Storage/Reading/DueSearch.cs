using SmtpTls.Queue;
using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Reading;

/// <summary>A next hop that has work.</summary>
internal readonly record struct DueRow(long Id, string Name, long DueAt);

/// <summary>Next hops that have work now, the longest due first, and when the next of the others has.</summary>
internal sealed record DueRows(IReadOnlyList<DueRow> Due, long? Next);

/// <summary>What is due, from the index alone: a seek for each next hop and state, however much waits there.</summary>
internal sealed class DueSearch(Database database)
{
    internal DueRows NextHops(long now)
    {
        var earliest = new Dictionary<long, long>();

        // Waiting, and leased: a lease that ended makes due.
        AddEarliest(earliest, 0);
        AddEarliest(earliest, 1);

        var due = new List<DueRow>();
        long? next = null;
        foreach (var (nextHop, available) in earliest)
        {
            var (name, backoff) = Find(nextHop);
            var since = Math.Max(available, backoff ?? available);
            if (since <= now)
            {
                due.Add(new DueRow(nextHop, name, since));
            }
            else if (next is null || since < next)
            {
                next = since;
            }
        }

        due.Sort(static (a, b) => a.DueAt.CompareTo(b.DueAt));
        return new DueRows(due, next);
    }

    /// <summary>Deliveries to a next hop that can be taken: those whose lease ended, then the longest due.</summary>
    internal IReadOnlyList<long> Deliveries(long nextHop, long now, int maximum)
    {
        var ids = new List<long>();
        foreach (var state in (ReadOnlySpan<int>)[1, 0])
        {
            var select = database["SELECT id FROM delivery WHERE state = ?1 AND next_hop = ?2 AND available <= ?3 ORDER BY available LIMIT ?4"]
                .Bind(1, state)
                .Bind(2, nextHop)
                .Bind(3, now)
                .Bind(4, maximum - ids.Count);
            while (select.Step())
            {
                ids.Add(select.Int64(0));
            }
        }

        return ids;
    }

    /// <summary>Deliveries that were accepted before a time and are free. Reads the index through, so it is no work for the writer.</summary>
    internal IReadOnlyList<long> Aged(LeaseRequest request)
    {
        var ids = new List<long>();
        var select = database[
            """
            SELECT id FROM delivery INDEXED BY delivery_by_state
            WHERE (state = 0 OR (state = 1 AND available <= ?2)) AND received < ?1 AND noticed <= ?3
                AND (?5 IS NULL OR next_hop = (SELECT id FROM next_hop WHERE name = ?5))
            LIMIT ?4
            """]
            .Bind(1, Moment.MillisecondsUp(request.ReceivedBefore!.Value))
            .Bind(2, Moment.Milliseconds(request.Now))
            .Bind(3, request.WithoutDelayNotice ? 0 : 1)
            .Bind(4, request.Maximum)
            .Bind(5, request.NextHop);
        while (select.Step())
        {
            ids.Add(select.Int64(0));
        }

        return ids;
    }

    private void AddEarliest(Dictionary<long, long> earliest, int state)
    {
        var select = database["SELECT next_hop, available FROM delivery WHERE state = ?1 AND next_hop > ?2 ORDER BY next_hop, available LIMIT 1"];
        var last = 0L;
        while (select.Bind(1, state).Bind(2, last).Step())
        {
            last = select.Int64(0);
            var available = select.Int64(1);
            select.Reset();
            earliest[last] = earliest.TryGetValue(last, out var other) ? Math.Min(other, available) : available;
        }
    }

    private (string Name, long? Backoff) Find(long nextHop)
    {
        var select = database["SELECT name, backoff_until FROM next_hop WHERE id = ?1"].Bind(1, nextHop);
        try
        {
            return select.Step() ? (select.Text(0)!, select.IsNull(1) ? null : select.Int64(1)) : throw RecordReader.Damaged();
        }
        finally
        {
            select.Reset();
        }
    }
}
