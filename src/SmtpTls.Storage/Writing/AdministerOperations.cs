using SmtpTls.Queue;
using SmtpTls.Storage.Records;

namespace SmtpTls.Storage.Writing;

/// <summary>Holds messages, or lets them go on.</summary>
internal sealed class HoldOperation(IReadOnlyList<QueueId> ids, bool hold) : WriteOperation<IReadOnlyList<QueueId>>
{
    protected override IReadOnlyList<QueueId> Change(QueueTables tables)
    {
        var found = new List<QueueId>(ids.Count);
        foreach (var id in ids)
        {
            var rows = tables.Deliveries.Of(id);
            foreach (var row in rows)
            {
                tables.Deliveries.SetHeld(row, hold);
            }

            if (rows.Count > 0)
            {
                found.Add(id);
            }
        }

        return found.ToArray();
    }
}

/// <summary>Makes messages due.</summary>
internal sealed class RetryOperation(IReadOnlyList<QueueId> ids, DateTimeOffset now) : WriteOperation<IReadOnlyList<QueueId>>
{
    protected override IReadOnlyList<QueueId> Change(QueueTables tables)
    {
        var found = new List<QueueId>(ids.Count);
        foreach (var id in ids)
        {
            var rows = tables.Deliveries.Of(id);
            if (rows.Count == 0 || rows.Any(row => row.Held))
            {
                continue;
            }

            found.Add(id);
            foreach (var row in rows)
            {
                tables.Deliveries.SetDue(row, Moment.Milliseconds(now));
                tables.Destinations.ClearBackoff(row.NextHop);
            }
        }

        return found.ToArray();
    }
}

/// <summary>Takes messages out.</summary>
internal sealed class RemoveOperation : WriteOperation<IReadOnlyList<QueueId>>
{
    private readonly (QueueId Id, EncodedEvent[] Events, EncodedNotification[] Notifications)[] _removals;

    internal RemoveOperation(IEnumerable<MessageRemoval> removals) =>
        _removals = removals.Select(r => (r.Id, EncodedEvent.Encode(r.Events), EncodedNotification.Encode(r.Notifications))).ToArray();

    internal override int Weight => _removals.Sum(r => 512 + r.Notifications.Sum(n => n.Weight));

    protected override IReadOnlyList<QueueId> Change(QueueTables tables)
    {
        var found = new List<QueueId>(_removals.Length);
        foreach (var (id, events, notifications) in _removals)
        {
            var rows = tables.Deliveries.Of(id);
            if (rows.Count == 0)
            {
                continue;
            }

            found.Add(id);
            foreach (var row in rows)
            {
                tables.Deliveries.Delete(row);
            }

            tables.Messages.Delete(id);
            if (rows[0].Flags.HasFlag(DeliveryFlags.InBlocks))
            {
                tables.Blocks.Discard(id);
            }

            tables.Events.Add(events);
            foreach (var notification in notifications)
            {
                notification.AddTo(tables);
            }
        }

        return found.ToArray();
    }
}

/// <summary>Backs a next hop off, or no longer.</summary>
internal sealed class BackoffOperation(string nextHop, NextHopBackoff? backoff) : WriteOperation<bool>
{
    protected override bool Change(QueueTables tables)
    {
        tables.Destinations.SetBackoff(nextHop, backoff);
        return true;
    }
}

/// <summary>Drops entries of the tracking log; one step.</summary>
internal sealed class PurgeOperation(long before) : WriteOperation<bool>
{
    // A step of some milliseconds.
    private const int AtATime = 500;

    protected override bool Change(QueueTables tables) => tables.Events.Purge(before, AtATime);
}

/// <summary>Forgets next hops that nothing waits for; one step.</summary>
/// <param name="after">The last one that was looked at, or zero.</param>
internal sealed class ForgetOperation(long after) : WriteOperation<long?>
{
    // A step of some milliseconds.
    private const int AtATime = 500;

    protected override long? Change(QueueTables tables) => tables.Destinations.DeleteUnused(after, AtATime);
}
