using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Reading;

/// <summary>The domains in the queue and where they go.</summary>
internal static class DestinationReader
{
    internal static IReadOnlyList<(long Id, string Domain, string NextHop)> Read(Database database)
    {
        var rows = new List<(long, string, string)>();
        var select = database["SELECT d.id, d.domain, n.name FROM destination d JOIN next_hop n ON n.id = d.next_hop"];
        while (select.Step())
        {
            rows.Add((select.Int64(0), select.Text(1)!, select.Text(2)!));
        }

        return rows;
    }
}
