using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>Nobody in this process delivers: the relay that runs the queue finds what is taken in by itself.</summary>
internal sealed class NoWatcher : IEnqueueWatcher
{
    public LeaseTerms? OfferLease(IReadOnlyList<string> nextHops) => null;

    public void Enqueued(NewMessage message, IReadOnlyList<DeliveryLease> leases)
    {
        // Nothing was offered, and nobody waits.
    }

    public void NotEnqueued(LeaseTerms? lease)
    {
        // Nothing was kept free.
    }
}
