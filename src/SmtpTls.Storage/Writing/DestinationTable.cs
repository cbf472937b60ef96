using SmtpTls.Queue;
using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>A domain on its way to a next hop, by numbers.</summary>
internal readonly record struct Destination(long Id, long NextHop);

/// <summary>Next hops, and the domains on their way to them.</summary>
internal sealed partial class DestinationTable(Database database)
{
    // Bounds what is remembered; beyond it is begun anew. A relay rarely has mail for more domains at a time.
    private const int Remembered = 10_000;

    private readonly Dictionary<(string Domain, string NextHop), Destination> _destinations = [];
    private readonly Dictionary<string, long> _nextHops = new(StringComparer.Ordinal);

    internal void Forget()
    {
        _destinations.Clear();
        _nextHops.Clear();
    }

    /// <summary>The destination's numbers; it is made where it is new.</summary>
    internal Destination Get(string domain, string nextHop)
    {
        if (_destinations.TryGetValue((domain, nextHop), out var destination))
        {
            return destination;
        }

        var hop = FindNextHop(nextHop) ?? AddNextHop(nextHop);
        var id = database["SELECT id FROM destination WHERE domain = ?1 AND next_hop = ?2"].Bind(1, domain).Bind(2, hop).Scalar()
            ?? database["INSERT INTO destination(domain, next_hop) VALUES(?1, ?2) RETURNING id"].Bind(1, domain).Bind(2, hop).Scalar()!.Value;
        if (_destinations.Count >= Remembered)
        {
            _destinations.Clear();
        }

        destination = new Destination(id, hop);
        _destinations.Add((domain, nextHop), destination);
        return destination;
    }

    /// <summary>A next hop's number; null where it is not known.</summary>
    internal long? FindNextHop(string name)
    {
        if (_nextHops.TryGetValue(name, out var known))
        {
            return known;
        }

        var id = database["SELECT id FROM next_hop WHERE name = ?1"].Bind(1, name).Scalar();
        if (id is { } found)
        {
            Remember(name, found);
        }

        return id;
    }

    internal string Domain(long destination)
    {
        var select = database["SELECT domain FROM destination WHERE id = ?1"].Bind(1, destination);
        var domain = select.Step() ? select.Text(0) : null;
        select.Reset();
        return domain ?? throw RecordReader.Damaged();
    }

    internal string NextHop(long id)
    {
        var select = database["SELECT name FROM next_hop WHERE id = ?1"].Bind(1, id);
        var name = select.Step() ? select.Text(0) : null;
        select.Reset();
        return name ?? throw RecordReader.Damaged();
    }

    internal bool IsBackedOff(long nextHop, long now) =>
        database["SELECT 1 FROM next_hop WHERE id = ?1 AND backoff_until > ?2"].Bind(1, nextHop).Bind(2, now).Scalar() is not null;

    internal void SetBackoff(string nextHop, NextHopBackoff? backoff)
    {
        var hop = FindNextHop(nextHop);
        if (hop is null && backoff is null)
        {
            return;
        }

        database["UPDATE next_hop SET backoff_until = ?2, failures = ?3, last_failure = ?4 WHERE id = ?1"]
            .Bind(1, hop ?? AddNextHop(nextHop))
            .Bind(2, backoff is null ? null : Moment.Milliseconds(backoff.Until))
            .Bind(3, backoff?.Failures ?? 0)
            .Bind(4, backoff?.LastFailure)
            .Run();
    }

    /// <summary>Lets a next hop be tried at once; its failures are remembered.</summary>
    internal void ClearBackoff(long nextHop) =>
        database["UPDATE next_hop SET backoff_until = NULL WHERE id = ?1 AND backoff_until IS NOT NULL"].Bind(1, nextHop).Run();

    internal long AddNextHop(string name)
    {
        var id = database["INSERT INTO next_hop(name) VALUES(?1) RETURNING id"].Bind(1, name).Scalar()!.Value;
        Remember(name, id);
        return id;
    }

    /// <summary>
    /// Forgets next hops to which nothing goes and that are not backed off, with their domains: a relay by MX meets a new one with
    /// every domain.
    /// </summary>
    /// <param name="after">The last one that was looked at.</param>
    /// <param name="maximum">How many are looked at.</param>
    /// <returns>The last one of these; null where there are no more.</returns>
    internal long? DeleteUnused(long after, int maximum)
    {
        var last = database["SELECT id FROM next_hop WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2"].Bind(1, after).Bind(2, maximum - 1).Scalar();
        database[
            """
            DELETE FROM next_hop WHERE id > ?1 AND id <= ?2 AND backoff_until IS NULL
                AND NOT EXISTS (SELECT 1 FROM delivery WHERE leased_until IS NULL AND held IN (0, 1) AND next_hop = next_hop.id)
                AND id NOT IN (SELECT next_hop FROM delivery WHERE leased_until IS NOT NULL)
            """].Bind(1, after).Bind(2, last ?? long.MaxValue).Run();
        if (database.Changes > 0)
        {
            Forget();
            database["DELETE FROM destination WHERE next_hop > ?1 AND next_hop <= ?2 AND next_hop NOT IN (SELECT id FROM next_hop)"]
                .Bind(1, after)
                .Bind(2, last ?? long.MaxValue)
                .Run();
        }

        return last;
    }

    private void Remember(string name, long id)
    {
        if (_nextHops.Count >= Remembered)
        {
            _nextHops.Clear();
        }

        _nextHops[name] = id;
    }
}
