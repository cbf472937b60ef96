using System.Security.Cryptography;
using SmtpTls.Net;
using SmtpTls.Queue;
using SmtpTls.Relay;

namespace SmtpTls;

/// <summary>
/// A relay in this process: takes mail on its listeners and from its pickup folder into a durable queue, and delivers it to next hops under
/// the TLS policy of its routes. What was answered with 250 is delivered, returned to its sender, or in the queue.
/// </summary>
public sealed class SmtpRelay : IAsyncDisposable
{
    /// <summary>How long <see cref="StopAsync"/> waits, unless told otherwise.</summary>
    public static readonly TimeSpan DefaultDrainTime = TimeSpan.FromSeconds(30);

    private readonly SmtpRelayOptions _options;
    private readonly RelayObserver _observer;
    private readonly RelayDelivery _delivery;
    private readonly QueueRunner _runner;
    private readonly RelayDoors _doors;
    private readonly RouteTable _routes;
    private readonly SemaphoreSlim _stopOnce = new(1, 1);
    private volatile bool _running = true;
    private bool _disposed;

    private SmtpRelay(SmtpRelayOptions options)
    {
        _options = options;
        HostName = options.HostName ?? LocalHostName.ForGreeting();
        StartedAt = options.Clock.GetUtcNow();
        var random = new Random();
        var ids = new QueueIdSource(options.Clock, RandomNumberGenerator.GetInt32(int.MaxValue));
        _routes = new RouteTable(options.Routes);
        _observer = new RelayObserver(options.Name, options.Log, options.Clock);
        _delivery = new RelayDelivery(options, HostName, () => _doors is null ? [] : _doors.Endpoints);
        _runner = new QueueRunner(new RunnerParts
        {
            Owner = $"{options.Name}/{Environment.MachineName}/{Environment.ProcessId}/{RandomNumberGenerator.GetHexString(8, lowercase: true)}",
            Store = options.Store,
            Agent = _delivery.Agent,
            Routes = _routes,
            Notifier = new Notifier(HostName, _routes.NextHop, ids, options.Clock, random, options.Store.OpenContentAsync),
            Observer = _observer,
            Retry = options.Retry,
            Limits = new RunnerLimits { Active = options.Delivery.Connections, ActivePerNextHop = options.Delivery.ConnectionsPerNextHop },
            TrackingRetention = options.TrackingRetention,
            Random = random,
            Clock = options.Clock,
        });
        var intake = new RelayIntake(options.Store, _routes, ids, HostName, _runner);
        _doors = new RelayDoors(options, HostName, intake, new RelayPermission(_routes, HostName, options.AllowFrom, options.AllowFingerprints), _observer);
        Queue = new SmtpQueue(
            options.Store,
            new SmtpQueueOptions { Name = options.Name, HostName = HostName, Routes = options.Routes, LeaveStoreOpen = true, Clock = options.Clock })
        {
            Woken = () => _runner.Wake(null),
            Intake = intake,
        };
    }

    /// <summary>The relay's name.</summary>
    public string Name => _options.Name;

    /// <summary>Where the queue is: a path, or a database's name without secrets.</summary>
    public string QueueLocation => _options.Store.Location;

    /// <summary>The relay's name in greetings, trace headers and reports.</summary>
    public string HostName { get; }

    /// <summary>False once it was told to stop.</summary>
    public bool IsRunning => _running;

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Where mail goes.</summary>
    public IReadOnlyList<SmtpRoute> Routes => _options.Routes.ToArray();

    /// <summary>The listeners, in the order in which they were started.</summary>
    public IReadOnlyList<SmtpListener> Listeners => _doors.Listeners.ToArray();

    /// <summary>What an administrator should know of routes and listeners.</summary>
    public IReadOnlyList<Finding> Findings => _routes.Findings.Concat(_doors.Listeners.SelectMany(listener => listener.Findings)).ToArray();

    /// <summary>What it has done since it was started.</summary>
    public RelayCounters Counters => _observer.Counters(_runner.Active);

    /// <summary>The last trouble of a next hop, the queue or the relay itself; null where there was none.</summary>
    public SmtpFailure? LastError => _observer.LastError;

    /// <summary>The queue, to be looked into and worked on.</summary>
    public SmtpQueue Queue { get; }

    /// <summary>Checks the options, gives the queue's messages their next hops of today, begins to listen and to deliver.</summary>
    /// <param name="options">Where from, where to and how.</param>
    /// <param name="cancellationToken">Ends the start; nothing is left running then.</param>
    /// <exception cref="SmtpException">The options cannot be used, the queue cannot be read or written, or an endpoint cannot be listened on. Nothing is left running; the store is still the caller's.</exception>
    public static async Task<SmtpRelay> StartAsync(SmtpRelayOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var relay = new SmtpRelay(options);
        try
        {
            await relay.BeginAsync(cancellationToken).ConfigureAwait(false);
            return relay;
        }
        catch
        {
            await relay.EndAsync(TimeSpan.Zero, drain: false, disposeStore: false, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Listens on one more endpoint.</summary>
    /// <param name="options">On what and how.</param>
    /// <exception cref="SmtpException">The options cannot be used, the endpoint cannot be listened on, or the relay has stopped.</exception>
    public SmtpListener AddListener(SmtpListenerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return _doors.Open(options);
    }

    /// <summary>
    /// Waits until the relay has nothing to do: no message is ready or under way. What is deferred or suspended does not count, because it waits
    /// for its time or for an administrator; nor does what clients are still sending.
    /// </summary>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/>: as long as it takes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False where the time was over before.</returns>
    /// <exception cref="SmtpException">The queue cannot be read.</exception>
    public Task<bool> WaitDrainedAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        CheckTime(timeout, nameof(timeout));
        return _runner.WaitDrainedAsync(timeout, cancellationToken);
    }

    /// <summary>
    /// Stops: no new connections, time for sessions and deliveries under way, then an end to all. What was not delivered stays in the queue,
    /// due as it was.
    /// </summary>
    /// <param name="drain">True to deliver what is ready, too, as far as the time goes.</param>
    /// <param name="drainTime">The time for all of it; null is <see cref="DefaultDrainTime"/>, zero ends at once, <see cref="Timeout.InfiniteTimeSpan"/> waits as long as it takes.</param>
    /// <param name="cancellationToken">Ends the waiting, not the stopping.</param>
    /// <exception cref="ArgumentOutOfRangeException">The drain time is below zero, or longer than a timer takes (49 days). Nothing was stopped.</exception>
    public async Task StopAsync(bool drain = false, TimeSpan? drainTime = null, CancellationToken cancellationToken = default)
    {
        var time = drainTime ?? DefaultDrainTime;
        CheckTime(time, nameof(drainTime));

        // Not to be cancelled: whoever comes second waits until it has stopped.
        await _stopOnce.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_running)
            {
                await EndAsync(time, drain, !_options.LeaveStoreOpen, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _stopOnce.Release();
        }
    }

    /// <summary>Stops without draining.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            await StopAsync(cancellationToken: CancellationToken.None).ConfigureAwait(false);
            _disposed = true;
            _stopOnce.Dispose();
        }
    }

    /// <summary>Name, endpoints and counts.</summary>
    public override string ToString() => $"{Name} ({string.Join(", ", _doors.Endpoints.Select(endpoint => endpoint.ToString()))}): {Counters}";

    private static void CheckTime(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, name);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(time, ClientTimeouts.Longest, name);
        }
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await _options.Store.RerouteAsync(_routes.NextHop, cancellationToken).ConfigureAwait(false);
        foreach (var listener in _options.Listeners)
        {
            _ = _doors.Open(listener);
        }

        await _runner.StartAsync(cancellationToken).ConfigureAwait(false);
        _doors.WatchFolder();
        _observer.Report(new RelayEvent(_options.Clock.GetUtcNow(), RelayEventKind.Started, $"{Name} runs on {QueueLocation}, listening on {string.Join(", ", _doors.Endpoints.Select(endpoint => endpoint.ToString()))}."));
    }

    private async Task EndAsync(TimeSpan time, bool drain, bool disposeStore, CancellationToken cancellationToken)
    {
        _running = false;
        var began = _options.Clock.GetTimestamp();
        await _doors.CloseAsync(Left(time, began), cancellationToken).ConfigureAwait(false);
        if (drain)
        {
            await DrainAsync(Left(time, began), cancellationToken).ConfigureAwait(false);
        }

        await _runner.StopAsync(Left(time, began), _delivery.DisposeAsync, cancellationToken).ConfigureAwait(false);
        await _delivery.DisposeAsync().ConfigureAwait(false);
        _runner.Dispose();
        _doors.Dispose();
        if (disposeStore)
        {
            await _options.Store.DisposeAsync().ConfigureAwait(false);
        }

        _observer.Report(new RelayEvent(_options.Clock.GetUtcNow(), RelayEventKind.Stopped, $"{Name} has stopped: {Counters}."));
        _observer.Dispose();
    }

    private async Task DrainAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            _ = await _runner.WaitDrainedAsync(time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whoever cannot wait any longer still wants it stopped.
        }
        catch (SmtpException e)
        {
            _observer.Report(new RelayEvent(_options.Clock.GetUtcNow(), RelayEventKind.QueueFailed, $"The queue cannot be drained: {e.Message}") { Severity = FindingSeverity.Error, Code = e.Failure.Code }, e.Failure);
        }
    }

    private TimeSpan Left(TimeSpan time, long began)
    {
        if (time == Timeout.InfiniteTimeSpan)
        {
            return time;
        }

        var left = time - _options.Clock.GetElapsedTime(began);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
