using SmtpTls.Queue;

#pragma warning disable CA1068 // What is done under the lock stands last, to be read as a block.

namespace SmtpTls.Tests.Support;

/// <summary>
/// A queue in memory with the semantics that <see cref="IQueueStore"/> promises, durability apart. Changes are made under one lock, whole
/// or not at all. A test can make it fail (<see cref="Fault"/>).
/// </summary>
internal sealed class MemoryQueueStore : IQueueStore
{
    private readonly object _gate = new();
    private readonly SortedDictionary<long, StoredMessage> _messages = [];
    private readonly Dictionary<long, StoredDelivery> _deliveries = [];
    private readonly Dictionary<string, NextHopBackoff> _backoffs = new(StringComparer.Ordinal);
    private readonly List<TrackingEvent> _events = [];
    private readonly List<string> _calls = [];
    private readonly List<(NewMessage Message, string Content)> _notifications = [];
    private readonly List<(Func<bool> Holds, TaskCompletionSource Reached)> _awaited = [];
    private long _lastDelivery;

    public string Location { get; init; } = "memory";

    /// <summary>Asked before each call, by the method's name; what it returns is thrown. Null: nothing fails.</summary>
    public Func<string, Exception?>? Fault { get; set; }

    /// <summary>How often it was closed.</summary>
    public int Disposals { get; private set; }

    /// <summary>The names of the methods that were called, in order.</summary>
    public IReadOnlyList<string> Calls => Locked(nameof(Calls), () => _calls.ToArray());

    /// <summary>The whole tracking log.</summary>
    public IReadOnlyList<TrackingEvent> Events => Locked(nameof(Events), () => _events.ToArray());

    /// <summary>The back-offs that are set.</summary>
    public IReadOnlyDictionary<string, NextHopBackoff> Backoffs => Locked(nameof(Backoffs), () => new Dictionary<string, NextHopBackoff>(_backoffs, StringComparer.Ordinal));

    /// <summary>Messages in the queue.</summary>
    public int Count => Locked(nameof(Count), () => _messages.Count);

    /// <summary>Completes once this holds, looked at now and after each call.</summary>
    public Task UntilAsync(Func<MemoryQueueStore, bool> holds)
    {
        lock (_gate)
        {
            if (holds(this))
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((() => holds(this), reached));
            return reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The first message in the queue, as an administrator sees it.</summary>
    public QueuedMessage? First(DateTimeOffset now) => Locked(nameof(First), () => _messages.Values.FirstOrDefault()?.ToRecord(d => StateOf(d, now)));

    /// <summary>Envelope and content of the messages that the relay itself wrote.</summary>
    public IReadOnlyList<(NewMessage Message, string Content)> Notifications => Locked(nameof(Notifications), () => _notifications.ToArray());

    /// <summary>A failure as a real store throws it.</summary>
    public static SmtpException Unavailable() => new(new SmtpFailure
    {
        Code = FindingCode.QueueUnavailable,
        Message = "The queue 'memory' cannot be written: no space left.",
        Advice = "Make space.",
    });

    public async ValueTask<IReadOnlyList<DeliveryLease>> EnqueueAsync(NewMessage message, Stream content, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return Locked(nameof(EnqueueAsync), () =>
        {
            if (_messages.ContainsKey(message.Id.Value))
            {
                throw Unavailable();
            }

            var stored = Add(message, copy.ToArray());
            return message.Lease is not { } terms
                ? []
                : stored.Deliveries
                    .Where(d => terms.NextHops.Contains(d.NextHop) && !_backoffs.ContainsKey(d.NextHop))
                    .Select(d => d.Take(terms.Owner, terms.Until)).ToArray();
        });
    }

    public ValueTask<IReadOnlyList<DueNextHop>> FindDueAsync(DateTimeOffset now, int maximum, CancellationToken cancellationToken) => Answer(nameof(FindDueAsync), cancellationToken, () =>
        _deliveries.Values.Where(d => d.IsReady(now) && !BackedOff(d.NextHop, now))
            .GroupBy(d => d.NextHop, StringComparer.Ordinal)
            .Select(g => new DueNextHop(g.Key, g.Min(d => d.DueAt)))
            .OrderBy(d => d.DueAt).Take(maximum).ToArray());

    public ValueTask<IReadOnlyList<DeliveryLease>> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken) => Answer(nameof(LeaseAsync), cancellationToken, () =>
        _deliveries.Values
            .Where(d => request.NextHop is null || d.NextHop == request.NextHop)
            .Where(d => request.ReceivedBefore is { } before
                ? d.IsFree(request.Now) && d.Message.New.ReceivedAt < before && !(request.WithoutDelayNotice && d.DelayNotified)
                : d.IsReady(request.Now) && !BackedOff(d.NextHop, request.Now))
            .OrderBy(d => d.DueAt).ThenBy(d => d.Number)
            .Take(request.Maximum)
            .Select(d => d.Take(request.Owner, request.Until)).ToArray());

    public ValueTask<IReadOnlyList<long>> RenewAsync(string owner, IReadOnlyList<long> deliveries, DateTimeOffset until, CancellationToken cancellationToken) => Answer(nameof(RenewAsync), cancellationToken, () =>
    {
        var held = deliveries.Where(number => _deliveries.TryGetValue(number, out var delivery) && delivery.Owner == owner).ToArray();
        foreach (var number in held)
        {
            _deliveries[number].Until = until;
        }

        return held;
    });

    public ValueTask ReleaseAsync(string owner, IReadOnlyList<long> deliveries, CancellationToken cancellationToken) => Do(nameof(ReleaseAsync), cancellationToken, () =>
    {
        foreach (var number in deliveries)
        {
            if (_deliveries.TryGetValue(number, out var delivery) && delivery.Owner == owner)
            {
                delivery.Attempts--;
                delivery.Free();
            }
        }
    });

    public ValueTask<bool> CompleteAsync(DeliveryResult result, CancellationToken cancellationToken) => Answer(nameof(CompleteAsync), cancellationToken, () =>
    {
        _events.AddRange(result.Events);
        if (!_deliveries.TryGetValue(result.Delivery, out var delivery) || delivery.Owner != result.Owner)
        {
            return false;
        }

        delivery.Waiting.RemoveAll(r => result.Done.Contains(r.Number));
        foreach (var deferred in result.Deferred)
        {
            delivery.Failures[deferred.Number] = deferred.Failure;
        }

        delivery.Attempts -= result.Untried ? 1 : 0;
        delivery.DelayNotified |= result.DelayNotified;
        delivery.Free();
        if (delivery.Waiting.Count == 0)
        {
            Drop(delivery);
        }
        else
        {
            delivery.DueAt = result.NextAttemptAt ?? throw new InvalidOperationException("Recipients wait on, and nothing says until when.");
        }

        AddNotifications(result.Notifications);
        return true;
    });

    public ValueTask SetBackoffAsync(string nextHop, NextHopBackoff? backoff, CancellationToken cancellationToken) => Do(nameof(SetBackoffAsync), cancellationToken, () =>
    {
        if (backoff is null)
        {
            _ = _backoffs.Remove(nextHop);
        }
        else
        {
            _backoffs[nextHop] = backoff;
        }
    });

    public ValueTask RerouteAsync(Func<string, string?> nextHopOf, CancellationToken cancellationToken) => Do(nameof(RerouteAsync), cancellationToken, () =>
    {
        foreach (var delivery in _deliveries.Values)
        {
            delivery.NextHop = nextHopOf(delivery.Domain) ?? delivery.NextHop;
        }
    });

    public ValueTask<IReadOnlyList<NextHopQueue>> SummarizeAsync(DateTimeOffset now, CancellationToken cancellationToken) => Answer(nameof(SummarizeAsync), cancellationToken, () =>
        _deliveries.Values.Select(d => d.NextHop).Concat(_backoffs.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(hop => Summarize(hop, now)).ToArray());

    public ValueTask<IReadOnlyList<QueuedMessage>> FindMessagesAsync(MessageQuery query, DateTimeOffset now, CancellationToken cancellationToken) => Answer(nameof(FindMessagesAsync), cancellationToken, () =>
        _messages.Values
            .Where(m => query.After is not { } after || m.New.Id > after)
            .Where(m => query.Ids.Count == 0 || query.Ids.Contains(m.New.Id))
            .Where(m => query.Sender is null || Wildcard.Matches(query.Sender, m.New.ReversePath))
            .Where(m => query.ReceivedBefore is not { } before || m.New.ReceivedAt < before)
            .Where(m => query.ReceivedSince is not { } since || m.New.ReceivedAt >= since)
            .Select(m => m.ToRecord(d => StateOf(d, now)))
            .Where(m => query.State is null || m.State == query.State)
            .Where(m => query.Recipient is null || m.Recipients.Any(r => Wildcard.Matches(query.Recipient, r.Recipient)))
            .Where(m => query.NextHop is null || m.Recipients.Any(r => Wildcard.Matches(query.NextHop, r.NextHop)))
            .Take(query.PageSize).ToArray());

    public ValueTask<Stream?> OpenContentAsync(QueueId id, CancellationToken cancellationToken) => Answer<Stream?>(nameof(OpenContentAsync), cancellationToken, () =>
        _messages.TryGetValue(id.Value, out var message) ? new MemoryStream(message.Content, writable: false) : null);

    public ValueTask<IReadOnlyList<QueueId>> SuspendAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken) => Answer(nameof(SuspendAsync), cancellationToken, () =>
        Known(ids, message => message.Suspended = true));

    public ValueTask<IReadOnlyList<QueueId>> ResumeAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken) => Answer(nameof(ResumeAsync), cancellationToken, () =>
        Known(ids, message => message.Suspended = false));

    public ValueTask<IReadOnlyList<QueueId>> RetryAsync(IReadOnlyList<QueueId> ids, DateTimeOffset now, CancellationToken cancellationToken) => Answer(nameof(RetryAsync), cancellationToken, () =>
        Known([.. ids.Where(id => _messages.TryGetValue(id.Value, out var message) && !message.Suspended)], message =>
        {
            foreach (var delivery in message.Deliveries)
            {
                delivery.DueAt = now;
                _ = _backoffs.Remove(delivery.NextHop);
            }
        }));

    public ValueTask<IReadOnlyList<QueueId>> RemoveAsync(IReadOnlyList<MessageRemoval> removals, CancellationToken cancellationToken) => Answer(nameof(RemoveAsync), cancellationToken, () =>
    {
        var removed = new List<QueueId>();
        foreach (var removal in removals.Where(r => _messages.ContainsKey(r.Id.Value)))
        {
            _messages[removal.Id.Value].Deliveries.ToList().ForEach(Drop);
            _events.AddRange(removal.Events);
            AddNotifications(removal.Notifications);
            removed.Add(removal.Id);
        }

        return (IReadOnlyList<QueueId>)removed.ToArray();
    });

    public ValueTask<TrackingPage> FindEventsAsync(TrackingQuery query, CancellationToken cancellationToken) => Answer(nameof(FindEventsAsync), cancellationToken, () =>
    {
        var from = query.Continuation is null ? 0 : int.Parse(query.Continuation, System.Globalization.CultureInfo.InvariantCulture);
        var all = _events.OrderBy(e => e.Time).Where(e => Matches(query, e)).ToArray();
        var next = Math.Min(all.Length, from + query.PageSize);
        return new TrackingPage(all[Math.Min(from, all.Length)..next], next < all.Length ? next.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
    });

    public ValueTask PurgeEventsAsync(DateTimeOffset before, CancellationToken cancellationToken) => Do(nameof(PurgeEventsAsync), cancellationToken, () =>
        _ = _events.RemoveAll(e => e.Time < before));

    public ValueTask DisposeAsync()
    {
        Disposals++;
        return ValueTask.CompletedTask;
    }

    private static bool Matches(TrackingQuery query, TrackingEvent entry) =>
        (query.Id is null || entry.Id == query.Id)
        && (query.MessageId is null || (entry.MessageId is { } id && string.Equals(id.Trim('<', '>'), query.MessageId.Trim('<', '>'), StringComparison.Ordinal)))
        && (query.Kinds.Count == 0 || query.Kinds.Contains(entry.Kind))
        && (query.Sender is null || Wildcard.Matches(query.Sender, entry.From))
        && (query.Recipient is null || entry.Recipients.Any(r => Wildcard.Matches(query.Recipient, r)))
        && (query.NextHop is null || (entry.NextHop is { } hop && Wildcard.Matches(query.NextHop, hop)))
        && (query.Since is not { } since || entry.Time >= since)
        && (query.Until is not { } until || entry.Time < until);

    private StoredMessage Add(NewMessage message, byte[] content)
    {
        var stored = new StoredMessage(message, content);
        foreach (var group in message.Recipients.Select((r, number) => (r, number)).GroupBy(r => r.r.Domain, StringComparer.Ordinal))
        {
            var waiting = group.Select(r => new LeasedRecipient(r.number, r.r.Address, r.r.Notify, r.r.OriginalRecipient)).ToList();
            var delivery = new StoredDelivery(++_lastDelivery, stored, group.Key, group.First().r.NextHop, waiting) { DueAt = message.ReceivedAt };
            stored.Deliveries.Add(delivery);
            _deliveries.Add(delivery.Number, delivery);
        }

        _messages.Add(message.Id.Value, stored);
        _events.AddRange(message.Events);
        return stored;
    }

    private void AddNotifications(IReadOnlyList<Notification> notifications)
    {
        foreach (var notification in notifications)
        {
            _ = Add(notification.Message, notification.Content.ToArray());
            _notifications.Add((notification.Message, System.Text.Encoding.UTF8.GetString(notification.Content.Span)));
        }
    }

    private void Drop(StoredDelivery delivery)
    {
        _ = _deliveries.Remove(delivery.Number);
        _ = delivery.Message.Deliveries.Remove(delivery);
        if (delivery.Message.Deliveries.Count == 0)
        {
            _ = _messages.Remove(delivery.Message.New.Id.Value);
        }
    }

    private bool BackedOff(string nextHop, DateTimeOffset now) => _backoffs.TryGetValue(nextHop, out var backoff) && backoff.Until > now;

    private QueueState StateOf(StoredDelivery delivery, DateTimeOffset now) =>
        delivery.Message.Suspended ? QueueState.Suspended
        : delivery.Owner is not null && delivery.Until > now ? QueueState.Active
        : delivery.DueAt <= now && !BackedOff(delivery.NextHop, now) ? QueueState.Ready
        : QueueState.Deferred;

    private NextHopQueue Summarize(string hop, DateTimeOffset now)
    {
        var all = _deliveries.Values.Where(d => d.NextHop == hop).ToArray();
        var backoff = _backoffs.GetValueOrDefault(hop);
        var waiting = all.Where(d => StateOf(d, now) == QueueState.Deferred).Select(d => (DateTimeOffset?)d.DueAt).Min();
        return new NextHopQueue
        {
            NextHop = hop,
            Ready = all.Count(d => StateOf(d, now) == QueueState.Ready),
            Active = all.Count(d => StateOf(d, now) == QueueState.Active),
            Deferred = all.Count(d => StateOf(d, now) == QueueState.Deferred),
            Suspended = all.Count(d => StateOf(d, now) == QueueState.Suspended),
            Oldest = all.Select(d => (DateTimeOffset?)d.Message.New.ReceivedAt).Min(),
            NextAttemptAt = backoff is not null && !(waiting > backoff.Until) ? backoff.Until : waiting,
            Failures = backoff?.Failures ?? 0,
            LastFailure = backoff?.LastFailure,
        };
    }

    private QueueId[] Known(IReadOnlyList<QueueId> ids, Action<StoredMessage> change)
    {
        var known = ids.Where(id => _messages.ContainsKey(id.Value)).ToArray();
        foreach (var id in known)
        {
            change(_messages[id.Value]);
        }

        return known;
    }

    private ValueTask<T> Answer<T>(string name, CancellationToken cancellationToken, Func<T> work)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Locked(name, work));
    }

    private ValueTask<IReadOnlyList<T>> Answer<T>(string name, CancellationToken cancellationToken, Func<T[]> work)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<T>>(Locked(name, work));
    }

    private ValueTask Do(string name, CancellationToken cancellationToken, Action work)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = Locked(name, () =>
        {
            work();
            return 0;
        });
        return ValueTask.CompletedTask;
    }

    private T Locked<T>(string name, Func<T> work)
    {
        lock (_gate)
        {
            if (name.EndsWith("Async", StringComparison.Ordinal))
            {
                _calls.Add(name);
                if (Fault?.Invoke(name) is { } fault)
                {
                    throw fault;
                }
            }

            var result = work();
            if (name.EndsWith("Async", StringComparison.Ordinal))
            {
                foreach (var (_, reached) in _awaited.FindAll(a => a.Holds()))
                {
                    reached.TrySetResult();
                }

                _ = _awaited.RemoveAll(a => a.Reached.Task.IsCompleted);
            }

            return result;
        }
    }

    private sealed class StoredMessage(NewMessage message, byte[] content)
    {
        public NewMessage New { get; } = message;

        public byte[] Content { get; } = content;

        public bool Suspended { get; set; }

        public List<StoredDelivery> Deliveries { get; } = [];

        public QueuedMessage ToRecord(Func<StoredDelivery, QueueState> stateOf)
        {
            var recipients = Deliveries.SelectMany(d => d.Waiting.Select(r => (Number: r.Number, Record: d.ToRecord(r, stateOf(d)))))
                .OrderBy(r => r.Number).Select(r => r.Record).ToArray();
            var states = recipients.Select(r => r.State).ToArray();
            return new QueuedMessage
            {
                Id = New.Id,
                State = Suspended ? QueueState.Suspended
                    : states.Contains(QueueState.Active) ? QueueState.Active
                    : states.Contains(QueueState.Ready) ? QueueState.Ready : QueueState.Deferred,
                From = New.ReversePath,
                Recipients = recipients,
                Size = New.Size,
                ReceivedAt = New.ReceivedAt,
                NextAttemptAt = recipients.Select(r => r.NextAttemptAt).Min(),
                Attempts = recipients.Max(r => r.Attempts),
                LastFailure = recipients.Select(r => r.LastFailure).LastOrDefault(f => f is not null),
                Subject = New.Subject,
                MessageId = New.MessageId,
                Origin = New.Origin,
                EnvelopeId = New.EnvelopeId,
                Return = New.Return,
                HasEightBit = New.HasEightBit,
                NeedsSmtpUtf8 = New.NeedsSmtpUtf8,
            };
        }
    }

    private sealed class StoredDelivery(long number, StoredMessage message, string domain, string nextHop, List<LeasedRecipient> waiting)
    {
        public long Number { get; } = number;

        public StoredMessage Message { get; } = message;

        public string Domain { get; } = domain;

        public string NextHop { get; set; } = nextHop;

        public List<LeasedRecipient> Waiting { get; } = waiting;

        public Dictionary<int, string> Failures { get; } = [];

        public DateTimeOffset DueAt { get; set; }

        public int Attempts { get; set; }

        public bool DelayNotified { get; set; }

        public string? Owner { get; private set; }

        public DateTimeOffset Until { get; set; }

        public bool IsFree(DateTimeOffset now) => !Message.Suspended && (Owner is null || Until <= now);

        public bool IsReady(DateTimeOffset now) => IsFree(now) && DueAt <= now;

        public void Free() => Owner = null;

        public DeliveryLease Take(string owner, DateTimeOffset until)
        {
            Owner = owner;
            Until = until;
            Attempts++;
            return new DeliveryLease
            {
                Delivery = Number,
                Id = Message.New.Id,
                Until = until,
                Domain = Domain,
                NextHop = NextHop,
                Attempt = Attempts,
                DelayNotified = DelayNotified,
                ReversePath = Message.New.ReversePath,
                Recipients = Waiting.ToArray(),
                Size = Message.New.Size,
                ReceivedAt = Message.New.ReceivedAt,
                HasEightBit = Message.New.HasEightBit,
                NeedsSmtpUtf8 = Message.New.NeedsSmtpUtf8,
                Return = Message.New.Return,
                EnvelopeId = Message.New.EnvelopeId,
                MessageId = Message.New.MessageId,
            };
        }

        public QueuedRecipient ToRecord(LeasedRecipient recipient, QueueState state) => new()
        {
            Recipient = recipient.Address,
            NextHop = NextHop,
            State = state,
            Attempts = Attempts,
            NextAttemptAt = state is QueueState.Active or QueueState.Suspended ? null : DueAt,
            LastFailure = Failures.GetValueOrDefault(recipient.Number),
            Notify = recipient.Notify,
            OriginalRecipient = recipient.OriginalRecipient,
        };
    }
}
