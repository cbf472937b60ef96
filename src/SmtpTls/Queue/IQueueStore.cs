namespace SmtpTls.Queue;

/// <summary>
/// Where a relay keeps the messages that it has answered for, and what happened to them.
/// </summary>
/// <remarks>
/// <para>
/// The unit of work is a <i>delivery</i>: one message to those of its recipients who share a domain and with it a next
/// hop. A delivery is worked on under a <i>lease</i>: an owner and a time until which nobody else takes it. Where the
/// owner dies, the delivery becomes due again when its lease has run out. So several relays can share one store.
/// </para>
/// <para>
/// Every method that changes something returns only when the change would survive the loss of the process and of power.
/// A change that cannot be kept is an <see cref="SmtpException"/> with <see cref="FindingCode.QueueUnavailable"/>, and then
/// nothing of it was kept. All methods may be called at any time from any thread.
/// </para>
/// </remarks>
public interface IQueueStore : IAsyncDisposable
{
    /// <summary>Where the queue is, for messages: a path, or a database's name without secrets.</summary>
    string Location { get; }

    /// <summary>Takes a message in, with its tracking event, as one change.</summary>
    /// <param name="message">Envelope and facts. Its id must be new.</param>
    /// <param name="content">Header and body, read from where it stands to its end; at most a block of it is in memory at a time.</param>
    /// <param name="cancellationToken">Where it is cancelled in time nothing is kept.</param>
    /// <returns>The leases on its deliveries where <see cref="NewMessage.Lease"/> asked for them; else none.</returns>
    ValueTask<IReadOnlyList<DeliveryLease>> EnqueueAsync(NewMessage message, Stream content, CancellationToken cancellationToken);

    /// <summary>
    /// The next hops with a delivery that is due and not leased, and that are not backed off; the longest due first.
    /// </summary>
    /// <param name="now">What is due by then.</param>
    /// <param name="maximum">At most so many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<DueNextHop>> FindDueAsync(DateTimeOffset now, int maximum, CancellationToken cancellationToken);

    /// <summary>Takes deliveries under a lease and counts an attempt at each: that is on disk before a connection is opened.</summary>
    /// <param name="request">Which.</param>
    /// <param name="cancellationToken">Where it is cancelled in time nothing is taken.</param>
    ValueTask<IReadOnlyList<DeliveryLease>> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken);

    /// <summary>Keeps leases for longer. Those that somebody else took meanwhile, or whose message is gone, are left out of the answer.</summary>
    /// <param name="owner">Who holds them.</param>
    /// <param name="deliveries">Which.</param>
    /// <param name="until">The new end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that are still held.</returns>
    ValueTask<IReadOnlyList<long>> RenewAsync(string owner, IReadOnlyList<long> deliveries, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Gives leases back untried; the attempts that were counted for them are taken back, and they are due as before.</summary>
    /// <param name="owner">Who holds them.</param>
    /// <param name="deliveries">Which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask ReleaseAsync(string owner, IReadOnlyList<long> deliveries, CancellationToken cancellationToken);

    /// <summary>
    /// Records what an attempt came to, and queues the notifications that it led to, as one change. Recipients who are
    /// served or given up are gone from the queue, and a message goes with its last one.
    /// </summary>
    /// <param name="result">The outcome of a delivery.</param>
    /// <param name="cancellationToken">Not to be cancelled lightly: what is not recorded is done again.</param>
    /// <returns>
    /// False where the lease was lost or the message removed meanwhile: its tracking events are kept, because they tell
    /// what really happened, and nothing else is.
    /// </returns>
    ValueTask<bool> CompleteAsync(DeliveryResult result, CancellationToken cancellationToken);

    /// <summary>Records that a next hop itself failed, or works again. Until then <see cref="FindDueAsync"/> and <see cref="LeaseAsync"/> pass it over.</summary>
    /// <param name="nextHop">The next hop.</param>
    /// <param name="backoff">Until when and why; null: it works.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask SetBackoffAsync(string nextHop, NextHopBackoff? backoff, CancellationToken cancellationToken);

    /// <summary>Has every domain in the queue go to the next hop that the routes of today name. A relay calls it before it delivers anything.</summary>
    /// <param name="nextHopOf">A domain's next hop; null leaves it as it is.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    ValueTask RerouteAsync(Func<string, string?> nextHopOf, CancellationToken cancellationToken);

    /// <summary>A row a next hop with something waiting or backed off, by name.</summary>
    /// <param name="now">What is due by then counts as ready.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<NextHopQueue>> SummarizeAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Messages in the order of their ids, a page at a time.</summary>
    /// <param name="query">Which.</param>
    /// <param name="now">What is due by then counts as ready.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>At most <see cref="MessageQuery.PageSize"/> messages; fewer only where there are no more.</returns>
    ValueTask<IReadOnlyList<QueuedMessage>> FindMessagesAsync(MessageQuery query, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The bytes of a message, seekable, read from the store block by block; null where it is not in the queue (any longer).</summary>
    /// <param name="id">The message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<Stream?> OpenContentAsync(QueueId id, CancellationToken cancellationToken);

    /// <summary>Holds messages until they are resumed. A delivery under way comes to its end.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that are in the queue.</returns>
    ValueTask<IReadOnlyList<QueueId>> SuspendAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken);

    /// <summary>Lets suspended messages go on, due as they were before.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that are in the queue.</returns>
    ValueTask<IReadOnlyList<QueueId>> ResumeAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken);

    /// <summary>Makes messages due now, whatever their schedule says, and their next hops no longer backed off. Suspended ones stay so.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="now">The time that they are due from.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that are in the queue and not suspended.</returns>
    ValueTask<IReadOnlyList<QueueId>> RetryAsync(IReadOnlyList<QueueId> ids, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Takes messages out of the queue, with the tracking events and notifications given, as one change each.</summary>
    /// <param name="removals">Which, and what is said of it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that were in the queue.</returns>
    ValueTask<IReadOnlyList<QueueId>> RemoveAsync(IReadOnlyList<MessageRemoval> removals, CancellationToken cancellationToken);

    /// <summary>Entries of the tracking log in the order of their time, a page at a time.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<TrackingPage> FindEventsAsync(TrackingQuery query, CancellationToken cancellationToken);

    /// <summary>Drops entries of the tracking log that are older, in small steps that hold nobody up.</summary>
    /// <param name="before">The time before which they go.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    ValueTask PurgeEventsAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
