using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

public sealed class RelayObserverTests
{
    private static readonly FakeClock Clock = new(QueueSamples.Noon);

    [Fact]
    public void What_the_log_throws_harms_nobody()
    {
        using var observer = new RelayObserver("x", _ => throw new InvalidOperationException("the log"), Clock);

        observer.Report(new RelayEvent(QueueSamples.Noon, RelayEventKind.Started, "x"));
        observer.Accepted(QueueSamples.Message(1, "b@one.test"));

        Assert.Equal(1, observer.Counters(0).Accepted);
    }

    [Fact]
    public async Task The_meter_counts_messages_recipients_and_the_queue_by_relay()
    {
        const string Name = "observer-test-meter";
        var seen = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Meter.Name == RelayObserver.SourceName && instrument.Meter.Tags?.Any(tag => Equals(tag.Value, Name)) == true)
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.AddOrUpdate(Key(instrument, tags), value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen[Key(instrument, tags)] = value);
        listener.Start();
        using var observer = new RelayObserver(Name, null, Clock);
        Assert.True(observer.WantsDepth);

        observer.Accepted(QueueSamples.Message(1, "b@one.test"));
        var store = new MemoryQueueStore();
        await store.EnqueueAsync(QueueSamples.Message(1, "b@one.test"));
        var lease = (await store.LeaseAsync(new() { Owner = "x", Now = Clock.GetUtcNow(), Until = Clock.GetUtcNow().AddMinutes(1), Maximum = 1 }, TestContext.Current.CancellationToken))[0];
        var report = FakeAgent.Delivered(lease);
        var verdict = AttemptVerdict.Of(lease, report.Recipients, new RetryOptions(), Clock.GetUtcNow(), 0.5);
        observer.Attempted(lease, report, new() { Delivery = 1, Id = lease.Id, Owner = "x", Done = [0], Events = AttemptTracking.Of(lease, report, verdict, TlsLevel.None, Clock.GetUtcNow()) }, activity: null);
        observer.SetQueue([new NextHopQueue { NextHop = "one", Ready = 2, Deferred = 3, Oldest = QueueSamples.Noon.AddMinutes(-5) }]);
        listener.RecordObservableInstruments();

        Assert.Equal(1, seen["smtptls.messages.accepted{message}"]);
        Assert.Equal(1, seen["smtptls.recipients.delivered{recipient}"]);
        Assert.Equal(2, seen["smtptls.queue.depth{delivery}ready"]);
        Assert.Equal(3, seen["smtptls.queue.depth{delivery}deferred"]);
        Assert.Equal(300, seen["smtptls.queue.oldest_ages"]);
        Assert.True(seen.ContainsKey("smtptls.attempt.durations"));
    }

    [Fact]
    public async Task An_attempt_is_an_activity_with_its_outcome()
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RelayObserver.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var bench = await RunnerBench.StartAsync();

        var message = await bench.AcceptAsync("b@one.test");
        await bench.Store.UntilAsync(s => s.Count == 0);

        var activity = Assert.Single(stopped, a => Equals(a.GetTagItem("smtptls.queue.id"), message.Id.ToString()));
        Assert.Equal(("smtp.deliver", "delivered", ActivityStatusCode.Ok), (activity.OperationName, activity.GetTagItem("smtptls.outcome"), activity.Status));
    }

    private static string Key(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var state = "";
        foreach (var tag in tags)
        {
            state = tag.Key == "smtptls.state" ? (string)tag.Value! : state;
        }

        return $"{instrument.Name}{instrument.Unit}{state}";
    }
}
