using SmtpTls.Relay;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Relay.DeliveryBench;

namespace SmtpTls.Tests.Relay;

/// <summary>Connections used again, bounded, and closed in time.</summary>
public class ConnectionPoolTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_next_message_goes_on_the_same_connection()
    {
        var server = new ScriptedServer(OpenPlain + Take + Take + Take + Quit);
        await using var bench = new DeliveryBench(server);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("b@test Delivered 250", Fates(await bench.DeliverAsync("b@test")));
            Assert.Equal((0, 1), (bench.Agent.ConnectionsInUse, bench.Agent.ConnectionsIdle));
        }

        Assert.Single(server.Dialled);
    }

    [Fact]
    public async Task A_connection_is_closed_after_so_many_messages()
    {
        var server = new ScriptedServer(OpenPlain + Take + Take + Quit, OpenPlain + Take + Quit);
        await using var bench = new DeliveryBench(server, new DeliveryLimits { MessagesPerConnection = 2 });

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("b@test Delivered 250", Fates(await bench.DeliverAsync("b@test")));
        }

        Assert.Equal(2, server.Dialled.Count);
    }

    [Fact]
    public async Task A_connection_that_nobody_uses_is_closed_with_QUIT()
    {
        var server = new ScriptedServer(OpenPlain + Take + Quit);
        await using var bench = new DeliveryBench(server);
        await bench.DeliverAsync("b@test");

        bench.Clock.Advance(bench.Limits.IdleTime - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, bench.Agent.ConnectionsIdle);
        bench.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(0, bench.Agent.ConnectionsIdle);

        // Done once the server has heard the QUIT that its script expects, before the agent stops.
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("CLOSE")]
    [InlineData("S: 421 idle too long\nCLOSE")]
    public async Task A_connection_that_the_server_closed_meanwhile_does_not_count_as_a_failure(string end)
    {
        // Whether it is noticed before the next message or by it, the message goes on a new one.
        var server = new ScriptedServer(OpenPlain + Take + end, OpenPlain + Take + Quit);
        await using var bench = new DeliveryBench(server);
        await bench.DeliverAsync("b@test");

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Delivered 250", Fates(report));
        Assert.Empty(report.Findings);
        Assert.Equal(2, server.Dialled.Count);
    }

    [Theory]
    [InlineData("C: MAIL FROM:<a@test>\nCLOSE")]
    [InlineData("C: MAIL FROM:<a@test>\nS: 421 idle too long")]
    public async Task A_connection_that_is_closed_as_it_is_used_again_does_not_count_as_a_failure(string end)
    {
        var server = new ScriptedServer(OpenPlain + Take + end, OpenPlain + Take + Quit);
        await using var bench = new DeliveryBench(server);
        await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Delivered 250", Fates(await bench.DeliverAsync("b@test")));
        Assert.Equal(2, server.Dialled.Count);
    }

    [Fact]
    public async Task A_message_that_was_out_when_the_connection_turned_out_to_be_closed_is_sent_again_and_said_to_be()
    {
        const string Open = "S: 220 mx.test\nC: EHLO relay.test\nS: 250-mx.test\nS: 250-PIPELINING\nS: 250 CHUNKING\n";
        const string Group = "C: MAIL FROM:<a@test>\nC: RCPT TO:<b@test>\nC: BDAT 22 LAST\nCHUNK 22\n";
        const string Answers = "S: 250 ok\nS: 250 ok\nS: 250 ok\n";
        await using var bench = new DeliveryBench(new ScriptedServer(Open + Group + Answers + Group + "CLOSE", Open + Group + Answers + Quit));
        await bench.DeliverAsync("b@test");

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Delivered 250", Fates(report));
        Assert.False(report.MayHaveBeenDelivered);
        var finding = Assert.Single(report.Findings);
        Assert.Equal((FindingCode.OutcomeUnknown, FindingSeverity.Warning), (finding.Code, finding.Severity));
    }

    [Fact]
    public async Task A_session_that_rests_is_used_before_a_host_that_comes_first_is_dialled()
    {
        var server = new ScriptedServer("REFUSE", OpenPlain + Take + Take + Quit);
        await using var bench = new DeliveryBench(server, limits: null, "mx1.test=192.0.2.1", "mx2.test=192.0.2.2");
        await bench.DeliverAsync("b@test");

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal(("b@test Delivered 250", "mx2.test"), (Fates(report), report.Host));
        Assert.Equal(2, server.Dialled.Count);
    }

    [Fact]
    public async Task A_session_without_TLS_is_never_used_for_a_route_that_wants_it()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPlain + Take + Quit, OpenPlain + Quit));
        await bench.DeliverAsync("b@test");

        var report = await bench.DeliverAsync(bench.Route with { TlsLevel = TlsLevel.Encrypt }, Token, "b@test");

        Assert.Equal("b@test Deferred 451", Fates(report));
        Assert.Equal(FindingCode.StartTlsNotOffered, report.NextHopFailure!.Code);
    }

    [Fact]
    public async Task Who_finds_all_connections_in_use_waits_and_takes_the_one_that_becomes_free()
    {
        var server = new ScriptedServer(OpenPlain + Take + Take + Quit);
        var release = new TaskCompletionSource();
        var opened = 0;
        await using var bench = new DeliveryBench(server, new DeliveryLimits { ConnectionsPerNextHop = 1 })
        {
            Content = "x\r\n",
            OpenContent = async _ =>
            {
                await (++opened == 1 ? release.Task : Task.CompletedTask);
                return new MemoryStream("x\r\n"u8.ToArray());
            },
        };

        var first = bench.DeliverAsync("b@test");
        var second = bench.DeliverAsync("b@test");
        Assert.False(second.IsCompleted);
        release.SetResult();

        Assert.Equal("b@test Delivered 250", Fates(await first));
        Assert.Equal("b@test Delivered 250", Fates(await second));
        Assert.Single(server.Dialled);
    }

    [Fact]
    public async Task Who_waits_too_long_is_put_back_untried()
    {
        var server = new ScriptedServer("SILENCE");
        var limits = new DeliveryLimits { Connections = 1, ConnectionWait = TimeSpan.FromSeconds(10) };
        await using var bench = new DeliveryBench(server, limits);
        using var stop = new CancellationTokenSource();
        var first = bench.DeliverAsync(bench.Route, stop.Token, "b@test");
        await server.Silent.WaitAsync(Token);

        // Sooner than the greeting's 30 seconds.
        var second = bench.DeliverAsync("c@test");
        await bench.Clock.TimerSetAsync(limits.ConnectionWait);
        bench.Clock.Advance(limits.ConnectionWait);
        var report = await second;

        Assert.True(report.Untried);
        Assert.Equal("c@test Deferred -", Fates(report));
        Assert.Null(report.NextHopFailure);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task Permits_are_given_in_the_order_of_asking_and_a_full_next_hop_holds_up_no_other()
    {
        await using var pool = new ConnectionPool(new DeliveryLimits { ConnectionsPerNextHop = 1, Connections = 2 }, TestPki.Clock());
        var a = await pool.EnterAsync("a.test", Token);
        var waitingForA = pool.EnterAsync("a.test", Token).AsTask();
        var alsoForA = pool.EnterAsync("A.TEST", Token).AsTask();
        var b = await pool.EnterAsync("b.test", Token);
        var waitingForC = pool.EnterAsync("c.test", Token).AsTask();

        b!.Dispose();
        var c = await waitingForC;
        Assert.False(waitingForA.IsCompleted);
        a!.Dispose();
        var second = await waitingForA;
        Assert.False(alsoForA.IsCompleted);
        second!.Dispose();
        second.Dispose();

        (await alsoForA)!.Dispose();
        c!.Dispose();
        Assert.Equal(0, pool.InUse);
    }

    [Fact]
    public async Task A_wait_for_a_permit_ends_with_its_time_its_token_and_the_pool()
    {
        var clock = TestPki.Clock();
        var limits = new DeliveryLimits { Connections = 1 };
        var pool = new ConnectionPool(limits, clock);
        using var held = await pool.EnterAsync("a.test", Token);
        using var stop = new CancellationTokenSource();

        var late = pool.EnterAsync("a.test", Token).AsTask();
        clock.Advance(limits.ConnectionWait);
        Assert.Null(await late);

        var cancelled = pool.EnterAsync("a.test", stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        var left = pool.EnterAsync("a.test", Token).AsTask();
        await pool.DisposeAsync();
        Assert.Null(await left);
        Assert.Null(await pool.EnterAsync("b.test", Token));
        Assert.Equal(1, pool.InUse);
    }

    [Fact]
    public async Task Room_is_made_by_closing_what_has_rested_longest()
    {
        var server = new ScriptedServer(OpenPlain + Take + Quit, OpenPlain + Take + Quit);
        await using var bench = new DeliveryBench(server, new DeliveryLimits { Connections = 1 });
        await bench.DeliverAsync("b@test");

        // Another route, so the session at rest is of no use to it; but there may be only one connection.
        var report = await bench.DeliverAsync(bench.Route with { Port = 2525 }, Token, "b@test");

        Assert.Equal("b@test Delivered 250", Fates(report));
        Assert.Equal(1, bench.Agent.ConnectionsIdle);
    }

    [Fact]
    public async Task After_a_stop_nothing_rests()
    {
        var server = new ScriptedServer(OpenPlain + Take + Quit);
        var bench = new DeliveryBench(server);
        await bench.DeliverAsync("b@test");

        await bench.Agent.DisposeAsync();

        Assert.Equal(0, bench.Agent.ConnectionsIdle);
        await server.DisposeAsync();
    }
}
