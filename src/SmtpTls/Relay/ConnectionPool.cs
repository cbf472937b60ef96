namespace SmtpTls.Relay;

/// <summary>
/// Who may have a connection, and the sessions that wait to be used again. Deliveries come in as there is room, the
/// longest waiting first; a next hop at its limit holds up nobody but its own.
/// </summary>
/// <remarks>
/// A <see cref="ConnectionPermit"/> is the right to hold one connection; sessions at rest need none, and make room where a
/// permit needs it. So open connections are never more than the limits allow, but for those that are saying QUIT.
/// </remarks>
internal sealed class ConnectionPool : IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly DeliveryLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly Dictionary<string, int> _used = new(StringComparer.OrdinalIgnoreCase);
    private readonly LinkedList<Waiter> _waiters = [];

    // The longest at rest first.
    private readonly LinkedList<PooledSession> _idle = [];
    private readonly HashSet<Task> _closing = [];
    private int _usedInAll;
    private bool _stopped;

    public ConnectionPool(DeliveryLimits limits, TimeProvider clock)
    {
        _limits = limits;
        _clock = clock;
        _timer = clock.CreateTimer(_ => CloseExpired(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Permits that are given out.</summary>
    public int InUse
    {
        get
        {
            lock (_gate)
            {
                return _usedInAll;
            }
        }
    }

    /// <summary>Sessions at rest.</summary>
    public int Idle
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Waits for the right to hold a connection to a next hop.</summary>
    /// <param name="nextHop">The next hop.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The right, to be disposed of; null where none became free in <see cref="DeliveryLimits.ConnectionWait"/>, or the pool has stopped.</returns>
    public async ValueTask<ConnectionPermit?> EnterAsync(string nextHop, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<Waiter> waiting;
        lock (_gate)
        {
            if (_stopped)
            {
                return null;
            }

            // Whoever waits already waits for what this one does not need: else it would have been let in.
            if (TryEnter(nextHop))
            {
                return new ConnectionPermit(this, nextHop);
            }

            waiting = _waiters.AddLast(new Waiter(nextHop));
        }

        using var patience = new CancellationTokenSource(_limits.ConnectionWait, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using (either.Token.UnsafeRegister(_ => GiveUp(waiting), state: null))
        {
            if (await waiting.Value.Entered.Task.ConfigureAwait(false))
            {
                return new ConnectionPermit(this, nextHop);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>A session at rest that is good for one of the places, the one used last; null where there is none.</summary>
    public PooledSession? Take(IReadOnlyList<PoolKey> places)
    {
        lock (_gate)
        {
            for (var node = _idle.Last; node is not null;)
            {
                var (session, previous) = (node.Value, node.Previous);
                if (places.Contains(session.Key))
                {
                    _idle.Remove(node);
                    if (session.Session.IsQuiet)
                    {
                        session.IsReused = true;
                        return session;
                    }

                    // The server has said 421 or hung up; there is nobody to take leave of.
                    _ = Track(session.DisposeAsync().AsTask());
                }

                node = previous;
            }

            return null;
        }
    }

    /// <summary>Closes what rests beyond the limits, so that a connection can be opened.</summary>
    /// <param name="nextHop">Where to.</param>
    public Task MakeRoomAsync(string nextHop)
    {
        List<Task>? closing = null;
        lock (_gate)
        {
            var ofThisHop = _idle.Count(s => IsTo(s, nextHop));
            for (var node = _idle.First; node is not null;)
            {
                var (session, next) = (node.Value, node.Next);
                var tooManyOfThisHop = IsTo(session, nextHop) && _used.GetValueOrDefault(nextHop) + ofThisHop > _limits.ConnectionsPerNextHop;
                if (tooManyOfThisHop || _usedInAll + _idle.Count > _limits.Connections)
                {
                    ofThisHop -= IsTo(session, nextHop) ? 1 : 0;
                    _idle.Remove(node);
                    (closing ??= []).Add(Close(session));
                }

                node = next;
            }
        }

        return closing is null ? Task.CompletedTask : Task.WhenAll(closing);
    }

    /// <summary>Takes a session back after a message: keeps it where it can be used again, else closes it.</summary>
    public void Return(PooledSession session)
    {
        var isGood = session.Session.IsReusable && session.Messages < _limits.MessagesPerConnection;
        if (isGood)
        {
            session.Session.Rest();
        }

        lock (_gate)
        {
            if (_stopped || !isGood)
            {
                _ = Close(session);
                return;
            }

            session.IdleSince = _clock.GetTimestamp();
            _idle.AddLast(session);
            if (_idle.Count == 1)
            {
                _timer.Change(_limits.IdleTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Lets nobody in any longer, takes leave on all sessions at rest, and waits for those that are closing.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] closing;
        lock (_gate)
        {
            _stopped = true;
            foreach (var waiter in _waiters)
            {
                waiter.Entered.TrySetResult(false);
            }

            _waiters.Clear();
            foreach (var session in _idle)
            {
                _ = Close(session);
            }

            _idle.Clear();
            closing = [.. _closing];
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(closing).ConfigureAwait(false);
    }

    /// <summary>A permit is given back.</summary>
    internal void Leave(string nextHop)
    {
        lock (_gate)
        {
            _usedInAll--;
            if (--_used[nextHop] == 0)
            {
                _used.Remove(nextHop);
            }

            for (var node = _waiters.First; node is not null && _usedInAll < _limits.Connections;)
            {
                var next = node.Next;
                if (TryEnter(node.Value.NextHop))
                {
                    _waiters.Remove(node);
                    node.Value.Entered.TrySetResult(true);
                }

                node = next;
            }
        }
    }

    private static bool IsTo(PooledSession session, string nextHop) => string.Equals(session.Key.NextHop, nextHop, StringComparison.OrdinalIgnoreCase);

    private bool TryEnter(string nextHop)
    {
        var used = _used.GetValueOrDefault(nextHop);
        if (_usedInAll >= _limits.Connections || used >= _limits.ConnectionsPerNextHop)
        {
            return false;
        }

        _used[nextHop] = used + 1;
        _usedInAll++;
        return true;
    }

    private void GiveUp(LinkedListNode<Waiter> waiting)
    {
        lock (_gate)
        {
            // Who was let in meanwhile is in no list any longer.
            if (waiting.List is not null)
            {
                _waiters.Remove(waiting);
                waiting.Value.Entered.TrySetResult(false);
            }
        }
    }

    private void CloseExpired()
    {
        lock (_gate)
        {
            while (_idle.First is { } oldest)
            {
                var left = _limits.IdleTime - _clock.GetElapsedTime(oldest.Value.IdleSince);
                if (left > TimeSpan.Zero)
                {
                    _timer.Change(left, Timeout.InfiniteTimeSpan);
                    return;
                }

                _idle.RemoveFirst();
                _ = Close(oldest.Value);
            }
        }
    }

    // Not under the lock: it writes.
    private Task Close(PooledSession session) => Track(Task.Run(session.CloseAsync));

    // Remembered until it is done, so that a stop can wait for it.
    private Task Track(Task closing)
    {
        if (!closing.IsCompleted)
        {
            _closing.Add(closing);
            _ = closing.ContinueWith(
                done =>
                {
                    lock (_gate)
                    {
                        _closing.Remove(done);
                    }
                },
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default);
        }

        return closing;
    }

    private sealed record Waiter(string NextHop)
    {
        public TaskCompletionSource<bool> Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The right to hold one connection to a next hop, until it is disposed of.</summary>
internal sealed class ConnectionPermit(ConnectionPool pool, string nextHop) : IDisposable
{
    private int _left;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            pool.Leave(nextHop);
        }
    }
}
