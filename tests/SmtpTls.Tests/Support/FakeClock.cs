namespace SmtpTls.Tests.Support;

/// <summary>Time stands still until a test moves it. Timers fire inside <see cref="Advance"/>, in the order they are due.</summary>
internal sealed class FakeClock : TimeProvider
{
    private readonly object _gate = new();
    private readonly List<FakeTimer> _timers = [];
    private readonly List<(TimeSpan After, TaskCompletionSource Set)> _awaited = [];
    private DateTimeOffset _now;

    internal FakeClock()
        : this(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero))
    {
    }

    internal FakeClock(DateTimeOffset start) => _now = start.ToUniversalTime();

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that wait to fire: lets a test await that the code under test has begun to wait.</summary>
    internal int PendingTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count(t => t.Due is not null);
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        _ = timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Completes once a timer is set that fires after exactly this time, counted from now: the code under test waits there.</summary>
    internal Task TimerSetAsync(TimeSpan after)
    {
        lock (_gate)
        {
            if (_timers.Exists(t => t.Due == _now + after))
            {
                return Task.CompletedTask;
            }

            var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((after, set));
            return set.Task;
        }
    }

    /// <summary>Moves time on, firing what falls due on the way, each at its own moment.</summary>
    internal void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = GetUtcNow() + by;
        while (true)
        {
            FakeTimer? next;
            lock (_gate)
            {
                next = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
                if (next is null)
                {
                    _now = end;
                    return;
                }

                // A timer that was set to a moment already past fires now.
                _now = next.Due > _now ? next.Due.Value : _now;
                next.Due = next.Period > TimeSpan.Zero ? _now + next.Period : null;
            }

            next.Fire();
        }
    }

    private sealed class FakeTimer(FakeClock clock, TimerCallback callback, object? state) : ITimer
    {
        internal DateTimeOffset? Due { get; set; }

        internal TimeSpan Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool fireNow;
            lock (clock._gate)
            {
                if (!clock._timers.Contains(this))
                {
                    return false;
                }

                Period = period;
                fireNow = dueTime == TimeSpan.Zero;
                Due = fireNow
                    ? (period > TimeSpan.Zero ? clock._now + period : null)
                    : dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
                foreach (var (_, set) in clock._awaited.FindAll(w => w.After == dueTime))
                {
                    _ = set.TrySetResult();
                }

                _ = clock._awaited.RemoveAll(w => w.After == dueTime);
            }

            if (fireNow)
            {
                // As the system's timers do: never on the thread that sets them.
                _ = ThreadPool.UnsafeQueueUserWorkItem(static t => t.Fire(), this, preferLocal: false);
            }

            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                Due = null;
                _ = clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Fire() => callback(state);
    }
}
