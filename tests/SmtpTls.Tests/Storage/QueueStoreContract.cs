#pragma warning disable MA0002 // Assert.Equal compares strings as they are.
using System.Text;
using SmtpTls.Queue;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.QueueSamples;

namespace SmtpTls.Tests.Storage;

/// <summary>What every queue store promises, run against each of them: taking in, leases and outcomes.</summary>
public abstract partial class QueueStoreContract
{
    protected const string Me = "relay-1";
    protected const string Other = "relay-2";
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>An empty store of a test's own.</summary>
    private protected abstract Task<IQueueStore> OpenAsync();

    private protected static LeaseRequest Request(DateTimeOffset now, string owner = Me, int maximum = 100, string? nextHop = null) =>
        new() { Owner = owner, Now = now, Until = now + Lease, Maximum = maximum, NextHop = nextHop };

    private protected static DeliveryResult Deferred(DeliveryLease lease, DateTimeOffset next, string failure = "450 later") => new()
    {
        Delivery = lease.Delivery,
        Id = lease.Id,
        Owner = Me,
        Done = [],
        Deferred = lease.Recipients.Select(r => new DeferredRecipient(r.Number, failure)).ToArray(),
        NextAttemptAt = next,
    };

    private protected static DeliveryResult Done(DeliveryLease lease, string owner = Me) => new()
    {
        Delivery = lease.Delivery,
        Id = lease.Id,
        Owner = owner,
        Done = lease.Recipients.Select(r => r.Number).ToArray(),
    };

    private protected static TrackingEvent Event(long id, TrackingEventKind kind, DateTimeOffset time, params string[] recipients) =>
        new() { Id = new QueueId(id), Kind = kind, Time = time, From = "a@test", Recipients = recipients };

    private protected static async Task<IReadOnlyList<QueuedMessage>> AllAsync(IQueueStore store, DateTimeOffset? now = null) =>
        await store.FindMessagesAsync(new MessageQuery(), now ?? Noon, Cancel);

    private protected static async Task<IReadOnlyList<TrackingEvent>> EventsAsync(IQueueStore store) =>
        (await store.FindEventsAsync(new TrackingQuery(), Cancel)).Events;

    private protected static async Task<string?> ContentAsync(IQueueStore store, long id)
    {
        await using var stream = await store.OpenContentAsync(new QueueId(id), Cancel);
        if (stream is null)
        {
            return null;
        }

        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(Cancel);
    }

    [Fact]
    public async Task A_message_comes_back_as_it_went_in()
    {
        await using var store = await OpenAsync();
        var tls = new TlsEvidence
        {
            Mode = TlsMode.StartTls,
            Protocol = "TLSv1.3",
            CipherSuite = "TLS_AES_256_GCM_SHA384",
            ServerNameIndication = "mx.test",
            ReferenceIdentity = "mx.test",
            MatchedIdentity = "*.test",
            Level = TlsLevel.Verify,
            Verified = true,
            PeerSha256 = new string('A', 64),
        };
        var origin = new MessageOrigin
        {
            Kind = MessageSourceKind.Smtp,
            Source = "listener",
            RemoteEndPoint = "192.0.2.1:4711",
            HelloName = "client.test",
            User = "anna",
            Tls = tls,
            ClientCertificateSha256 = new string('B', 64),
        };
        var message = Message(7, "b@one.test", "c@two.test", "d@one.test") with
        {
            Origin = origin,
            HasEightBit = true,
            NeedsSmtpUtf8 = true,
            Return = DsnReturn.Headers,
            EnvelopeId = "env+2B1",
            Subject = "Grüße",
            Recipients =
            [
                Recipient("b@one.test") with { Notify = DsnNotify.Success | DsnNotify.Delay, OriginalRecipient = "rfc822;x@one.test" },
                Recipient("c@two.test"),
                Recipient("d@one.test"),
            ],
        };

        Assert.Empty(await store.EnqueueAsync(message, "content"));

        var found = Assert.Single(await AllAsync(store));
        Assert.Equal(new QueueId(7), found.Id);
        Assert.Equal(QueueState.Ready, found.State);
        Assert.Equal("a@test", found.From);
        Assert.Equal(["b@one.test", "c@two.test", "d@one.test"], found.Recipients.Select(r => r.Recipient));
        Assert.Equal(["one.test", "two.test", "one.test"], found.Recipients.Select(r => r.NextHop));
        Assert.Equal(DsnNotify.Success | DsnNotify.Delay, found.Recipients[0].Notify);
        Assert.Equal("rfc822;x@one.test", found.Recipients[0].OriginalRecipient);
        Assert.Equal(7, found.Size);
        Assert.Equal(Noon, found.ReceivedAt);
        Assert.Equal(Noon, found.NextAttemptAt);
        Assert.Equal(0, found.Attempts);
        Assert.Null(found.LastFailure);
        Assert.Equal("Grüße", found.Subject);
        Assert.Equal("<7@test>", found.MessageId);
        Assert.Equal(origin, found.Origin);
        Assert.Equal("env+2B1", found.EnvelopeId);
        Assert.Equal(DsnReturn.Headers, found.Return);
        Assert.True(found.HasEightBit);
        Assert.True(found.NeedsSmtpUtf8);
        Assert.Equal("content", await ContentAsync(store, 7));
    }

    [Fact]
    public async Task A_lease_says_all_that_delivery_needs()
    {
        await using var store = await OpenAsync();
        var message = Message(7, "b@one.test", "c@two.test", "d@one.test") with { EnvelopeId = "e", Return = DsnReturn.Full, HasEightBit = true, NeedsSmtpUtf8 = true };
        _ = await store.EnqueueAsync(message, "content");

        var leases = await store.LeaseAsync(Request(Noon), Cancel);

        Assert.Equal(2, leases.Count);
        Assert.Equal(2, leases.Select(l => l.Delivery).Distinct().Count());
        var one = leases.Single(l => l.Domain == "one.test");
        Assert.Equal(new QueueId(7), one.Id);
        Assert.Equal("one.test", one.NextHop);
        Assert.Equal(1, one.Attempt);
        Assert.Equal(Noon + Lease, one.Until);
        Assert.False(one.DelayNotified);
        Assert.Equal("a@test", one.ReversePath);
        Assert.Equal([new LeasedRecipient(0, "b@one.test", DsnNotify.Unspecified, null), new LeasedRecipient(2, "d@one.test", DsnNotify.Unspecified, null)], one.Recipients);
        Assert.Equal(7, one.Size);
        Assert.Equal(Noon, one.ReceivedAt);
        Assert.True(one.HasEightBit);
        Assert.True(one.NeedsSmtpUtf8);
        Assert.Equal(DsnReturn.Full, one.Return);
        Assert.Equal("e", one.EnvelopeId);
        Assert.Equal("<7@test>", one.MessageId);
        Assert.Equal(QueueState.Active, Assert.Single(await AllAsync(store)).State);
    }

    [Fact]
    public async Task A_second_message_with_an_id_is_refused_and_the_first_stays()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(7, "b@one.test"), "first");

        var refused = await Assert.ThrowsAsync<SmtpException>(() => store.EnqueueAsync(Message(7, "c@two.test"), "second"));

        Assert.Equal(FindingCode.QueueUnavailable, refused.Failure.Code);
        Assert.Equal("b@one.test", Assert.Single(Assert.Single(await AllAsync(store)).Recipients).Recipient);
        Assert.Equal("first", await ContentAsync(store, 7));
    }

    [Fact]
    public async Task A_message_cancelled_before_it_is_handed_over_is_not_kept()
    {
        await using var store = await OpenAsync();
        using var content = new MemoryStream([1, 2, 3]);

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.EnqueueAsync(Message(7, "b@one.test") with { Size = 3 }, content, new CancellationToken(canceled: true)));

        Assert.Empty(await AllAsync(store));
    }

    [Fact]
    public async Task Content_is_read_from_where_its_stream_stands_and_is_seekable()
    {
        await using var store = await OpenAsync();
        using var content = new MemoryStream(Encoding.ASCII.GetBytes("skipped0123456789")) { Position = 7 };
        _ = await store.EnqueueAsync(Message(7, "b@one.test") with { Size = 10 }, content, Cancel);

        await using var stream = (await store.OpenContentAsync(new QueueId(7), Cancel))!;
        stream.Position = 8;

        Assert.Equal(10, stream.Length);
        Assert.Equal('8', stream.ReadByte());
        Assert.Equal(1, stream.Seek(1, SeekOrigin.Begin));
        Assert.Equal('1', stream.ReadByte());
        Assert.Null(await store.OpenContentAsync(new QueueId(8), Cancel));
    }

    [Fact]
    public async Task An_enqueued_message_is_leased_in_the_same_change_to_the_next_hops_named_and_not_backed_off()
    {
        await using var store = await OpenAsync();
        await store.SetBackoffAsync("down.test", new NextHopBackoff(Noon.AddHours(1), 1, "refused"), Cancel);
        var terms = new LeaseTerms(Me, Noon + Lease, new HashSet<string>(StringComparer.Ordinal) { "one.test", "down.test" });

        var leases = await store.EnqueueAsync(Message(7, "b@one.test", "c@two.test", "d@down.test") with { Lease = terms });

        var lease = Assert.Single(leases);
        Assert.Equal("one.test", lease.NextHop);
        Assert.Equal(1, lease.Attempt);
        Assert.Equal(["two.test"], (await store.FindDueAsync(Noon, 10, Cancel)).Select(d => d.NextHop));
        Assert.True(await store.CompleteAsync(Done(lease), Cancel));
        Assert.Equal(["c@two.test", "d@down.test"], Assert.Single(await AllAsync(store)).Recipients.Select(r => r.Recipient));
    }

    [Fact]
    public async Task Next_hops_are_due_the_longest_due_first()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@late.test") with { ReceivedAt = Noon.AddMinutes(2) });
        _ = await store.EnqueueAsync(Message(2, "b@early.test") with { ReceivedAt = Noon });
        _ = await store.EnqueueAsync(Message(3, "b@middle.test") with { ReceivedAt = Noon.AddMinutes(1) });
        _ = await store.EnqueueAsync(Message(4, "b@early.test") with { ReceivedAt = Noon.AddMinutes(1) });

        Assert.Empty(await store.FindDueAsync(Noon.AddMinutes(-1), 10, Cancel));
        Assert.Equal([new DueNextHop("early.test", Noon)], await store.FindDueAsync(Noon, 10, Cancel));
        Assert.Equal(["early.test", "middle.test", "late.test"], (await store.FindDueAsync(Noon.AddMinutes(2), 10, Cancel)).Select(d => d.NextHop));
        Assert.Equal(["early.test", "middle.test"], (await store.FindDueAsync(Noon.AddMinutes(2), 2, Cancel)).Select(d => d.NextHop));
    }

    [Fact]
    public async Task What_is_leased_is_nobody_elses_until_the_lease_ends()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        var first = Assert.Single(await store.LeaseAsync(Request(Noon), Cancel));

        Assert.Empty(await store.FindDueAsync(Noon, 10, Cancel));
        Assert.Empty(await store.LeaseAsync(Request(Noon, Other), Cancel));

        var later = Noon + Lease;
        Assert.Equal("one.test", Assert.Single(await store.FindDueAsync(later, 10, Cancel)).NextHop);
        var second = Assert.Single(await store.LeaseAsync(Request(later, Other), Cancel));
        Assert.Equal(2, second.Attempt);
        Assert.Equal(first.Delivery, second.Delivery);
    }

    [Fact]
    public async Task Of_many_takers_each_delivery_has_one()
    {
        await using var store = await OpenAsync();
        for (var i = 1; i <= 100; i++)
        {
            _ = await store.EnqueueAsync(Message(i, "b@one.test"));
        }

        var takers = Enumerable.Range(0, 10).Select(taker => Task.Run(async () => await store.LeaseAsync(Request(Noon, $"relay-{taker}", 15), Cancel), Cancel)).ToArray();
        var taken = (await Task.WhenAll(takers)).SelectMany(leases => leases).Select(lease => lease.Delivery).ToArray();

        Assert.Equal(100, taken.Length);
        Assert.Equal(100, taken.Distinct().Count());
    }

    [Fact]
    public async Task A_lease_request_takes_at_most_so_many_of_the_next_hop_it_names()
    {
        await using var store = await OpenAsync();
        for (var i = 1; i <= 4; i++)
        {
            _ = await store.EnqueueAsync(Message(i, "b@one.test", "c@two.test"));
        }

        Assert.All(await store.LeaseAsync(Request(Noon, maximum: 3, nextHop: "one.test"), Cancel), lease => Assert.Equal("one.test", lease.NextHop));
        Assert.Single(await store.LeaseAsync(Request(Noon, maximum: 3, nextHop: "one.test"), Cancel));
        Assert.Empty(await store.LeaseAsync(Request(Noon, nextHop: "three.test"), Cancel));
        Assert.Equal(4, (await store.LeaseAsync(Request(Noon), Cancel)).Count);
    }

    [Fact]
    public async Task A_renewed_lease_lasts_longer_and_a_lost_one_is_left_out()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        _ = await store.EnqueueAsync(Message(2, "b@two.test"));
        _ = await store.EnqueueAsync(Message(3, "b@three.test"));
        var leases = (await store.LeaseAsync(Request(Noon), Cancel)).ToDictionary(l => l.Id.Value, l => l.Delivery);
        _ = await store.LeaseAsync(Request(Noon + Lease, Other, nextHop: "two.test"), Cancel);
        _ = await store.RemoveAsync([new MessageRemoval(new QueueId(3))], Cancel);

        var held = await store.RenewAsync(Me, [leases[1], leases[2], leases[3], 4711], Noon + (4 * Lease), Cancel);

        Assert.Equal([leases[1]], held);
        Assert.Empty(await store.LeaseAsync(Request(Noon + (3 * Lease), nextHop: "one.test"), Cancel));
        Assert.Single(await store.LeaseAsync(Request(Noon + (4 * Lease), nextHop: "one.test"), Cancel));
    }

    [Fact]
    public async Task A_lease_given_back_is_due_as_before_and_not_counted()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        var lease = Assert.Single(await store.LeaseAsync(Request(Noon.AddMinutes(1)), Cancel));

        await store.ReleaseAsync(Other, [lease.Delivery], Cancel);
        Assert.Empty(await store.FindDueAsync(Noon.AddMinutes(1), 10, Cancel));

        await store.ReleaseAsync(Me, [lease.Delivery], Cancel);
        Assert.Equal([new DueNextHop("one.test", Noon)], await store.FindDueAsync(Noon.AddMinutes(1), 10, Cancel));
        Assert.Equal(0, Assert.Single(await AllAsync(store)).Attempts);
        Assert.Equal(1, Assert.Single(await store.LeaseAsync(Request(Noon.AddMinutes(1)), Cancel)).Attempt);
    }

    [Fact]
    public async Task A_message_goes_with_its_last_recipient()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@two.test"));
        var leases = await store.LeaseAsync(Request(Noon), Cancel);

        Assert.True(await store.CompleteAsync(Done(leases[0]), Cancel));
        Assert.Equal(leases[1].Recipients[0].Address, Assert.Single(Assert.Single(await AllAsync(store)).Recipients).Recipient);
        Assert.NotNull(await ContentAsync(store, 1));

        Assert.True(await store.CompleteAsync(Done(leases[1]), Cancel));
        Assert.Empty(await AllAsync(store));
        Assert.Null(await ContentAsync(store, 1));
        Assert.Empty(await store.SummarizeAsync(Noon, Cancel));
    }

    [Fact]
    public async Task Recipients_are_deferred_each_with_its_failure_and_who_is_not_named_waits_on_as_before()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@one.test", "d@one.test"));
        var lease = Assert.Single(await store.LeaseAsync(Request(Noon), Cancel));
        var next = Noon.AddMinutes(15);

        Assert.True(await store.CompleteAsync(Deferred(lease, next) with { Done = [1], Deferred = [new DeferredRecipient(0, "450 mailbox busy")], DelayNotified = true }, Cancel));

        var message = Assert.Single(await AllAsync(store));
        Assert.Equal(["b@one.test", "d@one.test"], message.Recipients.Select(r => r.Recipient));
        Assert.Equal(["450 mailbox busy", null], message.Recipients.Select(r => r.LastFailure));
        Assert.Equal("450 mailbox busy", message.LastFailure);
        Assert.Equal((QueueState.Deferred, 1, next), (message.State, message.Attempts, message.NextAttemptAt!.Value));
        Assert.Empty(await store.FindDueAsync(next.AddSeconds(-1), 10, Cancel));
        var again = Assert.Single(await store.LeaseAsync(Request(next), Cancel));
        Assert.Equal([0, 2], again.Recipients.Select(r => r.Number));
        Assert.Equal(2, again.Attempt);
        Assert.True(again.DelayNotified);
    }

    [Fact]
    public async Task An_attempt_that_tried_no_connection_is_not_counted()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        var lease = Assert.Single(await store.LeaseAsync(Request(Noon), Cancel));

        Assert.True(await store.CompleteAsync(Deferred(lease, Noon.AddMinutes(1)) with { Untried = true }, Cancel));

        Assert.Equal(0, Assert.Single(await AllAsync(store)).Attempts);
    }

    [Fact]
    public async Task A_result_without_a_lease_leaves_its_events_and_nothing_else()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        var lost = Assert.Single(await store.LeaseAsync(Request(Noon), Cancel));
        _ = await store.LeaseAsync(Request(Noon + Lease, Other), Cancel);
        var result = Done(lost) with
        {
            Events = [Event(1, TrackingEventKind.Send, Noon, "b@one.test")],
            Notifications = [new Notification(Message(2, "a@test"), new byte[] { 1 })],
        };

        Assert.False(await store.CompleteAsync(result with { Notifications = [] }, Cancel));
        Assert.Single(await AllAsync(store));

        _ = await store.RemoveAsync([new MessageRemoval(new QueueId(1))], Cancel);
        Assert.False(await store.CompleteAsync(result, Cancel));
        Assert.Empty(await AllAsync(store));
        Assert.Equal(2, (await EventsAsync(store)).Count(e => e.Kind == TrackingEventKind.Send));
    }

    [Fact]
    public async Task A_lease_that_ended_and_that_nobody_took_still_counts()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        var lease = Assert.Single(await store.LeaseAsync(Request(Noon), Cancel));
        Assert.Single(await store.FindDueAsync(Noon + (2 * Lease), 10, Cancel));

        Assert.True(await store.CompleteAsync(Done(lease), Cancel));
        Assert.Empty(await AllAsync(store));
    }

    [Fact]
    public async Task Notifications_are_queued_in_the_same_change()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        var lease = Assert.Single(await store.LeaseAsync(Request(Noon), Cancel));
        var report = Message(2, "a@test") with { ReversePath = "", Size = 6, Events = [Event(2, TrackingEventKind.Receive, Noon, "a@test")] };

        Assert.True(await store.CompleteAsync(Done(lease) with { Notifications = [new Notification(report, Encoding.ASCII.GetBytes("report"))] }, Cancel));

        var queued = Assert.Single(await AllAsync(store));
        Assert.Equal((new QueueId(2), "", "a@test"), (queued.Id, queued.From, queued.Recipients[0].Recipient));
        Assert.Equal("report", await ContentAsync(store, 2));
        Assert.Equal(new QueueId(2), Assert.Single(await EventsAsync(store)).Id);
    }

    [Fact]
    public async Task A_clock_that_jumps_back_loses_nothing()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test") with { Events = [Event(1, TrackingEventKind.Receive, Noon, "b@one.test")] });
        var back = Noon.AddHours(-1);
        _ = await store.EnqueueAsync(Message(2, "c@two.test") with { ReceivedAt = back, Events = [Event(2, TrackingEventKind.Receive, back, "c@two.test")] });

        Assert.Equal(["two.test"], (await store.FindDueAsync(back, 10, Cancel)).Select(d => d.NextHop));
        Assert.Equal(["two.test", "one.test"], (await store.FindDueAsync(Noon, 10, Cancel)).Select(d => d.NextHop));
        Assert.Equal([2, 1], (await EventsAsync(store)).Select(e => e.Id.Value));
        Assert.Equal([1, 2], (await AllAsync(store, back)).Select(m => m.Id.Value));
    }
}
