using System.Collections.Concurrent;
using System.Net;
using SmtpTls.Storage;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Facades;

public sealed class SmtpRelayTests : IAsyncDisposable
{
    private readonly SmtpListener _sink = SmtpListener.Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback], TlsMode = TlsMode.None });
    private readonly MemoryQueueStore _store = new();
    private readonly ConcurrentQueue<RelayEvent> _log = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private SmtpRoute Route => new() { Domains = ["*"], SmartHosts = [new SmartHost("127.0.0.1", _sink.Port)], TlsLevel = TlsLevel.None };

    private SmtpRelayOptions Options => new()
    {
        Store = _store,
        Routes = [Route],
        Listeners = [Listener],
        HostName = "relay.test",
        Log = _log.Enqueue,
    };

    private static SmtpListenerOptions Listener => new() { Addresses = [IPAddress.Loopback], TlsMode = TlsMode.None };

    [Fact]
    public async Task A_message_goes_from_a_client_through_the_queue_to_the_next_hop()
    {
        await using var relay = await SmtpRelay.StartAsync(Options, Cancel);

        var sent = await SendAsync(relay);
        using var received = await _sink.Capture!.ReceiveAsync(Cancel);
        Assert.True(await relay.WaitDrainedAsync(TimeSpan.FromSeconds(10), Cancel));

        Assert.Null(sent.Failure);
        Assert.Equal(("a@test", "b@one.test"), (received.From, received.To[0]));
        Assert.StartsWith("Received: from ", received.GetText(), StringComparison.Ordinal);
        Assert.EndsWith("Subject: x\r\n\r\nbody\r\n", received.GetText(), StringComparison.Ordinal);
        Assert.Equal((1, 1, 0), (relay.Counters.Accepted, relay.Counters.Delivered, relay.Counters.Bounced));
        Assert.Equal(0, _store.Count);
        Assert.Equal([TrackingEventKind.Receive, TrackingEventKind.Send], _store.Events.Select(e => e.Kind));
        Assert.Null(relay.LastError);
        Assert.Equal(received.Id, _store.Events[1].RemoteQueueId);
    }

    [Fact]
    public async Task The_same_over_a_queue_in_a_file_which_is_closed_when_the_relay_stops()
    {
        using var folder = new TemporaryFolder();
        var options = new SqliteQueueOptions { Path = Path.Combine(folder.Path, "edge.queue"), Access = QueueAccess.Relay };
        for (var run = 0; run < 2; run++)
        {
            var store = await SqliteQueueStore.OpenAsync(options, Cancel);
            await using var relay = await SmtpRelay.StartAsync(Options with { Store = store }, Cancel);
            for (var i = 0; i < 20; i++)
            {
                Assert.Null((await SendAsync(relay)).Failure);
            }

            Assert.True(await relay.WaitDrainedAsync(TimeSpan.FromSeconds(20), Cancel));
            Assert.Equal(20, relay.Counters.Delivered);
            Assert.Empty(await relay.Queue.SummarizeAsync(Cancel));
        }

        Assert.Equal(40, _sink.Received);
    }

    [Fact]
    public async Task A_smart_host_that_is_the_relay_itself_is_a_loop()
    {
        await using var probe = SmtpListener.Start(Listener);
        var port = probe.Port;
        await probe.StopAsync(cancellationToken: Cancel);
        await using var relay = await SmtpRelay.StartAsync(
            Options with { Routes = [Route with { SmartHosts = [new SmartHost("127.0.0.1", port)] }], Listeners = [Listener with { Port = port }] }, Cancel);

        Assert.Null((await SendAsync(relay)).Failure);
        await _store.UntilAsync(s => s.Events.Any(e => e.Code == FindingCode.MailLoop));

        Assert.Equal(1, relay.Counters.Accepted);
    }

    [Fact]
    public async Task A_message_with_101_Received_fields_is_refused()
    {
        await using var relay = await SmtpRelay.StartAsync(Options, Cancel);
        var looped = string.Concat(Enumerable.Range(0, 101).Select(i => $"Received: from h{i}.test by h{i + 1}.test; Sat, 21 Nov 2026 12:00:00 +0000\r\n")) + "Subject: x\r\n\r\nbody\r\n";

        var sent = await SendAsync(relay, looped);

        Assert.Equal(554, sent.Failure!.Reply!.Code);
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task An_older_queue_follows_the_routes_of_today()
    {
        await _store.EnqueueAsync(QueueSamples.Message(1, "b@one.test"));
        await using var relay = await SmtpRelay.StartAsync(Options, Cancel);
        using var received = await _sink.Capture!.ReceiveAsync(Cancel);

        Assert.True(await relay.WaitDrainedAsync(TimeSpan.FromSeconds(10), Cancel));
        Assert.Equal($"127.0.0.1:{_sink.Port}", _store.Events.Single().NextHop);
    }

    [Fact]
    public async Task A_file_in_the_pickup_folder_and_an_import_are_sent()
    {
        using var folder = new TemporaryFolder();
        var pickup = Path.Combine(folder.Path, "pickup");
        await using var relay = await SmtpRelay.StartAsync(Options with { PickupPath = pickup }, Cancel);
        var file = Path.Combine(folder.Path, "x.eml");
        await File.WriteAllTextAsync(file, "From: a@test\r\nTo: b@one.test\r\nSubject: x\r\n\r\nbody\r\n", Cancel);

        var id = await relay.Queue.ImportAsync(file, cancellationToken: Cancel);
        using var imported = await _sink.Capture!.ReceiveAsync(Cancel);
        File.Move(file, Path.Combine(pickup, "x.eml"));
        using var picked = await _sink.Capture!.ReceiveAsync(Cancel);

        Assert.Contains($"id {id}", imported.GetText(), StringComparison.Ordinal);
        Assert.Equal("b@one.test", picked.To[0]);
        Assert.Equal([MessageSourceKind.Import, MessageSourceKind.Pickup], _store.Events.Where(e => e.Origin is not null).Select(e => e.Origin!.Kind));
    }

    [Fact]
    public async Task A_stop_leaves_what_cannot_be_delivered_in_the_queue_and_closes_the_store()
    {
        await _sink.StopAsync(TimeSpan.Zero, Cancel);
        var relay = await SmtpRelay.StartAsync(Options, Cancel);
        Assert.Null((await SendAsync(relay)).Failure);
        await _store.UntilAsync(s => s.Backoffs.Count == 1);

        Assert.True(await relay.WaitDrainedAsync(TimeSpan.FromSeconds(10), Cancel));
        await relay.StopAsync(drain: true, cancellationToken: Cancel);

        Assert.False(relay.IsRunning);
        Assert.Equal((1, 1), (_store.Count, _store.Disposals));
        Assert.Equal(FindingCode.ConnectFailed, relay.LastError!.Code);
        Assert.Throws<SmtpException>(() => relay.AddListener(Listener));
        await relay.DisposeAsync();
        await relay.DisposeAsync();
        Assert.Equal(1, _store.Disposals);
    }

    [Fact]
    public async Task A_listener_can_be_added_and_a_failed_start_leaves_nothing_running()
    {
        await using var relay = await SmtpRelay.StartAsync(Options with { Listeners = [], LeaveStoreOpen = true }, Cancel);
        var added = relay.AddListener(Listener);

        var error = await Assert.ThrowsAsync<SmtpException>(() => SmtpRelay.StartAsync(Options with { Listeners = [Listener, Listener with { Port = added.Port }] }, Cancel));

        Assert.Equal(FindingCode.ListenFailed, error.Failure.Code);
        Assert.Equal(0, _store.Disposals);
        Assert.Equal([added], relay.Listeners);
    }

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task Options_that_cannot_be_used_are_named(string part, Func<SmtpRelayOptions, SmtpRelayOptions> change)
    {
        var error = await Assert.ThrowsAsync<SmtpException>(() => SmtpRelay.StartAsync(change(Options), Cancel));

        Assert.Equal(FindingCode.InvalidInput, error.Failure.Code);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Empty(_store.Calls);
    }

    public static TheoryData<string, Func<SmtpRelayOptions, SmtpRelayOptions>> Unusable() => new()
    {
        { "no route", o => o with { Routes = [] } },
        { "name", o => o with { Name = " " } },
        { "one.test", o => o with { Routes = [o.Routes[0] with { Domains = ["one.test"] }, o.Routes[0] with { Domains = ["one.test"] }] } },
        { "host name", o => o with { HostName = "not a name" } },
        { "TrackingRetention", o => o with { TrackingRetention = TimeSpan.Zero } },
        { "Schedule", o => o with { Retry = new RetryOptions { Schedule = [] } } },
        { "ConnectionsPerNextHop", o => o with { Delivery = new DeliveryLimits { ConnectionsPerNextHop = 0 } } },
        { "sink", o => o with { Listeners = [Listener with { Sink = new MessageCapture() }] } },
        { "fingerprint", o => o with { AllowFingerprints = ["xyz"] } },
    };

    [Fact]
    public async Task Removing_with_a_report_tells_the_sender_and_the_log_who_did_it()
    {
        await _store.EnqueueAsync(QueueSamples.Message(1, "b@one.test"));
        await using var queue = new SmtpQueue(_store, new SmtpQueueOptions { HostName = "relay.test" });

        var removed = await queue.RemoveAsync([new QueueId(1), new QueueId(2)], withNdr: true, "ops", Cancel);

        Assert.Equal([new QueueId(1)], removed);
        var (report, text) = Assert.Single(_store.Notifications);
        Assert.Equal(("a@test", "test"), (report.Recipients[0].Address, report.Recipients[0].NextHop));
        Assert.Contains("Final-Recipient: rfc822; b@one.test\r\nAction: failed\r\nStatus: 5.3.2\r\n", text, StringComparison.Ordinal);
        Assert.Equal("Removed by ops, with a report to the sender.", _store.Events.Single(e => e.Kind == TrackingEventKind.Remove).Detail);
        Assert.Single(_store.Events, e => e.Kind == TrackingEventKind.Dsn);
    }

    [Theory]
    [InlineData(false, "a@test", DsnNotify.Unspecified)]
    [InlineData(true, "", DsnNotify.Unspecified)]
    [InlineData(true, "a@test", DsnNotify.Never)]
    [InlineData(true, "a@test", DsnNotify.Success)]
    public async Task Nobody_is_told_who_does_not_want_to_hear_of_it(bool withNdr, string sender, DsnNotify notify)
    {
        var recipient = QueueSamples.Recipient("b@one.test") with { Notify = notify };
        await _store.EnqueueAsync(QueueSamples.Message(1) with { ReversePath = sender, Recipients = [recipient] });
        await using var queue = new SmtpQueue(_store);

        Assert.Single(await queue.RemoveAsync([new QueueId(1)], withNdr, by: null, Cancel));

        Assert.Empty(_store.Notifications);
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task Without_routes_nothing_can_be_imported()
    {
        await using var queue = new SmtpQueue(_store);

        var error = await Assert.ThrowsAsync<SmtpException>(() => queue.ImportAsync("x.eml", cancellationToken: Cancel));

        Assert.Contains("routes", error.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _sink.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static async Task<SendResult> SendAsync(SmtpRelay relay, string content = "Subject: x\r\n\r\nbody\r\n")
    {
        using var message = OutgoingMessage.FromBytes(System.Text.Encoding.ASCII.GetBytes(content), "a@test", ["b@one.test"]);
        var options = new SendOptions { Server = "127.0.0.1", Port = relay.Listeners[0].Port, TlsMode = TlsMode.None };
        return await new SmtpSender().SendAsync(options, message, Cancel);
    }
}
