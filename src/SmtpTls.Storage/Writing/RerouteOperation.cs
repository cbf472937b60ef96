using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>A domain that goes to another next hop from now on.</summary>
internal sealed record Rerouting(long Destination, string Domain, string NextHop);

/// <summary>Has domains go to other next hops.</summary>
internal sealed class RerouteOperation(IReadOnlyList<Rerouting> changes) : WriteOperation<bool>
{
    protected override bool Change(QueueTables tables)
    {
        tables.Destinations.Reroute(changes);
        return true;
    }
}

/// <content>Moving to other next hops.</content>
internal sealed partial class DestinationTable
{
    /// <summary>
    /// Moves destinations. Where a next hop's domains all move to one that is new, it is renamed: one row, however much mail waits.
    /// </summary>
    internal void Reroute(IReadOnlyList<Rerouting> changes)
    {
        Forget();
        var movedFrom = new HashSet<long>();
        foreach (var group in changes.GroupBy(change => NextHopOf(change.Destination)))
        {
            if (group.Key is not { } from || TryRename(from, [.. group]))
            {
                continue;
            }

            foreach (var change in group)
            {
                Move(change, from, FindNextHop(change.NextHop) ?? AddNextHop(change.NextHop));
            }

            _ = movedFrom.Add(from);
        }

        foreach (var from in movedFrom)
        {
            // Where a delivery goes is told by its destination.
            Update(
                "SET next_hop = (SELECT next_hop FROM destination WHERE id = delivery.destination)",
                "next_hop = ?1 AND destination NOT IN (SELECT id FROM destination WHERE next_hop = ?1)",
                update => update.Bind(1, from));
            database["DELETE FROM next_hop WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM destination WHERE next_hop = ?1)"].Bind(1, from).Run();
        }

        Forget();
    }

    private long? NextHopOf(long destination) => database["SELECT next_hop FROM destination WHERE id = ?1"].Bind(1, destination).Scalar();

    // Twice, so that each of the two indexes finds its part.
    private void Update(string set, string where, Action<Statement> bind)
    {
        foreach (var part in (ReadOnlySpan<string>)["leased_until IS NULL AND held IN (0, 1)", "leased_until IS NOT NULL"])
        {
            var update = database[$"UPDATE delivery {set} WHERE {part} AND {where}"];
            bind(update);
            update.Run();
        }
    }

    private bool TryRename(long from, Rerouting[] changes)
    {
        var to = changes[0].NextHop;
        if (Array.Exists(changes, change => change.NextHop != to)
            || FindNextHop(to) is not null
            || database["SELECT count(*) FROM destination WHERE next_hop = ?1"].Bind(1, from).Scalar() != changes.Length)
        {
            return false;
        }

        database["UPDATE next_hop SET name = ?2, backoff_until = NULL, failures = 0, last_failure = NULL WHERE id = ?1"].Bind(1, from).Bind(2, to).Run();
        Forget();
        return true;
    }

    private void Move(Rerouting change, long from, long to)
    {
        var other = database["SELECT id FROM destination WHERE domain = ?1 AND next_hop = ?2"].Bind(1, change.Domain).Bind(2, to).Scalar();
        if (other is null)
        {
            database["UPDATE destination SET next_hop = ?2 WHERE id = ?1"].Bind(1, change.Destination).Bind(2, to).Run();
            return;
        }

        // The domain goes there already: two destinations become one.
        Update(
            "SET destination = ?2, next_hop = ?3",
            "next_hop = ?4 AND destination = ?1",
            update => update.Bind(1, change.Destination).Bind(2, other).Bind(3, to).Bind(4, from));
        database["DELETE FROM destination WHERE id = ?1"].Bind(1, change.Destination).Run();
    }
}
