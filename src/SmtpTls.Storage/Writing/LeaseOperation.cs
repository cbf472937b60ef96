using SmtpTls.Queue;
using SmtpTls.Storage.Records;

namespace SmtpTls.Storage.Writing;

/// <summary>Takes what is due.</summary>
internal sealed class LeaseOperation(LeaseRequest request) : WriteOperation<IReadOnlyList<DeliveryLease>>
{
    private readonly long _now = Moment.Milliseconds(request.Now);

    protected override IReadOnlyList<DeliveryLease> Change(QueueTables tables)
    {
        var taker = new LeaseTaker(tables, request);
        if (request.NextHop is { } nextHop)
        {
            if (tables.Destinations.FindNextHop(nextHop) is { } id && !tables.Destinations.IsBackedOff(id, _now))
            {
                taker.Take(tables.Due.Deliveries(id, _now, request.Maximum));
            }
        }
        else
        {
            foreach (var due in tables.Due.NextHops(_now).Due)
            {
                taker.Take(tables.Due.Deliveries(due.Id, _now, request.Maximum - taker.Count));
                if (taker.Count >= request.Maximum)
                {
                    break;
                }
            }
        }

        return taker.Leases;
    }
}

/// <summary>Takes what has grown old. Which that may be was looked up without holding the writer up; whether it still is, is looked up here.</summary>
internal sealed class LeaseAgedOperation(LeaseRequest request, IReadOnlyList<long> candidates) : WriteOperation<IReadOnlyList<DeliveryLease>>
{
    protected override IReadOnlyList<DeliveryLease> Change(QueueTables tables)
    {
        var now = Moment.Milliseconds(request.Now);
        var before = Moment.MillisecondsUp(request.ReceivedBefore!.Value);
        var nextHop = request.NextHop is null ? null : tables.Destinations.FindNextHop(request.NextHop);
        var taker = new LeaseTaker(tables, request);
        foreach (var candidate in candidates)
        {
            var row = tables.Deliveries.Find(candidate);
            if (row is not null
                && row.IsFree(now)
                && row.Received < before
                && !(request.WithoutDelayNotice && row.Noticed)
                && (request.NextHop is null || row.NextHop == nextHop))
            {
                taker.Take(row);
            }
        }

        return taker.Leases;
    }
}

/// <summary>Turns rows into leases.</summary>
internal sealed class LeaseTaker(QueueTables tables, LeaseRequest request)
{
    private readonly List<DeliveryLease> _leases = [];
    private readonly long _until = Moment.Milliseconds(request.Until);

    internal int Count => _leases.Count;

    internal IReadOnlyList<DeliveryLease> Leases => _leases.ToArray();

    internal void Take(IReadOnlyList<long> deliveries)
    {
        foreach (var delivery in deliveries)
        {
            Take(tables.Deliveries.Find(delivery) ?? throw RecordReader.Damaged());
        }
    }

    internal void Take(DeliveryRow row)
    {
        tables.Deliveries.Lease(row, request.Owner, _until);
        var facts = tables.Messages.Facts(row.Message);
        _leases.Add(new DeliveryLease
        {
            Delivery = row.Id,
            Id = row.Message,
            Until = Moment.Of(_until),
            Domain = tables.Destinations.Domain(row.Destination),
            NextHop = tables.Destinations.NextHop(row.NextHop),
            Attempt = row.Attempts + 1,
            DelayNotified = row.Noticed,
            ReversePath = facts.ReversePath,
            Recipients = Array.ConvertAll(row.Recipients, r => r.ToLeased()),
            Size = facts.Size,
            ReceivedAt = facts.ReceivedAt,
            HasEightBit = facts.HasEightBit,
            NeedsSmtpUtf8 = facts.NeedsSmtpUtf8,
            Return = facts.Return,
            EnvelopeId = facts.EnvelopeId,
            MessageId = facts.MessageId,
        });
    }
}

/// <summary>Keeps leases for longer.</summary>
internal sealed class RenewOperation(string owner, IReadOnlyList<long> deliveries, DateTimeOffset until) : WriteOperation<IReadOnlyList<long>>
{
    protected override IReadOnlyList<long> Change(QueueTables tables)
    {
        var held = new List<long>(deliveries.Count);
        foreach (var delivery in deliveries)
        {
            if (tables.Deliveries.Find(delivery) is { } row && row.IsLeasedBy(owner))
            {
                tables.Deliveries.Renew(row, Moment.Milliseconds(until));
                held.Add(delivery);
            }
        }

        return held.ToArray();
    }
}

/// <summary>Gives leases back.</summary>
internal sealed class ReleaseOperation(string owner, IReadOnlyList<long> deliveries) : WriteOperation<bool>
{
    protected override bool Change(QueueTables tables)
    {
        foreach (var delivery in deliveries)
        {
            if (tables.Deliveries.Find(delivery) is { } row && row.IsLeasedBy(owner))
            {
                tables.Deliveries.Release(row);
            }
        }

        return true;
    }
}
