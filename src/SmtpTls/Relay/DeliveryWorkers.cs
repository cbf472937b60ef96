using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>
/// Makes the deliveries whose turn it is, as many at a time as the bounds allow, and has their results recorded while the next ones are
/// under way.
/// </summary>
internal sealed class DeliveryWorkers
{
    private readonly RunnerParts _parts;
    private readonly DeliveryLanes _lanes;
    private readonly ResultComposer _composer;
    private readonly ResultRecorder _recorder;
    private readonly Action<DateTimeOffset?> _wake;
    private readonly PendingWork _pending;

    /// <param name="parts">The relay's parts.</param>
    /// <param name="lanes">Whose turn it is.</param>
    /// <param name="recorder">Records results.</param>
    /// <param name="pending">Counts what has to come to its end before a stop.</param>
    /// <param name="wake">Told that there is something to look for in the queue: now (null), or at a time.</param>
    public DeliveryWorkers(RunnerParts parts, DeliveryLanes lanes, ResultRecorder recorder, PendingWork pending, Action<DateTimeOffset?> wake)
    {
        _parts = parts;
        _lanes = lanes;
        _recorder = recorder;
        _pending = pending;
        _wake = wake;
        _composer = new ResultComposer(parts.Owner, parts.Retry, parts.Notifier, parts.Clock, parts.Random);
    }

    private DateTimeOffset Now => _parts.Clock.GetUtcNow();

    /// <summary>Begins what may begin.</summary>
    public void Begin()
    {
        while (TryTake(out var held))
        {
            var first = held;
            _pending.Run(() => WorkAsync(first));
        }
    }

    /// <summary>Puts leased deliveries in line; what cannot be taken any more goes back to the queue.</summary>
    public void Add(IReadOnlyList<DeliveryLease> leases)
    {
        var refused = _lanes.Add(leases, Now);
        if (refused.Count > 0)
        {
            var back = refused.Select(lease => lease.Delivery).ToArray();
            _pending.Run(() => ReleaseAsync(back));
        }

        Begin();
    }

    /// <summary>Gives leases back.</summary>
    public async Task ReleaseAsync(IReadOnlyList<HeldDelivery> held)
    {
        if (held.Count > 0)
        {
            await ReleaseAsync(held.Where(one => !one.Lost).Select(one => one.Lease.Delivery).ToArray()).ConfigureAwait(false);
            foreach (var one in held)
            {
                _lanes.Drop(one);
            }
        }
    }

    /// <summary>Deals with a delivery that grew old while its next hop is left alone, without trying it.</summary>
    public async Task AnswerAgedAsync(DeliveryLease lease, string hopFailure, CancellationToken cancellationToken)
    {
        var messages = await _parts.Store.FindMessagesAsync(new MessageQuery { Ids = [lease.Id], PageSize = 1 }, Now, cancellationToken).ConfigureAwait(false);
        var known = messages.Count == 0 ? null : messages[0].Recipients.ToLookup(r => r.Recipient, r => r.LastFailure, StringComparer.Ordinal);
        var failures = lease.Recipients.ToDictionary(r => r.Number, r => known?[r.Address].FirstOrDefault() ?? hopFailure);
        var result = await _composer.ComposeAgedAsync(lease, failures, cancellationToken).ConfigureAwait(false);
        await _recorder.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (await _recorder.RecordAsync(result).ConfigureAwait(false))
        {
            foreach (var entry in result.Events)
            {
                _parts.Observer.Count(entry, lease);
            }
        }

        WakeAfter(result);
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HeldDelivery? held)
    {
        var taken = _lanes.TryTake(out held, out var refill);
        if (refill)
        {
            _wake(null);
        }

        return taken;
    }

    private async Task WorkAsync(HeldDelivery first)
    {
        for (HeldDelivery? held = first; held is not null; _ = TryTake(out held))
        {
            await DeliverAsync(held).ConfigureAwait(false);
        }
    }

    private async Task DeliverAsync(HeldDelivery held)
    {
        var entered = false;
        try
        {
            // Before it begins: what is delivered must find room to be remembered.
            await _recorder.EnterAsync(held.Aborted).ConfigureAwait(false);
            entered = true;
            held.Aborted.ThrowIfCancellationRequested();
            var level = _parts.Routes.Find(held.Lease.Domain)?.TlsLevel ?? TlsLevel.None;
            var activity = _parts.Observer.StartAttempt(held.Lease);
            var report = await AttemptAsync(held).ConfigureAwait(false);
            JudgeNextHop(held, report);
            End(held);
            _pending.Add(RecordAsync(held, report, level, activity));
        }
        catch (OperationCanceledException)
        {
            End(held);
            if (entered)
            {
                _recorder.Leave();
            }

            await ReleaseAsync([held]).ConfigureAwait(false);
        }
    }

    private void End(HeldDelivery held)
    {
        if (_lanes.End(held))
        {
            _wake(null);
        }
    }

    private async Task<DeliveryReport> AttemptAsync(HeldDelivery held)
    {
        var lease = held.Lease;
        if (_parts.Routes.Find(lease.Domain) is not { } route)
        {
            return AllDeferred(lease, new SmtpFailure
            {
                Code = FindingCode.NoRoute,
                Message = $"No route leads to {lease.Domain} any more.",
                Advice = "Start the relay with a route for it.",
                Reply = new SmtpReply(451, new EnhancedStatusCode(4, 4, 4), [$"No route leads to {lease.Domain}"]),
            });
        }

        try
        {
            return await _parts.Agent.DeliverAsync(new DeliveryJob(lease, route, token => OpenAsync(lease.Id, token)), held.Aborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (held.Aborted.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // A fault of ours must neither lose the message nor end the relay.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var failure = new SmtpFailure
            {
                Code = FindingCode.OutcomeUnknown,
                Message = $"The delivery of {lease.Id} to {lease.NextHop} met a fault of this relay: {e.Message}",
                Advice = "It is tried again. Report the fault with the log.",
                Cause = e.ToString(),
            };
            _parts.Observer.Report(new RelayEvent(Now, RelayEventKind.Fault, failure.Message) { Id = lease.Id, NextHop = lease.NextHop, Severity = FindingSeverity.Error, Code = failure.Code }, failure);
            return AllDeferred(lease, failure) with { MayHaveBeenDelivered = true };
        }
    }

    private async ValueTask<Stream> OpenAsync(QueueId id, CancellationToken cancellationToken) =>
        await _parts.Store.OpenContentAsync(id, cancellationToken).ConfigureAwait(false)
        ?? throw new SmtpException(new SmtpFailure
        {
            Code = FindingCode.QueueMessageNotFound,
            Message = $"The message {id} was removed from the queue while it was to be delivered.",
        });

    private static DeliveryReport AllDeferred(DeliveryLease lease, SmtpFailure failure) => new()
    {
        Recipients = lease.Recipients.Select(r => new RecipientOutcome(r, RecipientFate.Deferred, failure.Reply, failure)).ToArray(),
    };

    private void JudgeNextHop(HeldDelivery held, DeliveryReport report)
    {
        var nextHop = held.Lease.NextHop;
        if (report.NextHopFailure is { } failure)
        {
            double random;
            lock (_parts.Random)
            {
                random = _parts.Random.NextDouble();
            }

            var now = Now;
            if (_lanes.Fail(held, AttemptTracking.Sentence(failure), now, random, out var released) is { } backoff)
            {
                _parts.Observer.Report(
                    new RelayEvent(now, RelayEventKind.NextHopFailed, $"{nextHop} is left alone until {backoff.Until:O} ({backoff.Failures} failures in a row): {backoff.LastFailure}")
                    {
                        NextHop = nextHop,
                        Severity = FindingSeverity.Warning,
                        Code = failure.Code,
                        EndPoint = report.EndPoint,
                    },
                    failure);
                _pending.Run(() => BackOffAsync(held.Lane, backoff, released));
            }
        }
        else if (!report.Untried && _lanes.Succeed(held))
        {
            _parts.Observer.Report(new RelayEvent(Now, RelayEventKind.NextHopRecovered, $"{nextHop} works again.") { NextHop = nextHop });
            _pending.Run(() => BackOffAsync(held.Lane, null, []));
        }
    }

    // The back-off first: what is given back must not be taken again before.
    private async Task BackOffAsync(NextHopLane lane, NextHopBackoff? backoff, IReadOnlyList<HeldDelivery> released)
    {
        await TryStoreAsync($"The state of {lane.NextHop} cannot be recorded", () => _parts.Store.SetBackoffAsync(lane.NextHop, backoff, CancellationToken.None)).ConfigureAwait(false);
        _lanes.StateStored(lane);
        await ReleaseAsync(released).ConfigureAwait(false);
        _wake(backoff?.Until);
    }

    private Task ReleaseAsync(long[] deliveries) => deliveries.Length == 0
        ? Task.CompletedTask
        : TryStoreAsync("Leases cannot be given back; they run out by themselves", () => _parts.Store.ReleaseAsync(_parts.Owner, deliveries, CancellationToken.None));

    private async Task TryStoreAsync(string what, Func<ValueTask> change)
    {
        try
        {
            await change().ConfigureAwait(false);
        }
        catch (SmtpException e)
        {
            _parts.Observer.Report(new RelayEvent(Now, RelayEventKind.QueueFailed, $"{what}: {e.Message}") { Severity = FindingSeverity.Warning, Code = e.Failure.Code }, e.Failure);
        }
    }

    private async Task RecordAsync(HeldDelivery held, DeliveryReport report, TlsLevel level, System.Diagnostics.Activity? activity)
    {
        var result = report.Untried
            ? _composer.Postponed(held.Lease, _parts.Limits.UntriedPause)
            : await ComposeAsync(held.Lease, report, level).ConfigureAwait(false);
        _parts.Observer.Attempted(held.Lease, report, result, activity);
        activity?.Dispose();
        _ = await _recorder.RecordAsync(result).ConfigureAwait(false);
        _lanes.Drop(held);
        WakeAfter(result);
    }

    private async ValueTask<DeliveryResult> ComposeAsync(DeliveryLease lease, DeliveryReport report, TlsLevel level)
    {
        try
        {
            return await _composer.ComposeAsync(lease, report, level, CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A report that cannot be written must not have a message delivered again and again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _parts.Observer.Report(new RelayEvent(Now, RelayEventKind.Fault, $"The report about {lease.Id} could not be written: {e}") { Id = lease.Id, Severity = FindingSeverity.Error });
            return _composer.ComposeWithoutReports(lease, report, level);
        }
    }

    private void WakeAfter(DeliveryResult result)
    {
        if (result.Notifications.Count > 0)
        {
            _wake(null);
        }
        else if (result.NextAttemptAt is { } next)
        {
            _wake(next);
        }
    }
}
