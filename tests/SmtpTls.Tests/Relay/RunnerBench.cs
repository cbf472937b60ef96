using System.Collections.Concurrent;
using SmtpTls.Queue;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

/// <summary>A runner with everything around it owned by the test.</summary>
internal sealed class RunnerBench : IAsyncDisposable
{
    private readonly RelayObserver _observer;
    private readonly QueueIdSource _ids;
    private bool _stopped;

    public RunnerBench(MemoryQueueStore? store = null, FakeClock? clock = null, RunnerLimits? limits = null, RetryOptions? retry = null, string owner = "one")
    {
        Store = store ?? new MemoryQueueStore();
        Clock = clock ?? new FakeClock(QueueSamples.Noon);
        _observer = new RelayObserver("test", Log.Enqueue, Clock);
        _ids = new QueueIdSource(Clock, owner.Length);
        var routes = new RouteTable([new SmtpRoute { Domains = ["*"], TlsLevel = TlsLevel.Opportunistic }]);
        Runner = new QueueRunner(new RunnerParts
        {
            Owner = owner,
            Store = Store,
            Agent = Agent,
            Routes = routes,
            Notifier = new Notifier("relay.test", routes.NextHop, _ids, Clock, new Random(1), Store.OpenContentAsync),
            Observer = _observer,
            Retry = retry ?? new RetryOptions { Jitter = 0 },
            Limits = limits ?? new RunnerLimits(),
            Random = new Random(1),
            Clock = Clock,
        });
    }

    public MemoryQueueStore Store { get; }

    public FakeClock Clock { get; }

    public FakeAgent Agent { get; } = new();

    public ConcurrentQueue<RelayEvent> Log { get; } = new();

    public QueueRunner Runner { get; }

    public RelayCounters Counters => _observer.Counters(Runner.Active);

    public DateTimeOffset Now => Clock.GetUtcNow();

    public static async Task<RunnerBench> StartAsync(MemoryQueueStore? store = null, FakeClock? clock = null, RunnerLimits? limits = null, RetryOptions? retry = null, string owner = "one")
    {
        var bench = new RunnerBench(store, clock, limits, retry, owner);
        await bench.Runner.StartAsync(CancellationToken.None);
        return bench;
    }

    /// <summary>Takes a message in as the intake does, and lets the runner know.</summary>
    public async Task<NewMessage> AcceptAsync(params string[] recipients) => await AcceptAsync(QueueSamples.Message(_ids.Next().Value, recipients));

    public async Task<NewMessage> AcceptAsync(NewMessage message)
    {
        var offered = message with
        {
            ReceivedAt = Now,
            Lease = Runner.OfferLease(message.Recipients.Select(r => r.NextHop).Distinct(StringComparer.Ordinal).ToArray()),
        };
        Runner.Enqueued(offered, await Store.EnqueueAsync(offered));
        return offered;
    }

    /// <summary>Moves time on and has the runner look.</summary>
    public void Advance(TimeSpan by)
    {
        Clock.Advance(by);
        Runner.Wake(null);
    }

    /// <summary>Has the runner look at the queue once from beginning to end.</summary>
    public async Task LookAsync()
    {
        // The first may have begun before.
        for (var i = 0; i < 2; i++)
        {
            var looks = Store.Calls.Count(c => c == "FindDueAsync");
            Runner.Wake(null);
            await Store.UntilAsync(s => s.Calls.Count(c => c == "FindDueAsync") > looks);
        }
    }

    public IReadOnlyList<TrackingEvent> Events(TrackingEventKind kind) => Store.Events.Where(e => e.Kind == kind).ToArray();

    public async Task StopAsync(TimeSpan? finishTime = null)
    {
        _stopped = true;
        await Runner.StopAsync(finishTime ?? TimeSpan.FromSeconds(10), () => ValueTask.CompletedTask, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await StopAsync();
        }

        Runner.Dispose();
        _observer.Dispose();
    }
}
