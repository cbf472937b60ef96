using SmtpTls.Queue;
using SmtpTls.Storage.Records;

namespace SmtpTls.Storage.Writing;

/// <summary>Records what an attempt came to.</summary>
internal sealed class CompleteOperation : WriteOperation<bool>
{
    private readonly DeliveryResult _result;
    private readonly EncodedEvent[] _events;
    private readonly EncodedNotification[] _notifications;

    internal CompleteOperation(DeliveryResult result)
    {
        _result = result;
        _events = EncodedEvent.Encode(result.Events);
        _notifications = EncodedNotification.Encode(result.Notifications);
    }

    internal override int Weight => 512 + _notifications.Sum(n => n.Weight);

    protected override bool Change(QueueTables tables)
    {
        tables.Events.Add(_events);
        var row = tables.Deliveries.Find(_result.Delivery);
        if (row is null || row.Message != _result.Id || !row.IsLeasedBy(_result.Owner))
        {
            return false;
        }

        foreach (var notification in _notifications)
        {
            notification.AddTo(tables);
        }

        var left = Array.FindAll(row.Recipients, r => !_result.Done.Contains(r.Number));
        if (left.Length > 0)
        {
            Defer(tables, row, left);
        }
        else if (tables.Deliveries.HasOthers(row))
        {
            tables.Deliveries.Delete(row);
        }
        else
        {
            tables.Deliveries.Delete(row);
            tables.Messages.Delete(row.Message);
            if (row.Flags.HasFlag(DeliveryFlags.InBlocks))
            {
                tables.Blocks.Discard(row.Message);
            }
        }

        return true;
    }

    private void Defer(QueueTables tables, DeliveryRow row, WaitingRecipient[] left)
    {
        if (_result.NextAttemptAt is not { } next)
        {
            throw new InvalidOperationException($"Delivery {_result.Delivery} of {_result.Id} has recipients left and no time for the next attempt.");
        }

        foreach (var deferred in _result.Deferred)
        {
            var index = Array.FindIndex(left, r => r.Number == deferred.Number);
            if (index >= 0)
            {
                left[index] = left[index] with { LastFailure = deferred.Failure };
            }
        }

        tables.Deliveries.Defer(row, Moment.Milliseconds(next), row.Attempts - (_result.Untried ? 1 : 0), row.Noticed || _result.DelayNotified, left);
    }
}

/// <summary>A notification on its way into the file.</summary>
internal sealed class EncodedNotification(Notification notification)
{
    private readonly EncodedMessage _message = new(notification.Message);
    private readonly byte[][] _blocks = Split(notification.Content);

    internal int Weight => _message.Weight + notification.Content.Length;

    internal static EncodedNotification[] Encode(IReadOnlyList<Notification> notifications) =>
        notifications.Count == 0 ? [] : notifications.Select(n => new EncodedNotification(n)).ToArray();

    internal void AddTo(QueueTables tables)
    {
        if (_blocks.Length == 0)
        {
            _ = _message.AddTo(tables, notification.Content.Span, blocks: 0);
            return;
        }

        for (var i = 0; i < _blocks.Length; i++)
        {
            if (!tables.Blocks.TryAdd(_message.Message.Id, i, _blocks[i]))
            {
                throw StoreFailures.Duplicate(_message.Message.Id);
            }
        }

        _ = _message.AddTo(tables, [], _blocks.Length);
    }

    private static byte[][] Split(ReadOnlyMemory<byte> content)
    {
        if (content.Length <= ContentWriter.BlockSize)
        {
            return [];
        }

        var blocks = new List<byte[]>();
        for (var rest = content; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, ContentWriter.BlockSize)..])
        {
            blocks.Add(rest[..Math.Min(rest.Length, ContentWriter.BlockSize)].ToArray());
        }

        return [.. blocks];
    }
}
