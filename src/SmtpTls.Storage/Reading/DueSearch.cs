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
        AddWaiting(earliest);
        var next = AddExpired(earliest, now);
        var due = new List<DueRow>();
        foreach (var (nextHop, available) in earliest)
        {
            var (name, backoff) = Find(nextHop);
            var since = Math.Max(available, backoff ?? available);
            if (since <= now)
            {
                due.Add(new DueRow(nextHop, name, since));
            }
            else
            {
                next = Math.Min(next ?? since, since);
            }
        }

        due.Sort(static (a, b) => a.DueAt.CompareTo(b.DueAt));
        return new DueRows(due, next);
    }

    /// <summary>Deliveries to a next hop that can be taken: those whose lease ended, then the longest due.</summary>
    internal IReadOnlyList<long> Deliveries(long nextHop, long now, int maximum)
    {
        var ids = new List<long>();
        AddIds(ids, database["SELECT id FROM delivery WHERE leased_until <= ?2 AND held = 0 AND next_hop = ?1 ORDER BY leased_until LIMIT ?3"]
            .Bind(1, nextHop)
            .Bind(2, now)
            .Bind(3, maximum));
        AddIds(ids, database["SELECT id FROM delivery WHERE leased_until IS NULL AND held = 0 AND next_hop = ?1 AND due <= ?2 ORDER BY due LIMIT ?3"]
            .Bind(1, nextHop)
            .Bind(2, now)
            .Bind(3, maximum - ids.Count));
        return ids;
    }

    /// <summary>Deliveries that were accepted before a time and are free. Reads an index through, so it is no work for the writer.</summary>
    internal IReadOnlyList<long> Aged(LeaseRequest request)
    {
        const string which = "received < ?1 AND noticed <= ?2 AND (?3 IS NULL OR next_hop = (SELECT id FROM next_hop WHERE name = ?3)) LIMIT ?4";
        var ids = new List<long>();
        Add(database[$"SELECT id FROM delivery INDEXED BY delivery_leased WHERE leased_until <= ?5 AND held = 0 AND {which}"].Bind(5, Moment.Milliseconds(request.Now)));
        Add(database[$"SELECT id FROM delivery INDEXED BY delivery_waiting WHERE leased_until IS NULL AND held = 0 AND {which}"]);
        return ids;

        void Add(Statement select) => AddIds(ids, select
            .Bind(1, Moment.MillisecondsUp(request.ReceivedBefore!.Value))
            .Bind(2, request.WithoutDelayNotice ? 0 : 1)
            .Bind(3, request.NextHop)
            .Bind(4, request.Maximum - ids.Count));
    }

    private static void AddIds(List<long> ids, Statement select)
    {
        while (select.Step())
        {
            ids.Add(select.Int64(0));
        }
    }

    private void AddWaiting(Dictionary<long, long> earliest)
    {
        var select = database["SELECT next_hop, due FROM delivery WHERE leased_until IS NULL AND held = 0 AND next_hop > ?1 ORDER BY next_hop, due LIMIT 1"];
        var last = 0L;
        while (select.Bind(1, last).Step())
        {
            last = select.Int64(0);
            earliest.Add(last, select.Int64(1));
            select.Reset();
        }
    }

    // Answers when the next of the other leases ends.
    private long? AddExpired(Dictionary<long, long> earliest, long now)
    {
        var select = database["SELECT next_hop, min(leased_until) FROM delivery WHERE leased_until <= ?1 AND held = 0 GROUP BY next_hop"].Bind(1, now);
        while (select.Step())
        {
            var (nextHop, until) = (select.Int64(0), select.Int64(1));
            earliest[nextHop] = earliest.TryGetValue(nextHop, out var due) ? Math.Min(due, until) : until;
        }

        return database["SELECT leased_until FROM delivery WHERE leased_until > ?1 AND held = 0 ORDER BY leased_until LIMIT 1"].Bind(1, now).Scalar();
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
