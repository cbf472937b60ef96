#pragma warning disable MA0002 // Assert.Equal compares strings as they are.
using SmtpTls.Queue;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.QueueSamples;

namespace SmtpTls.Tests.Storage;

/// <content>Looking for messages and for entries of the tracking log.</content>
public abstract partial class QueueStoreContract
{
    [Theory]
    [InlineData("*@gone.example", 1, 3)]
    [InlineData("B@GONE.EXAMPLE", 1)]
    [InlineData("?@gone.example", 1, 3)]
    [InlineData("100%@gone.example")]
    [InlineData("100%@*", 4)]
    [InlineData("_@gone.example")]
    [InlineData("a_b@*", 5)]
    [InlineData("[ab]@*", 6)]
    [InlineData("*gone*", 1, 3)]
    [InlineData("*", 1, 2, 3, 4, 5, 6)]
    [InlineData("gone")]
    [InlineData("")]
    public async Task Messages_are_found_by_a_pattern_for_a_recipient(string pattern, params int[] expected)
    {
        await using var store = await OpenAsync();
        string[] recipients = ["b@gone.example", "c@here.example", "d@gone.example", "100%@here.example", "a_b@here.example", "[ab]@here.example"];
        for (var i = 0; i < recipients.Length; i++)
        {
            _ = await store.EnqueueAsync(Message(i + 1, recipients[i]));
        }

        Assert.Equal(expected, (await store.FindMessagesAsync(new MessageQuery { Recipient = pattern }, Noon, Cancel)).Select(m => (int)m.Id.Value));
    }

    [Fact]
    public async Task Every_filter_that_is_set_must_hold()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@two.test"));
        _ = await store.EnqueueAsync(Message(2, "b@one.test") with { ReversePath = "" });
        _ = await store.EnqueueAsync(Message(3, "b@three.test") with { ReceivedAt = Noon.AddHours(1) });
        _ = await store.SuspendAsync([new QueueId(2)], Cancel);

        Assert.Equal([1, 2], await Find(new MessageQuery { NextHop = "ONE.*" }));
        Assert.Equal([1], await Find(new MessageQuery { NextHop = "two.test", Sender = "A@*" }));
        Assert.Empty(await Find(new MessageQuery { NextHop = "two.test", Sender = "nobody" }));
        Assert.Equal([2], await Find(new MessageQuery { Sender = "" }));
        Assert.Equal([2], await Find(new MessageQuery { State = QueueState.Suspended }));
        Assert.Equal([1], await Find(new MessageQuery { State = QueueState.Ready }));
        Assert.Equal([3], await Find(new MessageQuery { State = QueueState.Deferred }));
        Assert.Empty(await Find(new MessageQuery { State = QueueState.Active }));
        Assert.Equal([1, 2], await Find(new MessageQuery { ReceivedBefore = Noon.AddHours(1) }));
        Assert.Equal([3], await Find(new MessageQuery { ReceivedSince = Noon.AddHours(1) }));
        Assert.Equal([1, 3], await Find(new MessageQuery { Ids = [new QueueId(3), new QueueId(1), new QueueId(99)] }));
        Assert.Equal([3], await Find(new MessageQuery { Ids = [new QueueId(3), new QueueId(1)], Recipient = "*three*" }));

        async Task<IEnumerable<long>> Find(MessageQuery query) => (await store.FindMessagesAsync(query, Noon, Cancel)).Select(m => m.Id.Value);
    }

    [Fact]
    public async Task Only_recipients_who_still_wait_are_found()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@two.test"));
        var lease = Assert.Single(await store.LeaseAsync(Request(Noon, nextHop: "one.test"), Cancel));
        Assert.True(await store.CompleteAsync(Done(lease), Cancel));

        Assert.Empty(await store.FindMessagesAsync(new MessageQuery { Recipient = "b@*" }, Noon, Cancel));
        Assert.Empty(await store.FindMessagesAsync(new MessageQuery { NextHop = "one.test" }, Noon, Cancel));
        Assert.Single(await store.FindMessagesAsync(new MessageQuery { NextHop = "two.test" }, Noon, Cancel));
    }

    [Fact]
    public async Task A_messages_state_is_the_one_that_moves_most()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@two.test", "d@three.test"));
        Assert.True(await store.CompleteAsync(Deferred(Assert.Single(await store.LeaseAsync(Request(Noon, nextHop: "one.test"), Cancel)), Noon.AddHours(1), "450 x"), Cancel));
        Assert.Equal(QueueState.Ready, Assert.Single(await AllAsync(store)).State);
        _ = await store.LeaseAsync(Request(Noon, nextHop: "two.test"), Cancel);

        var message = Assert.Single(await AllAsync(store));

        Assert.Equal(QueueState.Active, message.State);
        Assert.Equal([QueueState.Deferred, QueueState.Active, QueueState.Ready], message.Recipients.Select(r => r.State));
        Assert.Equal([Noon.AddHours(1), null, Noon], message.Recipients.Select(r => r.NextAttemptAt));
        Assert.Equal((Noon, 1, "450 x"), (message.NextAttemptAt!.Value, message.Attempts, message.LastFailure));
    }

    [Fact]
    public async Task Messages_come_a_page_at_a_time_in_the_order_of_their_ids()
    {
        await using var store = await OpenAsync();
        foreach (var id in (int[])[5, 3, 1, 4, 2])
        {
            _ = await store.EnqueueAsync(Message(id, id % 2 == 0 ? "b@even.test" : "b@odd.test"));
        }

        var first = await store.FindMessagesAsync(new MessageQuery { PageSize = 2 }, Noon, Cancel);
        var second = await store.FindMessagesAsync(new MessageQuery { PageSize = 2, After = first[^1].Id }, Noon, Cancel);
        var third = await store.FindMessagesAsync(new MessageQuery { PageSize = 2, After = second[^1].Id }, Noon, Cancel);

        Assert.Equal([1, 2], first.Select(m => m.Id.Value));
        Assert.Equal([3, 4], second.Select(m => m.Id.Value));
        Assert.Equal([5], third.Select(m => m.Id.Value));
        Assert.Equal([1, 3], (await store.FindMessagesAsync(new MessageQuery { PageSize = 2, NextHop = "odd*" }, Noon, Cancel)).Select(m => m.Id.Value));
        Assert.Equal([5], (await store.FindMessagesAsync(new MessageQuery { PageSize = 2, NextHop = "odd*", After = new QueueId(3) }, Noon, Cancel)).Select(m => m.Id.Value));
        Assert.Equal([4, 5], (await store.FindMessagesAsync(new MessageQuery { Ids = [new QueueId(5), new QueueId(1), new QueueId(4)], After = new QueueId(1) }, Noon, Cancel)).Select(m => m.Id.Value));
    }

    [Fact]
    public async Task An_event_comes_back_as_it_went_in()
    {
        await using var store = await OpenAsync();
        var entry = Event(1, TrackingEventKind.Send, Noon, "b@one.test", "c@one.test") with
        {
            Queue = "edge",
            MessageId = "<1@test>",
            Size = 4096,
            NextHop = "one.test",
            Host = "mx.one.test",
            EndPoint = "192.0.2.1:25",
            Attempt = 3,
            TlsLevel = TlsLevel.Secure,
            Tls = new TlsEvidence { Mode = TlsMode.Implicit, Protocol = "TLSv1.2", CipherSuite = "TLS_X", CheckSkipped = true, IdentityUsed = TlsIdentity.Address, PeerThumbprint = "AB" },
            Reply = "250 2.0.0 Ok: queued as ABC",
            RemoteQueueId = "ABC",
            Code = FindingCode.OutcomeUnknown,
            Detail = "sent twice",
            Origin = new MessageOrigin { Kind = MessageSourceKind.Pickup, Source = "x.eml" },
            Age = TimeSpan.FromSeconds(1.5),
        };
        _ = await store.EnqueueAsync(Message(1, "b@one.test") with { Events = [entry] });

        var found = Assert.Single(await EventsAsync(store));

        Assert.Equal(entry.Recipients, found.Recipients);
        Assert.Equal(entry, found with { Recipients = entry.Recipients });
    }

    [Fact]
    public async Task Events_are_found_by_every_filter()
    {
        await using var store = await OpenAsync();
        TrackingEvent[] events =
        [
            Event(1, TrackingEventKind.Receive, Noon, "b@one.test", "c@two.test") with { MessageId = "<m1@test>" },
            Event(1, TrackingEventKind.Send, Noon.AddSeconds(1), "b@one.test") with { MessageId = "<m1@test>", NextHop = "one.test" },
            Event(2, TrackingEventKind.Defer, Noon.AddSeconds(2), "c@two.test") with { From = "", NextHop = "two.test" },
        ];
        _ = await store.EnqueueAsync(Message(1, "b@one.test") with { Events = events });

        Assert.Equal([0, 1], await Find(new TrackingQuery { Id = new QueueId(1) }));
        Assert.Equal([0, 1], await Find(new TrackingQuery { MessageId = "m1@test" }));
        Assert.Equal([0, 1], await Find(new TrackingQuery { MessageId = "<m1@test>" }));
        Assert.Equal([1, 2], await Find(new TrackingQuery { Kinds = [TrackingEventKind.Send, TrackingEventKind.Defer] }));
        Assert.Equal([0, 1], await Find(new TrackingQuery { Sender = "A@*" }));
        Assert.Equal([2], await Find(new TrackingQuery { Sender = "" }));
        Assert.Equal([0, 2], await Find(new TrackingQuery { Recipient = "c@*" }));
        Assert.Equal([1], await Find(new TrackingQuery { NextHop = "one*" }));
        Assert.Equal([1, 2], await Find(new TrackingQuery { Since = Noon.AddSeconds(1) }));
        Assert.Equal([0, 1], await Find(new TrackingQuery { Until = Noon.AddSeconds(2) }));
        Assert.Empty(await Find(new TrackingQuery { Id = new QueueId(1), Since = Noon.AddSeconds(2) }));

        async Task<IEnumerable<int>> Find(TrackingQuery query) =>
            (await store.FindEventsAsync(query, Cancel)).Events.Select(e => (int)(e.Time - Noon).TotalSeconds);
    }

    [Fact]
    public async Task Events_come_a_page_at_a_time_in_the_order_of_their_time()
    {
        await using var store = await OpenAsync();
        var times = (int[])[4, 2, 2, 3, 1];
        _ = await store.EnqueueAsync(Message(1, "b@one.test") with { Events = times.Select(t => Event(t, TrackingEventKind.Receive, Noon.AddSeconds(t))).ToArray() });

        var pages = new List<TrackingPage>();
        for (string? continuation = null; pages.Count == 0 || continuation is not null; continuation = pages[^1].Continuation)
        {
            pages.Add(await store.FindEventsAsync(new TrackingQuery { PageSize = 2, Continuation = continuation }, Cancel));
        }

        Assert.Equal([1L, 2, 2, 3, 4], pages.SelectMany(p => p.Events).Select(e => e.Id.Value));
        Assert.Equal([2, 2, 1], pages.Select(p => p.Events.Count));
        Assert.Null((await store.FindEventsAsync(new TrackingQuery { PageSize = 5 }, Cancel)).Continuation);
    }

    [Fact]
    public async Task Old_events_are_dropped_and_the_others_stay()
    {
        await using var store = await OpenAsync();
        var events = Enumerable.Range(0, 1200).Select(i => Event(1, TrackingEventKind.Receive, Noon.AddSeconds(i))).ToArray();
        _ = await store.EnqueueAsync(Message(1, "b@one.test") with { Events = events });

        await store.PurgeEventsAsync(Noon.AddSeconds(1195), Cancel);

        Assert.Equal(Enumerable.Range(1195, 5), (await EventsAsync(store)).Select(e => (int)(e.Time - Noon).TotalSeconds));
        await store.PurgeEventsAsync(Noon.AddDays(1), Cancel);
        Assert.Empty(await EventsAsync(store));
    }
}
