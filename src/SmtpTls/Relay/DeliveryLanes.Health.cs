using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <content>What is known of next hops: which fail, how much others take.</content>
internal sealed partial class DeliveryLanes
{
    // After each of so many deliveries a connection, a next hop that had shown a limit is tried with one more.
    private const int ServedToGrow = 10;


    /// <summary>A next hop failed before this relay was started: it is tried with one delivery when its time has come.</summary>
    public void Restore(string nextHop, int failures, string lastFailure, DateTimeOffset until)
    {
        lock (_gate)
        {
            var lane = Lane(nextHop);
            lane.Failures = failures;
            lane.LastFailure = lastFailure;
            lane.BackedOffUntil = until;
        }
    }

    /// <summary>The queue says that a next hop may be tried, though it failed: its time has come, or an administrator wants it.</summary>
    /// <param name="nextHop">The next hop.</param>
    /// <param name="failures">How many failures the relay knew of before it asked; where it failed again since, the answer is old.</param>
    public void AllowProbe(string nextHop, int failures)
    {
        lock (_gate)
        {
            if (_lanes.TryGetValue(nextHop, out var lane) && lane.Failures == failures)
            {
                lane.BackedOffUntil = null;
            }
        }
    }

    /// <summary>The state of a next hop, as <see cref="Fail"/> or <see cref="Succeed"/> changed it, is in the queue.</summary>
    public void StateStored(NextHopLane lane)
    {
        lock (_gate)
        {
            lane.Unstored--;
            Forget(lane);
        }
    }

    /// <summary>The failures in a row of the next hops that fail, but for those whose state the queue does not know yet.</summary>
    public IReadOnlyDictionary<string, int> Failing()
    {
        lock (_gate)
        {
            return _lanes.Values.Where(lane => lane is { Failures: > 0, Unstored: 0 }).ToDictionary(lane => lane.NextHop, lane => lane.Failures, StringComparer.Ordinal);
        }
    }

    /// <summary>A next hop's back-off, while it lasts.</summary>
    public NextHopBackoff? Backoff(string nextHop, DateTimeOffset now)
    {
        lock (_gate)
        {
            return _lanes.TryGetValue(nextHop, out var lane) && lane.BackedOffUntil > now
                ? new NextHopBackoff(lane.BackedOffUntil.Value, lane.Failures, lane.LastFailure)
                : null;
        }
    }

    /// <summary>
    /// The next hop itself failed. Deliveries that began before it was known to fail do not count again. Where it served others meanwhile,
    /// it most likely takes fewer connections than were opened (421, or no answer to the twenty-first): then it is given half as many,
    /// and is left alone only if it fails again before it has served one.
    /// </summary>
    /// <param name="held">The delivery that showed it.</param>
    /// <param name="failure">The failure as a sentence.</param>
    /// <param name="now">The present time.</param>
    /// <param name="random">From 0 up to, not including, 1.</param>
    /// <param name="released">What waited for it, to be given back.</param>
    /// <returns>The back-off to be set; null where it is set already.</returns>
    public NextHopBackoff? Fail(HeldDelivery held, string failure, DateTimeOffset now, double random, out IReadOnlyList<HeldDelivery> released)
    {
        lock (_gate)
        {
            var lane = held.Lane;
            released = [];
            if (held.Epoch != lane.Epoch)
            {
                return null;
            }

            lane.Epoch++;
            var served = lane.Served;
            lane.Served = 0;
            if (served > 0 && lane is { Failures: 0, Active: > 1 })
            {
                lane.Limit = Math.Max(1, Math.Min(lane.Limit, lane.Active) / 2);
                return null;
            }

            lane.Unstored++;
            lane.Failures++;
            lane.LastFailure = failure;
            lane.BackedOffUntil = now + RetrySchedule.Wait(retry, lane.Failures, random);
            lane.HasStored |= lane.Waiting.Count > 0;
            released = Empty(lane);
            return new NextHopBackoff(lane.BackedOffUntil.Value, lane.Failures, failure);
        }
    }

    /// <summary>The next hop works.</summary>
    /// <returns>True where it had failed before: the back-off is to be taken away.</returns>
    public bool Succeed(HeldDelivery held)
    {
        lock (_gate)
        {
            var lane = held.Lane;
            if (held.Epoch == lane.Epoch && ++lane.Served % (ServedToGrow * lane.Limit) == 0)
            {
                lane.Limit = Math.Min(lane.Limit + 1, limits.ActivePerNextHop);
            }

            if (lane.Failures == 0 || held.Epoch != lane.Epoch)
            {
                return false;
            }

            lane.Epoch++;
            lane.Unstored++;
            lane.Failures = 0;
            lane.BackedOffUntil = null;
            return true;
        }
    }

    private static bool MayProbe(NextHopLane lane, DateTimeOffset now) =>
        lane.Active + lane.Waiting.Count == 0 && !(lane.BackedOffUntil > now);
}
