using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>
/// Sees to it that what is due is delivered. It wakes when a message is taken in, when a delivery has ended, when something falls due, and once a
/// second for what others changed; takes what is due under leases, in turns over the next hops; keeps the leases of what takes long; and
/// answers for mail that grew old while its next hop was left alone.
/// </summary>
internal sealed partial class QueueRunner : IEnqueueWatcher, IDisposable
{
    // Next hops a look, and deliveries a lease: each is one change of the store.
    private const int NextHopsAtATime = 64;
    private const int LeasesAtATime = 100;
    private const int LookupsAtATime = 16;

    // After a stop has ended what is under way: the agent has this long to see it, and the results as long to be recorded.
    private static readonly TimeSpan AbortTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RecordTime = TimeSpan.FromSeconds(10);

    private readonly RunnerParts _parts;
    private readonly DeliveryLanes _lanes;
    private readonly ResultRecorder _recorder;
    private readonly PendingWork _pending;
    private readonly DeliveryWorkers _workers;
    private readonly CancellationTokenSource _stop = new();
    private readonly object _wakeGate = new();
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _earliestDue = DateTimeOffset.MaxValue;
    private Task _loop = Task.CompletedTask;
    private bool _queueFails;

    public QueueRunner(RunnerParts parts)
    {
        _parts = parts;
        _lanes = new DeliveryLanes(parts.Limits, parts.Retry);
        _recorder = new ResultRecorder(parts.Store, parts.Limits, parts.Clock, parts.Observer.Report);
        _pending = new PendingWork(ReportFault);
        _workers = new DeliveryWorkers(parts, _lanes, _recorder, _pending, Wake);
    }

    /// <summary>Deliveries under way, those that wait for their turn and those whose result is not recorded yet included.</summary>
    public int Active => _lanes.Held;

    private DateTimeOffset Now => _parts.Clock.GetUtcNow();

    /// <summary>Learns which next hops failed before, and begins.</summary>
    /// <exception cref="SmtpException">The queue cannot be read.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var row in await _parts.Store.SummarizeAsync(Now, cancellationToken).ConfigureAwait(false))
        {
            if (row.Failures > 0)
            {
                _lanes.Restore(row.NextHop, row.Failures, row.LastFailure ?? "", row.NextAttemptAt ?? Now);
            }
        }

        _loop = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
    }

    /// <inheritdoc/>
    public LeaseTerms? OfferLease(IReadOnlyList<string> nextHops)
    {
        var reserved = _lanes.Reserve(nextHops);
        return reserved.Count == 0 ? null : new LeaseTerms(_parts.Owner, Now + _parts.Limits.LeaseTime, reserved);
    }

    /// <inheritdoc/>
    public void Enqueued(NewMessage message, IReadOnlyList<DeliveryLease> leases)
    {
        NotEnqueued(message.Lease);
        _parts.Observer.Accepted(message);
        var stored = false;
        foreach (var recipient in message.Recipients)
        {
            if (message.Lease?.NextHops.Contains(recipient.NextHop) != true)
            {
                _lanes.SetStored(recipient.NextHop, hasStored: true);
                stored = true;
            }
        }

        if (leases.Count > 0)
        {
            _workers.Add(leases);
        }

        if (stored)
        {
            Wake(null);
        }
    }

    /// <inheritdoc/>
    public void NotEnqueued(LeaseTerms? lease)
    {
        if (lease is not null)
        {
            _lanes.Unreserve(lease.NextHops);
        }
    }

    /// <summary>There may be something to do: at a time, or (null) now.</summary>
    public void Wake(DateTimeOffset? at)
    {
        lock (_wakeGate)
        {
            if (at is { } time)
            {
                if (time >= _earliestDue)
                {
                    return;
                }

                _earliestDue = time;
            }

            _ = _woken.TrySetResult();
        }
    }

    /// <summary>Waits until nothing is ready or under way; what is deferred or suspended does not count.</summary>
    /// <returns>False where the time was over before.</returns>
    public async Task<bool> WaitDrainedAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(timeout, _parts.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            while (true)
            {
                if (_lanes.Held == 0)
                {
                    var rows = await _parts.Store.SummarizeAsync(Now, either.Token).ConfigureAwait(false);
                    if (_lanes.Held == 0 && rows.All(row => row.Ready + row.Active == 0))
                    {
                        return true;
                    }
                }

                Wake(null);
                await Task.Delay(TimeSpan.FromMilliseconds(50), _parts.Clock, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Stops: nothing new begins; what is under way has some time to end, is ended then, and every result is recorded if the queue can be written.</summary>
    /// <param name="finishTime">Time for deliveries under way.</param>
    /// <param name="closeConnections">Closes what is still open after that.</param>
    /// <param name="cancellationToken">Ends the time for deliveries under way, not the stopping.</param>
    public async Task StopAsync(TimeSpan finishTime, Func<ValueTask> closeConnections, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        var waiting = _lanes.Stop();
        await _loop.ConfigureAwait(false);
        await _workers.ReleaseAsync(waiting).ConfigureAwait(false);
        var ended = _pending.CloseAsync();
        if (!await EndsWithinAsync(ended, finishTime, cancellationToken).ConfigureAwait(false))
        {
            _lanes.Abort();
            if (!await EndsWithinAsync(ended, AbortTime, CancellationToken.None).ConfigureAwait(false))
            {
                // Past the final dot only the other server's reply is waited for; without it the message is sent again.
                await closeConnections().ConfigureAwait(false);
                _ = await EndsWithinAsync(ended, RecordTime, CancellationToken.None).ConfigureAwait(false);
                _recorder.GiveUp();
                if (!await EndsWithinAsync(ended, RecordTime, CancellationToken.None).ConfigureAwait(false))
                {
                    _parts.Observer.Report(new RelayEvent(Now, RelayEventKind.Fault, $"{_lanes.Held} deliveries did not end in time; they are made again when their leases end.") { Severity = FindingSeverity.Error });
                }
            }
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _recorder.Dispose();
    }

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(time, _parts.Clock, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var wait = _parts.Limits.PollInterval;
            Task woken;
            lock (_wakeGate)
            {
                // What comes from now on is for the next look.
                if (_woken.Task.IsCompleted)
                {
                    _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                woken = _woken.Task;
                _earliestDue = _earliestDue <= Now ? DateTimeOffset.MaxValue : _earliestDue;
            }

            try
            {
                var more = await LookAsync(stop).ConfigureAwait(false);
                await MaintainAsync(stop).ConfigureAwait(false);
                _queueFails = false;
                if (more)
                {
                    continue;
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (SmtpException e)
            {
                ReportQueue(e);
                woken = Task.Delay(Timeout.InfiniteTimeSpan, stop);
                wait = _parts.Limits.RecordAgainAfter;
            }
#pragma warning disable CA1031 // The relay goes on, and says so.
            catch (Exception e)
#pragma warning restore CA1031
            {
                ReportFault(e);
            }

            await WaitAsync(woken, wait, stop).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(Task woken, TimeSpan wait, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        TimeSpan due;
        lock (_wakeGate)
        {
            due = _earliestDue - Now;
        }

        // A time that has just passed is for the next look, and no reason to turn in a circle.
        var pause = Task.Delay(due < wait ? (due > TimeSpan.Zero ? due : TimeSpan.FromMilliseconds(1)) : wait, _parts.Clock, end.Token);
        _ = await Task.WhenAny(woken, pause).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
    }

    // Takes what is due; true where there is more than one look takes.
    private async Task<bool> LookAsync(CancellationToken stop)
    {
        // What is known before the question: an answer that is older than a failure says nothing about it.
        var failing = _lanes.Failing();
        var most = NextHopsAtATime + _lanes.FullLanes;
        var due = await _parts.Store.FindDueAsync(Now, most, stop).ConfigureAwait(false);
        foreach (var hop in due)
        {
            if (failing.TryGetValue(hop.NextHop, out var failures))
            {
                _lanes.AllowProbe(hop.NextHop, failures);
            }
        }

        // Who has least in memory first; so nobody with much fills it.
        var taken = false;
        foreach (var some in due.OrderBy(hop => _lanes.Load(hop.NextHop)).ThenBy(hop => hop.DueAt).Chunk(LookupsAtATime))
        {
            taken |= (await Task.WhenAll(some.Select(hop => LeaseAsync(hop.NextHop, stop))).ConfigureAwait(false)).Any(any => any);
        }

        if (due.Count < most)
        {
            _lanes.SetStoredOnly(due.Select(hop => hop.NextHop).ToHashSet(StringComparer.Ordinal));
        }

        return taken && due.Count == most;
    }

    private async Task<bool> LeaseAsync(string nextHop, CancellationToken stop)
    {
        var now = Now;
        var room = Math.Min(_lanes.Room(nextHop, now), LeasesAtATime);
        if (room <= 0)
        {
            _lanes.SetStored(nextHop, hasStored: true);
            return false;
        }

        var leases = await _parts.Store.LeaseAsync(Request(now, room) with { NextHop = nextHop }, stop).ConfigureAwait(false);
        _lanes.SetStored(nextHop, leases.Count == room);
        _workers.Add(leases);
        return leases.Count > 0;
    }

    private LeaseRequest Request(DateTimeOffset now, int maximum) => new()
    {
        Owner = _parts.Owner,
        Now = now,
        Until = now + _parts.Limits.LeaseTime,
        Maximum = maximum,
    };

    private void ReportQueue(SmtpException e)
    {
        // Once an outage, not once a second.
        if (!_queueFails)
        {
            _queueFails = true;
            _parts.Observer.Report(new RelayEvent(Now, RelayEventKind.QueueFailed, e.Message) { Severity = FindingSeverity.Error, Code = e.Failure.Code }, e.Failure);
        }
    }

    private void ReportFault(Exception e) => _parts.Observer.Report(
        new RelayEvent(Now, RelayEventKind.Fault, $"The relay met a fault of its own and goes on: {e}") { Severity = FindingSeverity.Error });
}
