using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

public sealed class QueueRunnerTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_message_goes_straight_from_the_intake_to_a_worker()
    {
        await using var bench = await RunnerBench.StartAsync();

        await bench.AcceptAsync("b@one.test");
        await bench.Store.UntilAsync(s => s.Count == 0);

        var sent = Assert.Single(bench.Events(TrackingEventKind.Send));
        Assert.Equal(["b@one.test"], sent.Recipients);
        Assert.Equal((1, "mx.one.test", "AB12", TlsLevel.Opportunistic), (sent.Attempt, sent.Host, sent.RemoteQueueId, sent.TlsLevel));
        Assert.Equal(1, sent.Attempt);
    }

    [Fact]
    public async Task What_was_in_the_queue_before_the_start_is_delivered()
    {
        var store = new MemoryQueueStore();
        for (var id = 1; id <= 300; id++)
        {
            await store.EnqueueAsync(QueueSamples.Message(id, "b@one.test"));
        }

        await using var bench = await RunnerBench.StartAsync(store);
        await store.UntilAsync(s => s.Count == 0);

        Assert.Equal(300, bench.Events(TrackingEventKind.Send).Count);
        Assert.All(bench.Agent.Jobs, job => Assert.Equal(1, job.Attempt));
    }

    [Fact]
    public async Task A_message_to_a_thousand_recipients_in_ten_domains_is_ten_deliveries_with_each_answer_recorded()
    {
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = (job, _) => Task.FromResult(FakeAgent.Each(job.Lease, r => (r.Number % 3) switch
        {
            0 => FakeAgent.Delivered(job.Lease).Recipients.Single(o => o.Recipient.Number == r.Number),
            1 => FakeAgent.Deferred(r, $"Try {r.Address} later"),
            _ => FakeAgent.Failed(r),
        }));

        var recipients = Enumerable.Range(0, 1000).Select(i => $"r{i}@d{i % 10}.test").ToArray();
        await bench.AcceptAsync(QueueSamples.Message(1, recipients) with { ReversePath = "" });
        await bench.Store.UntilAsync(s => s.Calls.Count(c => c == "CompleteAsync") == 10);

        Assert.Equal(10, bench.Agent.Jobs.Count);
        var left = bench.Store.First(bench.Now)!;
        Assert.Equal(333, left.Recipients.Count);
        Assert.All(left.Recipients, r => Assert.Contains(r.Recipient, r.LastFailure, StringComparison.Ordinal));
        Assert.Equal(334, bench.Events(TrackingEventKind.Send).Sum(e => e.Recipients.Count));
        Assert.Equal(333, bench.Events(TrackingEventKind.Defer).Sum(e => e.Recipients.Count));
        Assert.Equal(333, bench.Events(TrackingEventKind.Fail).Sum(e => e.Recipients.Count));
    }

    [Fact]
    public async Task A_deferred_message_is_tried_again_by_the_schedule_until_it_is_served()
    {
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = (job, _) => Task.FromResult(job.Lease.Attempt < 3 ? FakeAgent.Deferred(job.Lease) : FakeAgent.Delivered(job.Lease));

        await bench.AcceptAsync("b@one.test");
        await bench.Store.UntilAsync(s => s.Events.Count == 1);
        Assert.Equal(bench.Now + Minute, bench.Store.First(bench.Now)!.NextAttemptAt);
        bench.Advance(Minute);
        await bench.Store.UntilAsync(s => s.Events.Count == 2);
        Assert.Equal(bench.Now + (5 * Minute), bench.Store.First(bench.Now)!.NextAttemptAt);
        bench.Advance(5 * Minute);
        await bench.Store.UntilAsync(s => s.Count == 0);

        Assert.Equal([TrackingEventKind.Defer, TrackingEventKind.Defer, TrackingEventKind.Send], bench.Store.Events.Select(e => e.Kind));
        Assert.Equal([1, 2, 3], bench.Store.Events.Select(e => e.Attempt));
    }

    [Fact]
    public async Task A_refused_recipient_is_gone_and_the_sender_told()
    {
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = (job, _) => Task.FromResult(job.Lease.Domain == "test" ? FakeAgent.Delivered(job.Lease) : FakeAgent.Failed(job.Lease));

        var message = await bench.AcceptAsync("b@one.test");
        await bench.Store.UntilAsync(s => s.Notifications.Count == 1 && s.Count == 0);

        var (report, text) = bench.Store.Notifications[0];
        Assert.Equal(("", "a@test", DsnNotify.Never), (report.ReversePath, report.Recipients[0].Address, report.Recipients[0].Notify));
        Assert.Contains("Final-Recipient: rfc822; b@one.test\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.one.test\r\nDiagnostic-Code: smtp; 550 5.1.1 No such user\r\n", text, StringComparison.Ordinal);
        var dsn = Assert.Single(bench.Events(TrackingEventKind.Dsn));
        Assert.Equal(message.Id, dsn.Id);
        Assert.Contains(report.Id.ToString(), dsn.Detail, StringComparison.Ordinal);
        Assert.Equal(report.Id, bench.Events(TrackingEventKind.Receive).Single().Id);
    }

    [Fact]
    public async Task A_refused_report_is_dropped_and_nobody_told()
    {
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = (job, _) => Task.FromResult(FakeAgent.Failed(job.Lease));

        await bench.AcceptAsync("b@one.test");
        await bench.Store.UntilAsync(s => s.Notifications.Count == 1 && s.Count == 0);

        Assert.Equal(2, bench.Events(TrackingEventKind.Fail).Count);
        Assert.Single(bench.Store.Notifications);
    }

    [Fact]
    public async Task A_next_hop_that_fails_is_left_alone_as_a_whole_and_probed_with_one_delivery()
    {
        var limits = new RunnerLimits { ActivePerNextHop = 1 };
        var store = new MemoryQueueStore();
        for (var id = 1; id <= 20; id++)
        {
            await store.EnqueueAsync(QueueSamples.Message(id, "b@down.test"));
        }

        await store.EnqueueAsync(QueueSamples.Message(21, "b@up.test"));
        var bench = new RunnerBench(store, limits: limits);
        await using var disposal = bench;
        var down = true;
        bench.Agent.Answer = (job, _) => Task.FromResult(down && job.Lease.NextHop == "down.test" ? FakeAgent.Unreachable(job.Lease) : FakeAgent.Delivered(job.Lease));
        await bench.Runner.StartAsync(CancellationToken.None);
        await store.UntilAsync(s => s.Backoffs.Count == 1 && s.Count == 20 && s.Calls.Any(c => c == "ReleaseAsync"));

        Assert.Equal(2, bench.Agent.Jobs.Count);
        Assert.Equal((bench.Now + Minute, 1), (store.Backoffs["down.test"].Until, store.Backoffs["down.test"].Failures));

        // New mail to it waits as well.
        await bench.AcceptAsync("c@down.test");
        bench.Advance(Minute);
        await store.UntilAsync(s => s.Backoffs["down.test"].Failures == 2);
        Assert.Equal(3, bench.Agent.Jobs.Count);
        Assert.Equal(bench.Now + (5 * Minute), store.Backoffs["down.test"].Until);

        down = false;
        bench.Advance(5 * Minute);
        await store.UntilAsync(s => s.Count == 0 && s.Backoffs.Count == 0);
        Assert.Contains(bench.Log, e => e is { Kind: RelayEventKind.NextHopRecovered, NextHop: "down.test" });
        Assert.Equal(2, store.Events.Count(e => e.Kind == TrackingEventKind.Defer));
    }

    [Fact]
    public async Task No_next_hop_starves_the_others()
    {
        var store = new MemoryQueueStore();
        for (var id = 1; id <= 500; id++)
        {
            await store.EnqueueAsync(QueueSamples.Message(id, "b@big.test"));
        }

        await store.EnqueueAsync(QueueSamples.Message(501, "b@small.test"));
        var limits = new RunnerLimits { Active = 4, ActivePerNextHop = 3 };
        var bench = new RunnerBench(store, limits: limits);
        await using var disposal = bench;
        await bench.Runner.StartAsync(CancellationToken.None);
        await store.UntilAsync(s => s.Count == 0);

        var place = bench.Agent.Jobs.Select(job => job.NextHop).ToList().IndexOf("small.test");
        Assert.InRange(place, 0, 200);
        Assert.InRange(bench.Agent.Peak, 1, 4);
    }

    [Fact]
    public async Task No_more_deliveries_at_a_time_than_the_bounds_allow()
    {
        var gate = new TaskCompletionSource();
        var limits = new RunnerLimits { Active = 5, ActivePerNextHop = 2 };
        await using var bench = await RunnerBench.StartAsync(limits: limits);
        bench.Agent.Answer = async (job, _) =>
        {
            await gate.Task;
            return FakeAgent.Delivered(job.Lease);
        };
        for (var i = 0; i < 20; i++)
        {
            await bench.AcceptAsync($"b@d{i % 4}.test");
        }

        gate.SetResult();
        await bench.Store.UntilAsync(s => s.Count == 0);

        Assert.InRange(bench.Agent.Peak, 1, 5);
        Assert.Equal(20, bench.Agent.Jobs.Count);
    }

    [Fact]
    public async Task The_sender_is_told_once_of_a_delay()
    {
        await using var bench = await RunnerBench.StartAsync(retry: new RetryOptions { Jitter = 0, Schedule = [TimeSpan.FromHours(1)] });
        bench.Agent.Answer = (job, _) => Task.FromResult(job.Lease.Domain == "test" ? FakeAgent.Delivered(job.Lease) : FakeAgent.Deferred(job.Lease));
        await bench.AcceptAsync("b@one.test");
        for (var hour = 1; hour <= 6; hour++)
        {
            var expected = hour;
            await bench.Store.UntilAsync(s => s.Events.Count(e => e.Kind == TrackingEventKind.Defer) == expected);
            bench.Advance(TimeSpan.FromHours(1));
        }

        await bench.Store.UntilAsync(s => s.Events.Count(e => e.Kind == TrackingEventKind.Defer) == 7);

        var (_, text) = Assert.Single(bench.Store.Notifications);
        Assert.Contains("Action: delayed\r\nStatus: 4.3.0\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Will-Retry-Until: Wed, 25 Nov 2026 12:00:00 +0000", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_is_given_up_after_four_days_and_the_sender_told()
    {
        await using var bench = await RunnerBench.StartAsync(retry: new RetryOptions { Jitter = 0, Schedule = [TimeSpan.FromDays(1)], DelayWarningAfter = TimeSpan.Zero });
        bench.Agent.Answer = (job, _) => Task.FromResult(job.Lease.Domain == "test" ? FakeAgent.Delivered(job.Lease) : FakeAgent.Deferred(job.Lease));
        await bench.AcceptAsync("b@one.test");
        for (var day = 1; day <= 4; day++)
        {
            var expected = day;
            await bench.Store.UntilAsync(s => s.Events.Count(e => e.Kind == TrackingEventKind.Defer) == expected);
            bench.Advance(TimeSpan.FromDays(1));
        }

        await bench.Store.UntilAsync(s => s.Count == 0 && s.Notifications.Count == 1);

        var given = Assert.Single(bench.Events(TrackingEventKind.Expire));
        Assert.Equal((5, FindingCode.MessageExpired), (given.Attempt, given.Code));
        Assert.Contains("Action: failed\r\nStatus: 4.4.7\r\n", bench.Store.Notifications[0].Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_mail_is_answered_for_while_its_next_hop_is_left_alone()
    {
        var retry = new RetryOptions { Jitter = 0, Schedule = [TimeSpan.FromDays(3)], GiveUpAfter = TimeSpan.FromDays(1), DelayWarningAfter = TimeSpan.FromHours(4) };
        await using var bench = await RunnerBench.StartAsync(retry: retry);
        bench.Agent.Answer = (job, _) => Task.FromResult(job.Lease.Domain == "test" ? FakeAgent.Delivered(job.Lease) : FakeAgent.Unreachable(job.Lease));
        await bench.AcceptAsync("b@down.test");
        await bench.Store.UntilAsync(s => s.Backoffs.Count == 1 && s.Events.Count == 1);
        await bench.AcceptAsync("c@down.test");

        bench.Advance(TimeSpan.FromHours(5));
        await bench.Store.UntilAsync(s => s.Notifications.Count == 2);
        Assert.All(bench.Store.Notifications, n => Assert.Contains("Action: delayed", n.Content, StringComparison.Ordinal));
        Assert.Contains(bench.Store.Notifications, n => n.Content.Contains("down.test refused the connection", StringComparison.Ordinal));
        Assert.Equal(1, bench.Agent.Jobs.Count(j => j.Domain == "down.test"));

        bench.Advance(TimeSpan.FromHours(20));
        await bench.Store.UntilAsync(s => s.Notifications.Count == 4 && s.Count == 0);
        Assert.Equal(1, bench.Agent.Jobs.Count(j => j.Domain == "down.test"));
        Assert.Equal(2, bench.Events(TrackingEventKind.Expire).Count);
        Assert.All(bench.Store.Notifications.Skip(2), n => Assert.Contains("Action: failed\r\nStatus: 4.4.7", n.Content, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mail_that_grew_old_while_no_relay_ran_is_tried_before_it_is_given_up()
    {
        var store = new MemoryQueueStore();
        await store.EnqueueAsync(QueueSamples.Message(1, "b@one.test"));
        var clock = new FakeClock(QueueSamples.Noon.AddDays(10));

        await using var bench = await RunnerBench.StartAsync(store, clock);
        await store.UntilAsync(s => s.Count == 0);

        Assert.Single(bench.Events(TrackingEventKind.Send));
        Assert.Empty(store.Notifications);
    }

    [Fact]
    public async Task A_clock_that_jumps_back_an_hour_delivers_nothing_twice_and_gives_nothing_up()
    {
        var clock = new FakeClock(QueueSamples.Noon);
        var store = new MemoryQueueStore();
        await using (var before = await RunnerBench.StartAsync(store, clock))
        {
            before.Agent.Answer = (job, _) => Task.FromResult(FakeAgent.Deferred(job.Lease));
            await before.AcceptAsync("b@one.test");
            await store.UntilAsync(s => s.Events.Count == 1);
        }

        // The same queue under a clock that was put back.
        var back = new FakeClock(QueueSamples.Noon.AddHours(-1));
        await using var bench = await RunnerBench.StartAsync(store, back);
        bench.Advance(Minute);
        await bench.LookAsync();
        Assert.Empty(bench.Agent.Jobs);

        // Due a minute after the first attempt by the old clock: late by the jump, and no more.
        bench.Advance(TimeSpan.FromHours(1));
        await store.UntilAsync(s => s.Count == 0);
        var sent = Assert.Single(bench.Events(TrackingEventKind.Send));
        Assert.Equal(2, sent.Attempt);
        Assert.Empty(store.Notifications);
    }

    [Fact]
    public async Task An_unknown_outcome_is_tried_again_and_explained()
    {
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = (job, _) => Task.FromResult(job.Lease.Attempt == 1
            ? FakeAgent.Each(job.Lease, r => new RecipientOutcome(r, RecipientFate.Deferred, null, new SmtpFailure { Code = FindingCode.OutcomeUnknown, Message = "The connection was lost after the final dot." })) with { MayHaveBeenDelivered = true }
            : FakeAgent.Delivered(job.Lease));

        await bench.AcceptAsync("b@one.test");
        await bench.Store.UntilAsync(s => s.Events.Count == 1);
        var deferred = bench.Store.Events[0];
        bench.Advance(Minute);
        await bench.Store.UntilAsync(s => s.Count == 0);

        Assert.Equal(FindingCode.OutcomeUnknown, deferred.Code);
        Assert.Contains("may have it twice", deferred.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_that_cannot_be_recorded_is_kept_and_recorded_when_the_queue_works_again()
    {
        var again = TimeSpan.FromSeconds(7);
        await using var bench = await RunnerBench.StartAsync(limits: new RunnerLimits { RecordAgainAfter = again });
        var tries = 0;
        bench.Store.Fault = name => name == "CompleteAsync" && ++tries < 3 ? MemoryQueueStore.Unavailable() : null;

        await bench.AcceptAsync("b@one.test");
        await bench.Clock.TimerSetAsync(again);
        bench.Advance(again);
        await bench.Clock.TimerSetAsync(again);
        bench.Advance(again);
        await bench.Store.UntilAsync(s => s.Count == 0);

        Assert.Single(bench.Agent.Jobs);
        Assert.Contains(bench.Log, e => e is { Kind: RelayEventKind.QueueFailed, Severity: FindingSeverity.Warning });
        Assert.Single(bench.Events(TrackingEventKind.Send));
    }

    [Fact]
    public async Task Leases_of_long_deliveries_are_renewed()
    {
        var gate = new TaskCompletionSource();
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = async (job, _) =>
        {
            await gate.Task;
            return FakeAgent.Delivered(job.Lease);
        };
        await bench.AcceptAsync("b@one.test");
        for (var minute = 1; minute <= 10; minute++)
        {
            var expected = minute;
            bench.Advance(Minute + TimeSpan.FromSeconds(1));
            await bench.Store.UntilAsync(s => s.Calls.Count(c => c == "RenewAsync") >= expected);
        }

        await using var other = await RunnerBench.StartAsync(bench.Store, bench.Clock, owner: "other");
        gate.SetResult();
        await bench.Store.UntilAsync(s => s.Count == 0);

        Assert.Empty(other.Agent.Jobs);
        Assert.Single(bench.Agent.Jobs);
    }

    [Fact]
    public async Task Two_relays_that_share_a_queue_deliver_everything_once()
    {
        var store = new MemoryQueueStore();
        var clock = new FakeClock(QueueSamples.Noon);
        for (var id = 1; id <= 400; id++)
        {
            await store.EnqueueAsync(QueueSamples.Message(id, $"b@d{id % 7}.test"));
        }

        await using var one = await RunnerBench.StartAsync(store, clock, owner: "one");
        await using var two = await RunnerBench.StartAsync(store, clock, owner: "three");
        for (var i = 0; i < 100; i++)
        {
            await (i % 2 == 0 ? one : two).AcceptAsync($"b@d{i % 7}.test");
        }

        await store.UntilAsync(s => s.Count == 0);

        var all = one.Agent.Jobs.Concat(two.Agent.Jobs).Select(j => j.Delivery).ToArray();
        Assert.Equal(500, all.Length);
        Assert.Equal(500, all.Distinct().Count());
    }

    [Fact]
    public async Task A_stop_lets_what_is_under_way_end_and_gives_the_rest_back_untried()
    {
        var gate = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        var limits = new RunnerLimits { ActivePerNextHop = 1 };
        await using var bench = await RunnerBench.StartAsync(limits: limits);
        bench.Agent.Answer = async (job, _) =>
        {
            begun.TrySetResult();
            await gate.Task;
            return FakeAgent.Delivered(job.Lease);
        };
        for (var i = 0; i < 5; i++)
        {
            await bench.AcceptAsync("b@one.test");
        }

        await begun.Task;
        var stopping = bench.StopAsync();
        await bench.Store.UntilAsync(s => s.Calls.Any(c => c == "ReleaseAsync"));
        gate.SetResult();
        await stopping;

        Assert.Single(bench.Events(TrackingEventKind.Send));
        var left = bench.Store.First(bench.Now)!;
        Assert.Equal((4, 0, QueueState.Ready), (bench.Store.Count, left.Attempts, left.State));
    }

    [Fact]
    public async Task A_stop_ends_what_does_not_end_in_time_and_gives_it_back()
    {
        var begun = new TaskCompletionSource();
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = async (job, cancel) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            return FakeAgent.Delivered(job.Lease);
        };
        await bench.AcceptAsync("b@one.test");
        await begun.Task;

        await bench.StopAsync(TimeSpan.Zero);

        var left = bench.Store.First(bench.Now)!;
        Assert.Equal((0, QueueState.Ready), (left.Attempts, left.State));
    }

    [Fact]
    public async Task A_fault_of_the_agent_loses_nothing()
    {
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = (_, _) => throw new InvalidOperationException("a fault");

        await bench.AcceptAsync("b@one.test");
        await bench.Store.UntilAsync(s => s.Events.Count == 1);

        Assert.Equal(1, bench.Store.Count);
        Assert.Contains(bench.Log, e => e.Kind == RelayEventKind.Fault && e.Message.Contains("a fault", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Drained_is_when_nothing_is_ready_or_under_way()
    {
        await using var bench = await RunnerBench.StartAsync();
        bench.Agent.Answer = (job, _) => Task.FromResult(FakeAgent.Deferred(job.Lease));
        await bench.AcceptAsync("b@one.test");
        await bench.Store.UntilAsync(s => s.Events.Count == 1);
        var drained = bench.Runner.WaitDrainedAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        while (!drained.IsCompleted)
        {
            bench.Clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        Assert.True(await drained);
        Assert.Equal(1, bench.Store.Count);
    }
}
