using System.Diagnostics.CodeAnalysis;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>
/// What is leased and waits for its turn, a lane a next hop. Turns go round: a next hop with a thousand messages gets as many as one with
/// ten, up to its bound. No I/O, no clock of its own; everything under one lock that is held for some instructions.
/// </summary>
internal sealed partial class DeliveryLanes(RunnerLimits limits, RetryOptions retry)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, NextHopLane> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<long, HeldDelivery> _held = [];
    private readonly Queue<NextHopLane> _line = new();
    private int _active;
    private int _waiting;
    private int _reserved;
    private bool _stopped;

    /// <summary>Deliveries that are leased: waiting, under way, or not recorded yet.</summary>
    public int Held
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>Deliveries that are leased and wait or are under way.</summary>
    public int Unfinished
    {
        get
        {
            lock (_gate)
            {
                return _active + _waiting;
            }
        }
    }

    /// <summary>How many more may wait, in all.</summary>
    public int FreeRoom
    {
        get
        {
            lock (_gate)
            {
                return _stopped ? 0 : limits.Waiting - _waiting - _reserved;
            }
        }
    }

    /// <summary>Keeps room for a message that is about to be stored.</summary>
    /// <returns>The next hops that could take their delivery at once; empty where none could.</returns>
    public HashSet<string> Reserve(IReadOnlyList<string> nextHops)
    {
        var reserved = new HashSet<string>(StringComparer.Ordinal);
        lock (_gate)
        {
            foreach (var nextHop in nextHops)
            {
                var lane = Lane(nextHop);
                if (!_stopped && lane is { Failures: 0, HasStored: false } && Room(lane) > 0)
                {
                    lane.Reserved++;
                    _reserved++;
                    _ = reserved.Add(nextHop);
                }
                else
                {
                    Forget(lane);
                }
            }
        }

        return reserved;
    }

    /// <summary>Gives up what was kept.</summary>
    public void Unreserve(IReadOnlySet<string> nextHops)
    {
        lock (_gate)
        {
            foreach (var nextHop in nextHops)
            {
                var lane = Lane(nextHop);
                lane.Reserved--;
                _reserved--;
                Forget(lane);
            }
        }
    }

    /// <summary>
    /// Puts leased deliveries in line. What cannot be taken any more (the relay stops, the next hop failed meanwhile) comes back, to be
    /// released. Of a next hop that failed one is taken, when its time has come, to see whether it works again.
    /// </summary>
    public IReadOnlyList<DeliveryLease> Add(IReadOnlyList<DeliveryLease> leases, DateTimeOffset now)
    {
        List<DeliveryLease>? refused = null;
        lock (_gate)
        {
            foreach (var lease in leases)
            {
                if (_held.TryGetValue(lease.Delivery, out var known))
                {
                    // Ours, and its lease had run out because the clock was put on: it is still under way.
                    known.Until = lease.Until;
                    continue;
                }

                var lane = Lane(lease.NextHop);
                if (_stopped || (lane.Failures > 0 && !MayProbe(lane, now)))
                {
                    (refused ??= []).Add(lease);
                    Forget(lane);
                    continue;
                }

                var held = new HeldDelivery(lease, lane);
                _held.Add(lease.Delivery, held);
                lane.Waiting.Enqueue(held);
                _waiting++;
                Line(lane);
            }
        }

        return refused ?? (IReadOnlyList<DeliveryLease>)[];
    }

    /// <summary>Takes the delivery whose turn it is; false where none may begin now.</summary>
    /// <param name="held">The delivery, which is under way from now on.</param>
    /// <param name="refill">True where its next hop has more in the queue and little in memory.</param>
    public bool TryTake([NotNullWhen(true)] out HeldDelivery? held, out bool refill)
    {
        lock (_gate)
        {
            refill = false;
            while (!_stopped && _active < limits.Active && _line.TryDequeue(out var lane))
            {
                lane.InLine = false;
                if (!MayBegin(lane))
                {
                    continue;
                }

                held = lane.Waiting.Dequeue();
                _waiting--;
                lane.Active++;
                _active++;
                held.Epoch = lane.Epoch;
                refill = lane.HasStored && lane.Waiting.Count <= limits.WaitingPerNextHop / 2;
                Line(lane);
                return true;
            }

            held = null;
            return false;
        }
    }

    /// <summary>A delivery has ended; its lease is kept until <see cref="Drop"/>.</summary>
    /// <returns>True where its next hop has more in the queue and none in memory.</returns>
    public bool End(HeldDelivery held)
    {
        lock (_gate)
        {
            held.Lane.Active--;
            _active--;
            Line(held.Lane);
            Forget(held.Lane);
            return held.Lane is { HasStored: true, Waiting.Count: 0 };
        }
    }

    /// <summary>The lease is over: its result is recorded, or it was given back.</summary>
    public void Drop(HeldDelivery held)
    {
        lock (_gate)
        {
            _ = _held.Remove(held.Lease.Delivery);
        }

        held.Dispose();
    }

    /// <summary>How many deliveries of a next hop to lease now.</summary>
    public int Room(string nextHop, DateTimeOffset now)
    {
        lock (_gate)
        {
            var lane = Lane(nextHop);
            var room = _stopped ? 0 : lane.Failures == 0 ? Room(lane) : MayProbe(lane, now) ? 1 : 0;
            Forget(lane);
            return room;
        }
    }

    /// <summary>What waits and is under way for a next hop.</summary>
    public int Load(string nextHop)
    {
        lock (_gate)
        {
            return _lanes.TryGetValue(nextHop, out var lane) ? lane.Active + lane.Waiting.Count : 0;
        }
    }

    /// <summary>Remembers whether a next hop has more in the queue than was leased.</summary>
    public void SetStored(string nextHop, bool hasStored)
    {
        lock (_gate)
        {
            var lane = Lane(nextHop);
            lane.HasStored = hasStored;
            Forget(lane);
        }
    }

    /// <summary>Nothing but these has anything due in the queue.</summary>
    public void SetStoredOnly(IReadOnlySet<string> nextHops)
    {
        lock (_gate)
        {
            foreach (var lane in _lanes.Values.Where(lane => lane.HasStored && !nextHops.Contains(lane.NextHop)).ToArray())
            {
                lane.HasStored = false;
                Forget(lane);
            }
        }
    }

    /// <summary>Lanes that have something due in the queue and no room for it.</summary>
    public int FullLanes
    {
        get
        {
            lock (_gate)
            {
                return _lanes.Values.Count(lane => lane.HasStored);
            }
        }
    }

    /// <summary>Leases that end before a time.</summary>
    public IReadOnlyList<HeldDelivery> EndingBefore(DateTimeOffset time)
    {
        lock (_gate)
        {
            return _held.Values.Where(held => held.Until < time).ToArray();
        }
    }

    /// <summary>Nothing begins from now on.</summary>
    /// <returns>What waited, to be given back.</returns>
    public IReadOnlyList<HeldDelivery> Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            return _lanes.Values.SelectMany(Empty).ToArray();
        }
    }

    /// <summary>Ends what is under way, but for what is past its final dot.</summary>
    public void Abort()
    {
        HeldDelivery[] all;
        lock (_gate)
        {
            all = [.. _held.Values];
        }

        foreach (var held in all)
        {
            held.Abort();
        }
    }

    private NextHopLane Lane(string nextHop)
    {
        if (!_lanes.TryGetValue(nextHop, out var lane))
        {
            lane = new NextHopLane(nextHop, limits.ActivePerNextHop);
            _lanes.Add(nextHop, lane);
        }

        return lane;
    }

    // A relay meets many next hops in its life, and remembers only those that it has something to remember of.
    private void Forget(NextHopLane lane)
    {
        if (lane.IsIdle && _lanes.TryGetValue(lane.NextHop, out var known) && ReferenceEquals(known, lane))
        {
            _ = _lanes.Remove(lane.NextHop);
        }
    }

    private int Room(NextHopLane lane) => Math.Min(
        limits.WaitingPerNextHop - lane.Waiting.Count - lane.Reserved,
        limits.Waiting - _waiting - _reserved);

    private static bool MayBegin(NextHopLane lane) => lane.Waiting.Count > 0 && lane.Active < (lane.Failures > 0 ? 1 : lane.Limit);

    private void Line(NextHopLane lane)
    {
        if (!lane.InLine && MayBegin(lane))
        {
            lane.InLine = true;
            _line.Enqueue(lane);
        }
    }

    private HeldDelivery[] Empty(NextHopLane lane)
    {
        var all = lane.Waiting.ToArray();
        lane.Waiting.Clear();
        _waiting -= all.Length;
        return all;
    }
}
