using SmtpTls.Queue;
using SmtpTls.Relay;

namespace SmtpTls.Tests.Support;

/// <summary>The way into a queue, with what stands at both ends of it.</summary>
internal sealed class IntakeBench : IEnqueueWatcher
{
    public IntakeBench(TimeProvider? clock = null, params string[] domains)
    {
        var (store, seen) = IntakeStore.Create();
        Seen = seen;
        Routes = new RouteTable([new SmtpRoute { Domains = domains.Length == 0 ? ["*"] : domains }]);
        Intake = new RelayIntake(store, Routes, new QueueIdSource(clock ?? TimeProvider.System, 1), "relay.test", this);
    }

    public IntakeStore Seen { get; }

    public RouteTable Routes { get; }

    public RelayIntake Intake { get; }

    /// <summary>What the watcher was told, in order.</summary>
    public List<string> Told { get; } = [];

    /// <summary>What it offers.</summary>
    public LeaseTerms? Offer { get; set; }

    public LeaseTerms? OfferLease(IReadOnlyList<string> nextHops)
    {
        Told.Add($"offer for {string.Join(' ', nextHops)}");
        return Offer;
    }

    public void Enqueued(NewMessage message, IReadOnlyList<DeliveryLease> leases) => Told.Add($"enqueued {message.Id}");

    public void NotEnqueued(LeaseTerms? lease) => Told.Add(lease is null ? "not enqueued" : $"not enqueued, {lease.Owner} free");
}
