using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Reading;

/// <summary>A row a next hop, counted from the index in one go.</summary>
internal static class SummaryReader
{
    internal static IReadOnlyList<NextHopQueue> Read(Database database, long now)
    {
        var rows = new Dictionary<long, Counts>();
        var counts = database[
            """
            SELECT state, next_hop, count(*), sum(available <= ?1), min(available), min(received)
            FROM delivery INDEXED BY delivery_by_state GROUP BY state, next_hop
            """].Bind(1, now);
        while (counts.Step())
        {
            if (!rows.TryGetValue(counts.Int64(1), out var row))
            {
                rows.Add(counts.Int64(1), row = new Counts());
            }

            row.Add((int)counts.Int64(0), counts.Int64(2), counts.Int64(3), counts.Int64(4), counts.Int64(5));
        }

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

    private sealed class Counts
    {
        private long _due;
        private long _later;
        private long _active;
        private long _held;
        private long? _oldest;
        private long? _next;

        internal void Add(int state, long count, long available, long first, long oldest)
        {
            _oldest = Math.Min(_oldest ?? oldest, oldest);
            switch (state)
            {
                case 0:
                    _due += available;
                    _later += count - available;
                    _next = Math.Min(_next ?? first, first);
                    break;
                case 1:
                    // A lease that ended makes due.
                    _due += available;
                    _active += count - available;
                    _next = available > 0 ? Math.Min(_next ?? first, first) : _next;
                    break;
                default:
                    _held += count;
                    break;
            }
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
