#pragma warning disable MA0002 // Assert.Equal compares strings as they are.
using SmtpTls.Queue;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.QueueSamples;

namespace SmtpTls.Tests.Storage;

/// <content>Back-off, holding, retrying, removing, rerouting.</content>
public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task A_next_hop_that_is_backed_off_is_passed_over_until_then()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        _ = await store.EnqueueAsync(Message(2, "b@two.test"));
        await store.SetBackoffAsync("one.test", new NextHopBackoff(Noon.AddMinutes(10), 3, "connection refused"), Cancel);

        Assert.Equal(["two.test"], (await store.FindDueAsync(Noon, 10, Cancel)).Select(d => d.NextHop));
        Assert.Empty(await store.LeaseAsync(Request(Noon, nextHop: "one.test"), Cancel));
        var summary = (await store.SummarizeAsync(Noon, Cancel)).Single(q => q.NextHop == "one.test");
        Assert.Equal((0, 1, 3, "connection refused", Noon.AddMinutes(10)), (summary.Ready, summary.Deferred, summary.Failures, summary.LastFailure, summary.NextAttemptAt));
        Assert.Equal(QueueState.Deferred, (await AllAsync(store))[0].State);

        Assert.Equal(2, (await store.FindDueAsync(Noon.AddMinutes(10), 10, Cancel)).Count);
        await store.SetBackoffAsync("one.test", backoff: null, Cancel);
        Assert.Equal(2, (await store.LeaseAsync(Request(Noon), Cancel)).Count);
    }

    [Fact]
    public async Task A_next_hop_is_listed_while_it_is_backed_off_though_nothing_waits()
    {
        await using var store = await OpenAsync();
        await store.SetBackoffAsync("one.test", new NextHopBackoff(Noon.AddMinutes(10), 1, "refused"), Cancel);

        Assert.Equal((0L, "refused"), Assert.Single((await store.SummarizeAsync(Noon, Cancel)).Select(q => (q.Total, q.LastFailure))));

        await store.SetBackoffAsync("one.test", backoff: null, Cancel);
        Assert.Empty(await store.SummarizeAsync(Noon, Cancel));
    }

    [Fact]
    public async Task A_summary_counts_deliveries_by_state_in_the_order_of_names()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@two.test", "b@one.test"));
        _ = await store.EnqueueAsync(Message(2, "c@one.test") with { ReceivedAt = Noon.AddMinutes(-5) });
        _ = await store.EnqueueAsync(Message(3, "d@one.test"));
        _ = await store.EnqueueAsync(Message(4, "e@one.test"));
        var lease = Assert.Single(await store.LeaseAsync(Request(Noon, maximum: 1, nextHop: "one.test"), Cancel));
        Assert.True(await store.CompleteAsync(Deferred(lease, Noon.AddMinutes(5)), Cancel));
        _ = await store.LeaseAsync(Request(Noon, maximum: 1, nextHop: "one.test"), Cancel);
        _ = await store.SuspendAsync([new QueueId(4)], Cancel);

        var summary = await store.SummarizeAsync(Noon, Cancel);

        Assert.Equal(["one.test", "two.test"], summary.Select(q => q.NextHop));
        Assert.Equal((1L, 1L, 1L, 1L, 4L), (summary[0].Ready, summary[0].Active, summary[0].Deferred, summary[0].Suspended, summary[0].Total));
        Assert.Equal(Noon.AddMinutes(-5), summary[0].Oldest);
        Assert.Equal((1L, 1L), (summary[1].Ready, summary[1].Total));
    }

    [Fact]
    public async Task A_suspended_message_is_not_taken_until_it_is_resumed()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@two.test"));

        Assert.Equal([new QueueId(1)], await store.SuspendAsync([new QueueId(1), new QueueId(99)], Cancel));
        Assert.Empty(await store.FindDueAsync(Noon, 10, Cancel));
        Assert.Empty(await store.LeaseAsync(Request(Noon), Cancel));
        Assert.Empty(await store.LeaseAsync(Request(Noon) with { ReceivedBefore = Noon.AddDays(1) }, Cancel));
        var message = Assert.Single(await AllAsync(store));
        Assert.Equal((QueueState.Suspended, null), (message.State, message.NextAttemptAt));
        Assert.Equal(2, (await store.SummarizeAsync(Noon, Cancel)).Sum(q => q.Suspended));

        Assert.Equal([new QueueId(1)], await store.ResumeAsync([new QueueId(1), new QueueId(99)], Cancel));
        Assert.Equal([Noon, Noon], (await store.FindDueAsync(Noon, 10, Cancel)).Select(d => d.DueAt));
    }

    [Fact]
    public async Task A_delivery_under_way_comes_to_its_end_though_its_message_is_suspended()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        _ = await store.EnqueueAsync(Message(2, "b@one.test"));
        var leases = (await store.LeaseAsync(Request(Noon), Cancel)).OrderBy(l => l.Id).ToArray();
        _ = await store.SuspendAsync([new QueueId(1), new QueueId(2)], Cancel);

        Assert.Equal(2, (await store.RenewAsync(Me, leases.Select(l => l.Delivery).ToArray(), Noon + (2 * Lease), Cancel)).Count);
        Assert.True(await store.CompleteAsync(Done(leases[0]), Cancel));
        Assert.True(await store.CompleteAsync(Deferred(leases[1], Noon), Cancel));

        Assert.Equal((new QueueId(2), QueueState.Suspended), Assert.Single((await AllAsync(store)).Select(m => (m.Id, m.State))));
        Assert.Empty(await store.FindDueAsync(Noon.AddDays(1), 10, Cancel));
    }

    [Fact]
    public async Task Retrying_makes_due_at_once_and_ends_the_next_hops_back_off()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        _ = await store.EnqueueAsync(Message(2, "b@two.test"));
        foreach (var lease in await store.LeaseAsync(Request(Noon), Cancel))
        {
            Assert.True(await store.CompleteAsync(Deferred(lease, Noon.AddHours(1)), Cancel));
        }

        await store.SetBackoffAsync("one.test", new NextHopBackoff(Noon.AddHours(2), 1, "refused"), Cancel);
        _ = await store.SuspendAsync([new QueueId(2)], Cancel);
        Assert.Empty(await store.FindDueAsync(Noon, 10, Cancel));

        Assert.Equal([new QueueId(1)], await store.RetryAsync([new QueueId(1), new QueueId(2), new QueueId(99)], Noon.AddMinutes(1), Cancel));

        Assert.Equal([new DueNextHop("one.test", Noon.AddMinutes(1))], await store.FindDueAsync(Noon.AddMinutes(1), 10, Cancel));
        Assert.Equal(2, Assert.Single(await store.LeaseAsync(Request(Noon.AddMinutes(1)), Cancel)).Attempt);
        Assert.Equal(QueueState.Suspended, (await AllAsync(store))[1].State);
    }

    [Fact]
    public async Task A_removed_message_is_gone_with_its_events_and_notification_kept()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@two.test"));
        _ = await store.EnqueueAsync(Message(2, "b@one.test"));
        var removal = new MessageRemoval(new QueueId(1))
        {
            Events = [Event(1, TrackingEventKind.Remove, Noon, "b@one.test", "c@two.test")],
            Notifications = [new Notification(Message(3, "a@test") with { Size = 1 }, new byte[] { 65 })],
        };
        var unknown = new MessageRemoval(new QueueId(99)) { Events = [Event(99, TrackingEventKind.Remove, Noon)] };

        Assert.Equal([new QueueId(1)], await store.RemoveAsync([removal, unknown], Cancel));

        Assert.Equal([2, 3], (await AllAsync(store)).Select(m => m.Id.Value));
        Assert.Equal([1], (await EventsAsync(store)).Select(e => e.Id.Value));
        Assert.Null(await ContentAsync(store, 1));
        Assert.Equal("A", await ContentAsync(store, 3));
        Assert.Equal(2, (await store.LeaseAsync(Request(Noon), Cancel)).Count);
    }

    [Fact]
    public async Task What_has_grown_old_is_taken_due_or_not_and_backed_off_or_not()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        _ = await store.EnqueueAsync(Message(2, "c@two.test"));
        _ = await store.EnqueueAsync(Message(3, "d@three.test") with { ReceivedAt = Noon.AddHours(1) });
        var leases = await store.LeaseAsync(Request(Noon), Cancel);
        foreach (var lease in leases)
        {
            Assert.True(await store.CompleteAsync(Deferred(lease, Noon.AddDays(1)) with { DelayNotified = lease.Id.Value == 2 }, Cancel));
        }

        await store.SetBackoffAsync("one.test", new NextHopBackoff(Noon.AddDays(1), 1, "refused"), Cancel);
        await store.SetBackoffAsync("three.test", new NextHopBackoff(Noon.AddDays(1), 1, "refused"), Cancel);
        var old = Request(Noon.AddHours(2)) with { ReceivedBefore = Noon.AddHours(1) };

        var fresh = Assert.Single(await store.LeaseAsync(old with { WithoutDelayNotice = true }, Cancel));
        Assert.Equal((1L, 2), (fresh.Id.Value, fresh.Attempt));
        var noticed = Assert.Single(await store.LeaseAsync(old, Cancel));
        Assert.Equal((2L, true), (noticed.Id.Value, noticed.DelayNotified));
        Assert.Empty(await store.LeaseAsync(old, Cancel));
        Assert.Empty(await store.LeaseAsync(old with { NextHop = "one.test", ReceivedBefore = Noon.AddDays(1) }, Cancel));
        Assert.Equal(3, Assert.Single(await store.LeaseAsync(old with { NextHop = "three.test", ReceivedBefore = Noon.AddDays(1) }, Cancel)).Id.Value);
    }

    [Fact]
    public async Task Domains_go_where_the_routes_of_today_say()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@two.test", "d@three.test"));
        _ = await store.EnqueueAsync(Message(2, "b@one.test", "e@four.test"));

        // Two swap, one stays, one moves to where another is.
        await store.RerouteAsync(domain => domain switch { "one.test" => "two.test", "two.test" => "one.test", "three.test" => "smart:25", _ => null }, Cancel);
        await store.RerouteAsync(domain => domain == "one.test" ? "smart:25" : null, Cancel);

        Assert.Equal(
            [("four.test", 1L), ("one.test", 1L), ("smart:25", 3L)],
            (await store.SummarizeAsync(Noon, Cancel)).Select(q => (q.NextHop, q.Ready)));
        Assert.Equal(["smart:25", "one.test", "smart:25"], (await AllAsync(store))[0].Recipients.Select(r => r.NextHop));
        Assert.Equal(["one.test", "one.test", "three.test"], (await store.LeaseAsync(Request(Noon, nextHop: "smart:25"), Cancel)).Select(l => l.Domain).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task New_mail_for_a_rerouted_domain_joins_what_waits_there()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        await store.RerouteAsync(_ => "smart:25", Cancel);
        var recipient = new NewRecipient("c@one.test", "one.test", "smart:25");
        _ = await store.EnqueueAsync(Message(2) with { Recipients = [recipient] });

        Assert.Equal(("smart:25", 2L), Assert.Single((await store.SummarizeAsync(Noon, Cancel)).Select(q => (q.NextHop, q.Ready))));
        await store.RerouteAsync(_ => "other:25", Cancel);
        Assert.Equal(("other:25", 2L), Assert.Single((await store.SummarizeAsync(Noon, Cancel)).Select(q => (q.NextHop, q.Ready))));
    }
}
