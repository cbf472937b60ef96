using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>A delivery's state in the file.</summary>
[Flags]
internal enum DeliveryState
{
    Waiting = 0,
    Leased = 1,
    Held = 2,
}

/// <summary>What does not change of a delivery.</summary>
[Flags]
internal enum DeliveryFlags
{
    None = 0,

    /// <summary>The message has no other: it goes with this one.</summary>
    Alone = 1,

    /// <summary>The message's content stands in blocks.</summary>
    InBlocks = 2,
}

/// <summary>A delivery as its row has it.</summary>
internal sealed record DeliveryRow
{
    internal required long Id { get; init; }

    internal required DeliveryState State { get; init; }

    internal required long NextHop { get; init; }

    internal required long Available { get; init; }

    internal required long Received { get; init; }

    internal required bool Noticed { get; init; }

    internal required QueueId Message { get; init; }

    internal required long Destination { get; init; }

    internal required long? Due { get; init; }

    internal required int Attempts { get; init; }

    internal required DeliveryFlags Flags { get; init; }

    internal required string? Owner { get; init; }

    internal required WaitingRecipient[] Recipients { get; init; }

    internal bool IsLeasedBy(string owner) => State.HasFlag(DeliveryState.Leased) && string.Equals(Owner, owner, StringComparison.Ordinal);

    internal bool IsFree(long now) => State == DeliveryState.Waiting || (State == DeliveryState.Leased && Available <= now);
}

/// <summary>Deliveries.</summary>
internal sealed class DeliveryTable(Database database)
{
    internal void Add(DeliveryRow row)
    {
        var insert = database[
            """
            INSERT INTO delivery(id, state, next_hop, available, received, noticed, message, destination, due, attempts, flags, owner, recipients)
            VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """];
        insert.Bind(1, row.Id)
            .Bind(2, (long)row.State)
            .Bind(3, row.NextHop)
            .Bind(4, row.Available)
            .Bind(5, row.Received)
            .Bind(6, row.Id == row.Message.Value ? null : row.Message.Value)
            .Bind(7, row.Destination)
            .Bind(8, row.Due)
            .Bind(9, row.Attempts)
            .Bind(10, (long)row.Flags)
            .Bind(11, row.Owner)
            .Bind(12, WaitingRecipient.Encode(row.Recipients))
            .Run();
    }

    /// <summary>A number for a delivery that is not its message's first: below zero, and never used again.</summary>
    internal long NextFurtherId() =>
        database["UPDATE setting SET value = value - 1 WHERE name = 'last_further_delivery' RETURNING value"].Scalar()
        ?? throw RecordReader.Damaged();

    internal DeliveryRow? Find(long id)
    {
        var select = database[
            """
            SELECT id, state, next_hop, available, received, noticed, message, destination, due, attempts, flags, owner, recipients
            FROM delivery WHERE id = ?1
            """].Bind(1, id);
        try
        {
            return select.Step() ? Read(select) : null;
        }
        finally
        {
            select.Reset();
        }
    }

    /// <summary>All deliveries of a message that are not done.</summary>
    internal IReadOnlyList<DeliveryRow> Of(QueueId message)
    {
        var rows = new List<DeliveryRow>();
        if (Find(message.Value) is { } first)
        {
            rows.Add(first);
            if (first.Flags.HasFlag(DeliveryFlags.Alone))
            {
                return rows;
            }
        }

        var select = database[
            """
            SELECT id, state, next_hop, available, received, noticed, message, destination, due, attempts, flags, owner, recipients
            FROM delivery WHERE message = ?1
            """].Bind(1, message.Value);
        try
        {
            while (select.Step())
            {
                rows.Add(Read(select));
            }
        }
        finally
        {
            select.Reset();
        }

        return rows;
    }

    /// <summary>Whether a message has a delivery other than this one.</summary>
    internal bool HasOthers(DeliveryRow row) =>
        !row.Flags.HasFlag(DeliveryFlags.Alone)
        && (database["SELECT 1 FROM delivery WHERE message = ?1 AND id <> ?2 LIMIT 1"].Bind(1, row.Message.Value).Bind(2, row.Id).Scalar() is not null
            || (row.Id != row.Message.Value && database["SELECT 1 FROM delivery WHERE id = ?1"].Bind(1, row.Message.Value).Scalar() is not null));

    /// <summary>Leases a delivery and counts the attempt.</summary>
    internal void Lease(DeliveryRow row, string owner, long until) =>
        database["UPDATE delivery SET state = ?2, available = ?3, due = ?4, attempts = attempts + 1, owner = ?5 WHERE id = ?1"]
            .Bind(1, row.Id)
            .Bind(2, (long)(row.State | DeliveryState.Leased))
            .Bind(3, until)
            .Bind(4, row.Due ?? row.Available)
            .Bind(5, owner)
            .Run();

    internal void Renew(DeliveryRow row, long until) =>
        database["UPDATE delivery SET available = ?2 WHERE id = ?1"].Bind(1, row.Id).Bind(2, until).Run();

    /// <summary>Gives a lease back: due as it was, the attempt not counted.</summary>
    internal void Release(DeliveryRow row) =>
        database["UPDATE delivery SET state = ?2, available = ?3, due = NULL, attempts = attempts - 1, owner = NULL WHERE id = ?1"]
            .Bind(1, row.Id)
            .Bind(2, (long)(row.State & ~DeliveryState.Leased))
            .Bind(3, row.Due ?? row.Available)
            .Run();

    /// <summary>Takes all leases away: their owner is dead. The attempts stay counted; they may have been made.</summary>
    internal void ReleaseAll() =>
        database["UPDATE delivery SET state = state & 2, available = ifnull(due, available), due = NULL, owner = NULL WHERE state IN (1, 3)"].Run();

    /// <summary>Ends a lease with recipients left.</summary>
    internal void Defer(DeliveryRow row, long nextAttempt, int attempts, bool noticed, WaitingRecipient[] recipients) =>
        database[
            """
            UPDATE delivery SET state = ?2, available = ?3, noticed = ?4, due = NULL, attempts = ?5, owner = NULL, recipients = ?6 WHERE id = ?1
            """]
            .Bind(1, row.Id)
            .Bind(2, (long)(row.State & ~DeliveryState.Leased))
            .Bind(3, nextAttempt)
            .Bind(4, noticed ? 1 : 0)
            .Bind(5, attempts)
            .Bind(6, WaitingRecipient.Encode(recipients))
            .Run();

    internal void SetState(DeliveryRow row, DeliveryState state)
    {
        if (state != row.State)
        {
            database["UPDATE delivery SET state = ?2 WHERE id = ?1"].Bind(1, row.Id).Bind(2, (long)state).Run();
        }
    }

    /// <summary>Makes a delivery due, if it is not already; one that is leased is due then if the lease is given back.</summary>
    internal void SetDue(DeliveryRow row, long due) =>
        database[row.State.HasFlag(DeliveryState.Leased) ? "UPDATE delivery SET due = min(due, ?2) WHERE id = ?1" : "UPDATE delivery SET available = min(available, ?2) WHERE id = ?1"]
            .Bind(1, row.Id)
            .Bind(2, due)
            .Run();

    internal void Delete(DeliveryRow row) => database["DELETE FROM delivery WHERE id = ?1"].Bind(1, row.Id).Run();

    /// <summary>A row of the columns in the order that every SELECT here has.</summary>
    internal static DeliveryRow Read(Statement row) => new()
    {
        Id = row.Int64(0),
        State = (DeliveryState)row.Int32(1),
        NextHop = row.Int64(2),
        Available = row.Int64(3),
        Received = row.Int64(4),
        Noticed = row.Int32(5) != 0,
        Message = new QueueId(row.IsNull(6) ? row.Int64(0) : row.Int64(6)),
        Destination = row.Int64(7),
        Due = row.IsNull(8) ? null : row.Int64(8),
        Attempts = row.Int32(9),
        Flags = (DeliveryFlags)row.Int32(10),
        Owner = row.Text(11),
        Recipients = WaitingRecipient.Decode(row.Blob(12)),
    };
}
