using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

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

    internal required bool Held { get; init; }

    internal required long NextHop { get; init; }

    internal required long Due { get; init; }

    internal required long Received { get; init; }

    internal required bool Noticed { get; init; }

    internal required QueueId Message { get; init; }

    internal required long Destination { get; init; }

    internal required int Attempts { get; init; }

    internal required DeliveryFlags Flags { get; init; }

    internal required string? Owner { get; init; }

    internal required long? LeasedUntil { get; init; }

    internal required WaitingRecipient[] Recipients { get; init; }

    internal bool IsLeasedBy(string owner) => LeasedUntil is not null && string.Equals(Owner, owner, StringComparison.Ordinal);

    internal bool IsFree(long now) => !Held && !(LeasedUntil > now);
}

/// <summary>Deliveries.</summary>
internal sealed class DeliveryTable(Database database)
{
    internal void Add(DeliveryRow row)
    {
        var insert = database[
            """
            INSERT INTO delivery(id, held, next_hop, due, received, noticed, message, destination, attempts, flags, owner, leased_until, recipients)
            VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """];
        insert.Bind(1, row.Id)
            .Bind(2, 0)
            .Bind(3, row.NextHop)
            .Bind(4, row.Due)
            .Bind(5, row.Received)
            .Bind(6, row.Id == row.Message.Value ? null : row.Message.Value)
            .Bind(7, row.Destination)
            .Bind(8, row.Attempts)
            .Bind(9, (long)row.Flags)
            .Bind(10, row.Owner)
            .Bind(11, row.LeasedUntil)
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
            SELECT id, held, next_hop, due, received, noticed, message, destination, attempts, flags, owner, leased_until, recipients
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
            SELECT id, held, next_hop, due, received, noticed, message, destination, attempts, flags, owner, leased_until, recipients
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
        database["UPDATE delivery SET attempts = attempts + 1, owner = ?2, leased_until = ?3 WHERE id = ?1"].Bind(1, row.Id).Bind(2, owner).Bind(3, until).Run();

    internal void Renew(DeliveryRow row, long until) =>
        database["UPDATE delivery SET leased_until = ?2 WHERE id = ?1"].Bind(1, row.Id).Bind(2, until).Run();

    /// <summary>Gives a lease back: due as it was, the attempt not counted.</summary>
    internal void Release(DeliveryRow row) =>
        database["UPDATE delivery SET attempts = attempts - 1, owner = NULL, leased_until = NULL WHERE id = ?1"].Bind(1, row.Id).Run();

    /// <summary>Takes all leases away: their owner is dead. The attempts stay counted; they may have been made.</summary>
    internal void ReleaseAll() => database["UPDATE delivery SET owner = NULL, leased_until = NULL WHERE leased_until IS NOT NULL"].Run();

    /// <summary>Ends a lease with recipients left.</summary>
    internal void Defer(DeliveryRow row, long nextAttempt, int attempts, bool noticed, WaitingRecipient[] recipients) =>
        database["UPDATE delivery SET due = ?2, noticed = ?3, attempts = ?4, owner = NULL, leased_until = NULL, recipients = ?5 WHERE id = ?1"]
            .Bind(1, row.Id)
            .Bind(2, nextAttempt)
            .Bind(3, noticed ? 1 : 0)
            .Bind(4, attempts)
            .Bind(5, WaitingRecipient.Encode(recipients))
            .Run();

    internal void SetHeld(DeliveryRow row, bool held)
    {
        if (held != row.Held)
        {
            database["UPDATE delivery SET held = ?2 WHERE id = ?1"].Bind(1, row.Id).Bind(2, held ? 1 : 0).Run();
        }
    }

    /// <summary>Makes a delivery due, if it is not already; one that is leased is due then if the lease is given back.</summary>
    internal void SetDue(DeliveryRow row, long due)
    {
        if (row.Due > due)
        {
            database["UPDATE delivery SET due = ?2 WHERE id = ?1"].Bind(1, row.Id).Bind(2, due).Run();
        }
    }

    internal void Delete(DeliveryRow row) => database["DELETE FROM delivery WHERE id = ?1"].Bind(1, row.Id).Run();

    /// <summary>A row of the columns in the order that every SELECT here has.</summary>
    internal static DeliveryRow Read(Statement row) => new()
    {
        Id = row.Int64(0),
        Held = row.Int32(1) != 0,
        NextHop = row.Int64(2),
        Due = row.Int64(3),
        Received = row.Int64(4),
        Noticed = row.Int32(5) != 0,
        Message = new QueueId(row.IsNull(6) ? row.Int64(0) : row.Int64(6)),
        Destination = row.Int64(7),
        Attempts = row.Int32(8),
        Flags = (DeliveryFlags)row.Int32(9),
        Owner = row.Text(10),
        LeasedUntil = row.IsNull(11) ? null : row.Int64(11),
        Recipients = WaitingRecipient.Decode(row.Blob(12)),
    };
}
