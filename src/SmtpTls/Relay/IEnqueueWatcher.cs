using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>
/// Who delivers what is taken in. It may have a message's deliveries leased in the same commit that takes the message in,
/// so that the message goes straight to a free connection and the queue is written once less; and it is woken.
/// </summary>
/// <remarks>Called on the sessions' threads by many at once; must return at once and throw nothing.</remarks>
internal interface IEnqueueWatcher
{
    /// <summary>
    /// Asked before a message is stored. Whatever it keeps free for the message it keeps until <see cref="Enqueued"/> or
    /// <see cref="NotEnqueued"/>, one of which follows.
    /// </summary>
    /// <param name="nextHops">The next hops that the message goes to, each once.</param>
    /// <returns>The lease for those that it can serve at once; null where it can serve none.</returns>
    LeaseTerms? OfferLease(IReadOnlyList<string> nextHops);

    /// <summary>The message is in the queue, for good.</summary>
    /// <param name="message">The message, with the lease that was offered.</param>
    /// <param name="leases">The deliveries that were taken under that lease; the others are due.</param>
    void Enqueued(NewMessage message, IReadOnlyList<DeliveryLease> leases);

    /// <summary>The message could not be stored.</summary>
    /// <param name="lease">What was offered; is not needed.</param>
    void NotEnqueued(LeaseTerms? lease);
}
