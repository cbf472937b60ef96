using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>
/// The content of messages of more than one block. Blocks are written, and deleted, in transactions of their own before the message
/// is there, or after it is gone, so that a large message holds nobody up. Those of no message are swept up when a relay opens the queue.
/// </summary>
internal sealed class BlockTable(Database database)
{
    // 4 MiB: some milliseconds of the writer's time.
    private const int DiscardedAtATime = 16;

    private readonly Queue<long> _discarded = new();
    private bool _sweeping;

    /// <summary>Adds a block; false where it is there already.</summary>
    internal bool TryAdd(QueueId message, int number, ReadOnlySpan<byte> data)
    {
        database["INSERT INTO block(message, number, data) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING"].Bind(1, message.Value).Bind(2, number).Bind(3, data).Run();
        return database.Changes == 1;
    }

    internal long Count(QueueId message) => database["SELECT count(*) FROM block WHERE message = ?1"].Bind(1, message.Value).Scalar() ?? 0;

    /// <summary>Has the blocks of a message deleted in steps, after the present transaction.</summary>
    internal void Discard(QueueId message) => _discarded.Enqueue(message.Value);

    /// <summary>Finds what a predecessor left half written or half deleted.</summary>
    internal void FindOrphans()
    {
        var next = database["SELECT message FROM block WHERE message > ?1 ORDER BY message LIMIT 1"];
        var last = 0L;
        while (next.Bind(1, last).Scalar() is { } message)
        {
            last = message;
            if (database["SELECT 1 FROM message WHERE id = ?1"].Bind(1, message).Scalar() is null)
            {
                _discarded.Enqueue(message);
            }
        }
    }

    /// <summary>The next step of deleting; null where there is nothing to delete, or a step is on its way.</summary>
    internal WriteOperation? TakeDiscarded()
    {
        if (_sweeping || _discarded.Count == 0)
        {
            return null;
        }

        _sweeping = true;
        return new Sweep(this, _discarded.Peek());
    }

    private bool DeleteSome(long message)
    {
        // A removal that was rolled back left its message there: then the blocks stay.
        if (database["SELECT 1 FROM message WHERE id = ?1"].Bind(1, message).Scalar() is not null)
        {
            return true;
        }

        database["DELETE FROM block WHERE message = ?1 AND number IN (SELECT number FROM block WHERE message = ?1 LIMIT ?2)"]
            .Bind(1, message)
            .Bind(2, DiscardedAtATime)
            .Run();
        return database.Changes < DiscardedAtATime;
    }

    private void Swept(bool done)
    {
        _sweeping = false;
        if (done)
        {
            _ = _discarded.Dequeue();
        }
    }

    private sealed class Sweep(BlockTable blocks, long message) : WriteOperation
    {
        private bool _done;

        internal override void Execute(QueueTables tables) => _done = blocks.DeleteSome(message);

        internal override void Succeed() => blocks.Swept(_done);

        // Not tried again and again on a full disk: the blocks wait for the next start.
        internal override void Fail(Exception failure) => blocks.Swept(done: true);

        internal override void Cancel(CancellationToken cancellationToken)
        {
            // Nobody holds a token for it.
        }
    }
}
