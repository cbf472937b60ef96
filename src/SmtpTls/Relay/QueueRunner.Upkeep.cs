using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <content>What is to be done now and then: leases renewed, old mail answered for, the tracking log purged, the queue counted.</content>
internal sealed partial class QueueRunner
{
    // Rounds of aged messages a look: the rest comes with the next one.
    private const int AgedRounds = 10;

    private DateTimeOffset _nextAged;
    private DateTimeOffset _nextPurge;
    private DateTimeOffset _nextGauge;

    private async Task MaintainAsync(CancellationToken stop)
    {
        await RenewAsync(stop).ConfigureAwait(false);
        if (IsTime(ref _nextAged, _parts.Limits.AgedInterval))
        {
            await AnswerAgedAsync(_parts.Retry.GiveUpAfter, withoutDelayNotice: false, stop).ConfigureAwait(false);
            if (_parts.Retry.DelayWarningAfter > TimeSpan.Zero)
            {
                await AnswerAgedAsync(_parts.Retry.DelayWarningAfter, withoutDelayNotice: true, stop).ConfigureAwait(false);
            }
        }

        if (IsTime(ref _nextPurge, _parts.Limits.PurgeInterval))
        {
            _pending.Run(() => PurgeAsync(Now - _parts.TrackingRetention, stop));
        }

        if (_parts.Observer.WantsDepth && IsTime(ref _nextGauge, _parts.Limits.GaugeInterval))
        {
            _parts.Observer.SetQueue(await _parts.Store.SummarizeAsync(Now, stop).ConfigureAwait(false));
        }
    }

    // A clock that was put back does not hold it up for longer than the interval.
    private bool IsTime(ref DateTimeOffset next, TimeSpan interval)
    {
        var now = Now;
        if (now < next && next - now <= interval)
        {
            return false;
        }

        next = now + interval;
        return true;
    }

    private async Task RenewAsync(CancellationToken stop)
    {
        var until = Now + _parts.Limits.LeaseTime;
        var ending = _lanes.EndingBefore(Now + (_parts.Limits.LeaseTime / 2));
        if (ending.Count == 0)
        {
            return;
        }

        var kept = (await _parts.Store.RenewAsync(_parts.Owner, ending.Select(held => held.Lease.Delivery).ToArray(), until, stop).ConfigureAwait(false)).ToHashSet();
        foreach (var held in ending)
        {
            if (kept.Contains(held.Lease.Delivery))
            {
                held.Until = until;
            }
            else
            {
                // Recorded meanwhile, removed, or somebody else's.
                held.Lose();
            }
        }
    }

    // What is old and whose next hop is left alone is answered for; what could be tried is tried before anything is said.
    private async Task AnswerAgedAsync(TimeSpan age, bool withoutDelayNotice, CancellationToken stop)
    {
        for (var round = 0; round < AgedRounds; round++)
        {
            var now = Now;
            var room = Math.Min(LeasesAtATime, _lanes.FreeRoom);
            if (room <= 0)
            {
                return;
            }

            var request = Request(now, room) with { ReceivedBefore = now - age, WithoutDelayNotice = withoutDelayNotice };
            var leases = await _parts.Store.LeaseAsync(request, stop).ConfigureAwait(false);
            var toTry = new List<DeliveryLease>();
            foreach (var lease in leases)
            {
                if (_lanes.Backoff(lease.NextHop, now) is { } backoff)
                {
                    await _workers.AnswerAgedAsync(lease, backoff.LastFailure, stop).ConfigureAwait(false);
                }
                else
                {
                    toTry.Add(lease);
                }
            }

            _workers.Add(toTry);
            if (leases.Count < room)
            {
                return;
            }
        }
    }

    private async Task PurgeAsync(DateTimeOffset before, CancellationToken stop)
    {
        try
        {
            await _parts.Store.PurgeEventsAsync(before, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The rest with the next start.
        }
        catch (SmtpException e)
        {
            ReportQueue(e);
        }
    }
}
