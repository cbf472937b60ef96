using SmtpTls.Queue;
using SmtpTls.Storage.Records;

namespace SmtpTls.Storage.Writing;

/// <summary>A message in the form in which it goes into the file; made on its caller's thread, so that the writer only writes.</summary>
internal sealed class EncodedMessage
{
    private readonly byte[] _facts;
    private readonly EncodedEvent[] _events;
    private readonly NewDelivery[] _deliveries;

    internal EncodedMessage(NewMessage message)
    {
        Message = message;
        _facts = MessageFacts.Encode(message);
        _events = EncodedEvent.Encode(message.Events);
        _deliveries = Group(message.Recipients);
    }

    internal NewMessage Message { get; }

    internal int Weight => _facts.Length + 512;

    /// <summary>Adds the message; blocks is zero where the content is given.</summary>
    /// <exception cref="SmtpException">There is one with its id.</exception>
    internal IReadOnlyList<DeliveryLease> AddTo(QueueTables tables, ReadOnlySpan<byte> content, int blocks)
    {
        if (!tables.Messages.TryAdd(Message.Id, _facts, content, inBlocks: blocks > 0))
        {
            throw StoreFailures.Duplicate(Message.Id);
        }

        // A relay that began meanwhile has swept them away.
        if (blocks > 0 && tables.Blocks.Count(Message.Id) != blocks)
        {
            throw StoreFailures.Interrupted(Message.Id);
        }

        tables.Events.Add(_events);
        var flags = (_deliveries.Length == 1 ? DeliveryFlags.Alone : DeliveryFlags.None) | (blocks > 0 ? DeliveryFlags.InBlocks : DeliveryFlags.None);
        List<DeliveryLease>? leases = null;
        for (var i = 0; i < _deliveries.Length; i++)
        {
            if (AddDelivery(tables, _deliveries[i], i == 0 ? Message.Id.Value : tables.Deliveries.NextFurtherId(), flags) is { } lease)
            {
                (leases ??= []).Add(lease);
            }
        }

        return leases is null ? [] : leases.ToArray();
    }

    private DeliveryLease? AddDelivery(QueueTables tables, NewDelivery delivery, long id, DeliveryFlags flags)
    {
        var destination = tables.Destinations.Get(delivery.Domain, delivery.NextHop);
        var received = Moment.Milliseconds(Message.ReceivedAt);
        var terms = Message.Lease is { } wanted && wanted.NextHops.Contains(delivery.NextHop) && !tables.Destinations.IsBackedOff(destination.NextHop, received) ? wanted : null;
        var row = new DeliveryRow
        {
            Id = id,
            Held = false,
            NextHop = destination.NextHop,
            Due = received,
            Received = received,
            Noticed = false,
            Message = Message.Id,
            Destination = destination.Id,
            Attempts = terms is null ? 0 : 1,
            Flags = flags,
            Owner = terms?.Owner,
            LeasedUntil = terms is null ? null : Moment.Milliseconds(terms.Until),
            Recipients = delivery.Recipients,
        };
        tables.Deliveries.Add(row);
        return terms is null ? null : new DeliveryLease
        {
            Delivery = id,
            Id = Message.Id,
            Until = Moment.Of(row.LeasedUntil!.Value),
            Domain = delivery.Domain,
            NextHop = delivery.NextHop,
            Attempt = 1,
            ReversePath = Message.ReversePath,
            Recipients = Array.ConvertAll(delivery.Recipients, r => r.ToLeased()),
            Size = Message.Size,
            ReceivedAt = Moment.Of(received),
            HasEightBit = Message.HasEightBit,
            NeedsSmtpUtf8 = Message.NeedsSmtpUtf8,
            Return = Message.Return,
            EnvelopeId = Message.EnvelopeId,
            MessageId = Message.MessageId,
        };
    }

    private static NewDelivery[] Group(IReadOnlyList<NewRecipient> recipients)
    {
        if (recipients.Count == 1)
        {
            return [new NewDelivery(recipients[0].Domain, recipients[0].NextHop, [Waiting(recipients[0], 0)])];
        }

        return recipients
            .Select((recipient, number) => (recipient.Domain, recipient.NextHop, Recipient: Waiting(recipient, number)))
            .GroupBy(r => (r.Domain, r.NextHop), r => r.Recipient)
            .Select(group => new NewDelivery(group.Key.Domain, group.Key.NextHop, [.. group]))
            .ToArray();
    }

    private static WaitingRecipient Waiting(NewRecipient recipient, int number) =>
        new(number, recipient.Address, recipient.Notify, recipient.OriginalRecipient, LastFailure: null);

    private sealed record NewDelivery(string Domain, string NextHop, WaitingRecipient[] Recipients);
}

/// <summary>A message that has its content with it, or its blocks in the file already.</summary>
internal sealed class EnqueueOperation(EncodedMessage message, ReadOnlyMemory<byte> content, int blocks) : WriteOperation<IReadOnlyList<DeliveryLease>>
{
    internal override int Weight => message.Weight + content.Length;

    protected override IReadOnlyList<DeliveryLease> Change(QueueTables tables) => message.AddTo(tables, content.Span, blocks);
}

/// <summary>A block of a message that is not there yet.</summary>
internal sealed class AddBlockOperation(QueueId message, int number, ReadOnlyMemory<byte> data) : WriteOperation<bool>
{
    internal override int Weight => data.Length;

    protected override bool Change(QueueTables tables)
    {
        if ((number == 0 && tables.Messages.Contains(message)) || !tables.Blocks.TryAdd(message, number, data.Span))
        {
            throw StoreFailures.Duplicate(message);
        }

        return true;
    }
}

/// <summary>Gives up what was written of a message that did not come to its end.</summary>
internal sealed class DiscardBlocksOperation(QueueId message) : WriteOperation<bool>
{
    protected override bool Change(QueueTables tables)
    {
        tables.Blocks.Discard(message);
        return true;
    }
}
