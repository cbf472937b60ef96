using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Reading;

/// <summary>A row a next hop, counted from the index in one go.</summary>
internal static class SummaryReader
{
    internal static IReadOnlyList<NextHopQueue> Read(Database database, long now)
    {
        var rows = new Dictionary<long, Counts>();
        Count(rows, database[
            """
            SELECT next_hop, held, 0, count(*), sum(due <= ?1), min(due), min(received)
            FROM delivery INDEXED BY delivery_waiting WHERE leased_until IS NULL GROUP BY held, next_hop
            """].Bind(1, now));
        Count(rows, database[
            """
            SELECT next_hop, held, 1, count(*), sum(leased_until <= ?1), min(leased_until), min(received)
            FROM delivery INDEXED BY delivery_leased WHERE leased_until IS NOT NULL GROUP BY held, next_hop
            """].Bind(1, now));

        var queues = new List<NextHopQueue>();
        var nextHops = database["SELECT id, name, backoff_until, failures, last_failure FROM next_hop"];
        while (nextHops.Step())
        {
            long? backoff = nextHops.IsNull(2) || nextHops.Int64(2) <= now ? null : nextHops.Int64(2);
            if (rows.TryGetValue(nextHops.Int64(0), out var row) || backoff is not null)
            {
                queues.Add((row ?? new Counts()).ToQueue(nextHops.Text(1)!, backoff, nextHops.Int32(3), nextHops.Text(4)));
            }
        }

        queues.Sort(static (a, b) => string.CompareOrdinal(a.NextHop, b.NextHop));
        return queues.ToArray();
    }

    private static void Count(Dictionary<long, Counts> rows, Statement counts)
    {
        while (counts.Step())
        {
            if (!rows.TryGetValue(counts.Int64(0), out var row))
            {
                rows.Add(counts.Int64(0), row = new Counts());
            }

            row.Add(held: counts.Int32(1) != 0, leased: counts.Int32(2) != 0, counts.Int64(3), counts.Int64(4), counts.Int64(5), counts.Int64(6));
        }
    }

    private sealed class Counts
    {
        private long _due;
        private long _later;
        private long _active;
        private long _held;
        private long? _oldest;
        private long? _next;

        internal void Add(bool held, bool leased, long count, long due, long first, long oldest)
        {
            _oldest = Math.Min(_oldest ?? oldest, oldest);
            if (held)
            {
                _held += count;
                return;
            }

            // A lease that ended makes due.
            _due += due;
            _active += leased ? count - due : 0;
            _later += leased ? 0 : count - due;
            _next = leased && due == 0 ? _next : Math.Min(_next ?? first, first);
        }

        internal NextHopQueue ToQueue(string nextHop, long? backoff, int failures, string? lastFailure) => new()
        {
            NextHop = nextHop,
            Ready = backoff is null ? _due : 0,
            Active = _active,
            Deferred = backoff is null ? _later : _due + _later,
            Suspended = _held,
            Oldest = _oldest is { } oldest ? Moment.Of(oldest) : null,
            NextAttemptAt = _next is { } next ? Moment.Of(Math.Max(next, backoff ?? next)) : null,
            Failures = failures,
            LastFailure = lastFailure,
        };
    }
}
