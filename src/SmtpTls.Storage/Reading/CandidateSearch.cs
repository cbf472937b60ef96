using System.Globalization;
using SmtpTls.Queue;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Reading;

/// <summary>
/// Messages that a query can be about at all, from the deliveries' indexes: few messages among very many are found without
/// looking at each of them.
/// </summary>
internal static class CandidateSearch
{
    // Beyond that reading all messages in their order, and stopping where a page is full, is as quick.
    private const int Maximum = 20_000;
    private const int MaximumNextHops = 1_000;

    /// <summary>Their ids in order; null where there are many, or where the query does not say.</summary>
    internal static long[]? Find(Database database, MessageQuery query)
    {
        var nextHops = query.NextHop is null ? null : NextHops(database, query.NextHop);
        if (nextHops?.Count > MaximumNextHops)
        {
            nextHops = null;
        }

        if (nextHops is null && query.State is not (QueueState.Suspended or QueueState.Active))
        {
            return null;
        }

        var ids = new HashSet<long>();
        foreach (var where in Parts(query.State, nextHops))
        {
            // Not kept: its text has the numbers in it.
            using var select = database.PrepareOnce(string.Create(CultureInfo.InvariantCulture, $"SELECT ifnull(message, id) FROM delivery WHERE {where} LIMIT {Maximum + 1}"));
            while (select.Step())
            {
                _ = ids.Add(select.Int64(0));
            }

            if (ids.Count > Maximum)
            {
                return null;
            }
        }

        return ids.Order().ToArray();
    }

    private static IEnumerable<string> Parts(QueueState? state, IReadOnlyList<long>? nextHops)
    {
        var which = nextHops is null ? "" : $" AND next_hop IN ({string.Join(", ", nextHops)})";
        var held = state switch { QueueState.Suspended => "1", null => "0, 1", _ => "0" };
        if (state != QueueState.Active)
        {
            yield return $"leased_until IS NULL AND held IN ({held}){which}";
        }

        yield return $"leased_until IS NOT NULL AND held IN ({held}){which}";
    }

    private static List<long> NextHops(Database database, string pattern)
    {
        var ids = new List<long>();
        var select = database["SELECT id, name FROM next_hop"];
        while (select.Step())
        {
            if (Pattern.Matches(pattern, select.Text(1)))
            {
                ids.Add(select.Int64(0));
            }
        }

        return ids;
    }
}
