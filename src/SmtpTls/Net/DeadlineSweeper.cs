using System.Collections.Concurrent;

namespace SmtpTls.Net;

/// <summary>
/// Watches the deadlines of all connections of a listener with one timer: setting a deadline costs a write to memory,
/// not a timer. Deadlines are minutes, and being late by a sweep does not matter to them.
/// </summary>
internal sealed class DeadlineSweeper : IDisposable
{
    /// <summary>How late a deadline may be noticed.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SessionDeadline, byte> _deadlines = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;

    public DeadlineSweeper(TimeProvider clock)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => Sweep(), null, Interval, Interval);
    }

    public SessionDeadline Add()
    {
        var deadline = new SessionDeadline(this, _clock);
        _deadlines.TryAdd(deadline, 0);
        return deadline;
    }

    public void Remove(SessionDeadline deadline) => _deadlines.TryRemove(deadline, out _);

    public void Dispose() => _timer.Dispose();

    private void Sweep()
    {
        var now = _clock.GetTimestamp();
        foreach (var (deadline, _) in _deadlines)
        {
            deadline.ExpireIfDue(now);
        }
    }
}

/// <summary>Why a connection's pending read or write was cut off.</summary>
internal enum Interruption
{
    None,
    TimedOut,
    Stopping,
}

/// <summary>One connection's deadline and the tokens that it cancels.</summary>
internal sealed class SessionDeadline(DeadlineSweeper owner, TimeProvider clock) : IDisposable
{
    private const long Never = long.MaxValue;

    private readonly CancellationTokenSource _waiting = new();
    private readonly CancellationTokenSource _writing = new();
    private long _due = Never;
    private int _interruption;

    /// <summary>For waits and reads: cancelled by any interruption.</summary>
    public CancellationToken Token => _waiting.Token;

    /// <summary>
    /// For writes: cancelled by a time-out alone. A stop does not cut a reply in two: it may be the 250 of a message, and
    /// half a TLS record ends what could be said after it.
    /// </summary>
    public CancellationToken WriteToken => _writing.Token;

    public Interruption Interruption => (Interruption)Volatile.Read(ref _interruption);

    /// <summary>From now on there is so much time.</summary>
    public void Set(TimeSpan timeout) =>
        Volatile.Write(ref _due, clock.GetTimestamp() + (long)(timeout.TotalSeconds * clock.TimestampFrequency));

    /// <summary>No deadline until the next <see cref="Set"/>.</summary>
    public void Clear() => Volatile.Write(ref _due, Never);

    /// <summary>Cuts off what is pending; the first reason is kept.</summary>
    public void Interrupt(Interruption reason)
    {
        var first = (Interruption)Interlocked.CompareExchange(ref _interruption, (int)reason, (int)Interruption.None);
        if (first == reason)
        {
            return;
        }

        try
        {
            if (first == Interruption.None)
            {
                _waiting.Cancel();
            }

            if (reason == Interruption.TimedOut)
            {
                _writing.Cancel();
            }
        }
        catch (ObjectDisposedException)
        {
            // The connection ended while the sweep was on its way; there is nothing left to cut off.
            Clear();
        }
    }

    public void ExpireIfDue(long now)
    {
        if (now >= Volatile.Read(ref _due))
        {
            Interrupt(Interruption.TimedOut);
        }
    }

    public void Dispose()
    {
        owner.Remove(this);
        _waiting.Dispose();
        _writing.Dispose();
    }
}
