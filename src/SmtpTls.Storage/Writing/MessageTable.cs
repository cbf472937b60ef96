using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>Messages: facts, and the content of those that fit into one block.</summary>
internal sealed class MessageTable(Database database)
{
    /// <summary>Adds a message; false where there is one with that id.</summary>
    internal bool TryAdd(QueueId id, byte[] facts, ReadOnlySpan<byte> content, bool inBlocks)
    {
        var insert = database["INSERT INTO message(id, facts, content) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING"].Bind(1, id.Value).Bind(2, facts);
        (inBlocks ? insert.BindNull(3) : insert.Bind(3, content)).Run();
        return database.Changes == 1;
    }

    internal bool Contains(QueueId id) => database["SELECT 1 FROM message WHERE id = ?1"].Bind(1, id.Value).Scalar() is not null;

    internal MessageFacts Facts(QueueId id)
    {
        var select = database["SELECT facts FROM message WHERE id = ?1"].Bind(1, id.Value);
        try
        {
            return select.Step() ? MessageFacts.Decode(select.Blob(0)) : throw RecordReader.Damaged();
        }
        finally
        {
            select.Reset();
        }
    }

    internal void Delete(QueueId id) => database["DELETE FROM message WHERE id = ?1"].Bind(1, id.Value).Run();
}
