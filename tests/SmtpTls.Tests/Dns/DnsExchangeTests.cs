using System.Net;
using System.Net.Sockets;
using SmtpTls.Dns;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Dns;

/// <summary>How servers are asked.</summary>
public class DnsExchangeTests
{
    private static readonly TimeSpan FiveSeconds = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Each_question_says_how_much_fits()
    {
        await using var bench = new DnsBench(Found);

        _ = await bench.Mx("a.test");

        var asked = Assert.Single(bench.Asked);
        Assert.True(asked.HasEdns);
        Assert.Equal(1232, asked.Payload);
        Assert.False(asked.IsTcp);
    }

    // RFC 6891 §7.
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_server_that_does_not_know_edns_is_asked_again_without(int code)
    {
        await using var bench = new DnsBench(asked => asked.HasEdns ? new DnsReply(asked.Question) { Code = code, WithoutQuestion = true } : Found(asked));

        Assert.Equal(DnsStatus.Found, (await bench.Mx("a.test")).Status);
        Assert.Equal([true, false], bench.Asked.Select(a => a.HasEdns));
    }

    [Fact]
    public async Task A_cut_answer_is_fetched_whole_over_tcp()
    {
        await using var bench = new DnsBench(asked =>
        {
            var reply = new DnsReply(asked.Question) { IsTruncated = !asked.IsTcp };
            for (var host = 0; host < (asked.IsTcp ? 1_000 : 1); host++)
            {
                _ = reply.Mx("a.test", host, $"mail{host}.test");
            }

            return reply;
        });

        Assert.Equal(1_000, (await bench.Mx("a.test")).Records.Count);
        Assert.Equal([false, true], bench.Asked.Select(a => a.IsTcp));
    }

    [Fact]
    public async Task Over_tcp_another_answer_or_a_cut_one_is_a_failure()
    {
        await using var cut = new DnsBench(asked => new DnsReply(asked.Question) { IsTruncated = true });
        await using var other = new DnsBench(asked => new DnsReply(asked.IsTcp ? asked.Question with { Name = "b.test" } : asked.Question) { IsTruncated = !asked.IsTcp });

        Assert.Contains("cut its answer off over TCP too", await FailureOf(cut), StringComparison.Ordinal);
        Assert.Contains("answered another question than was asked", await FailureOf(other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_ends_early_is_a_failure()
    {
        await using var bench = new DnsBench(null, new FakeNameServer(asked => asked.IsTcp
            ? []
            : new[] { new DnsReply(asked.Question) { IsTruncated = true }.ToBytes(asked.Id) }));

        Assert.Contains("closed the connection", await FailureOf(bench), StringComparison.Ordinal);
    }

    // RFC 5452 §9.1: a guess that comes before the truth must not do harm.
    [Fact]
    public async Task What_is_not_the_answer_is_passed_over()
    {
        await using var bench = new DnsBench(null, new FakeNameServer(asked => new[]
        {
            [],
            [1, 2, 3],
            new DnsReply(asked.Question).Mx("a.test", 1, "evil.test").ToBytes((ushort)(asked.Id + 1)),
            new DnsReply(asked.Question with { Name = "b.test" }).Mx("a.test", 1, "evil.test").ToBytes(asked.Id),
            new DnsReply(asked.Question with { Type = DnsRecordType.A }).Mx("a.test", 1, "evil.test").ToBytes(asked.Id),
            Found(asked).ToBytes(asked.Id),
        }));

        Assert.Equal("mail.test", Assert.Single((await bench.Mx("a.test")).Records).Name);
    }

    [Fact]
    public async Task Who_was_not_asked_is_not_heard()
    {
        await using var bench = new DnsBench(null, new FakeNameServer(asked =>
        {
            using var stranger = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
            var lie = new DnsReply(asked.Question).Mx("a.test", 1, "evil.test").ToBytes(asked.Id);
            _ = stranger.Send(lie, new IPEndPoint(IPAddress.Loopback, asked.Port));
            return new[] { Found(asked).ToBytes(asked.Id) };
        }));

        Assert.Equal("mail.test", Assert.Single((await bench.Mx("a.test")).Records).Name);
    }

    [Fact]
    public async Task Each_question_has_an_id_and_a_port_of_its_own()
    {
        await using var bench = new DnsBench(Found);
        for (var lookup = 0; lookup < 30; lookup++)
        {
            _ = await bench.Mx($"a{lookup}.test");
        }

        // Chance may let two be alike.
        Assert.InRange(bench.Asked.Select(a => a.Id).Distinct().Count(), 28, 30);
        Assert.InRange(bench.Asked.Select(a => a.Port).Distinct().Count(), 20, 30);
    }

    [Fact]
    public async Task A_malformed_answer_is_a_failure()
    {
        await using var bench = new DnsBench(null, new FakeNameServer(asked => new[] { Found(asked).ToBytes(asked.Id)[..^3] }));

        Assert.Contains("sent an answer that cannot be read: it ends in the middle of", await FailureOf(bench), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_is_waited_for_twice_and_is_a_failure()
    {
        await using var bench = new DnsBench(_ => null);
        var first = bench.Clock.TimerSetAsync(FiveSeconds);
        var answer = bench.Mx("a.test");
        await first;
        bench.Clock.Advance(FiveSeconds);
        await bench.Clock.TimerSetAsync(FiveSeconds);
        bench.Clock.Advance(FiveSeconds);

        Assert.Equal(DnsStatus.TemporaryFailure, (await answer).Status);
        Assert.Contains("did not answer within 5 seconds", (await answer).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lookup_ends_when_its_whole_time_is_over()
    {
        await using var bench = new DnsBench(_ => null, options => options with { LookupTime = TimeSpan.FromSeconds(3) });
        var waiting = bench.Clock.TimerSetAsync(FiveSeconds);
        var answer = bench.Mx("a.test");
        await waiting;
        bench.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal("a.test could not be looked up within 3 seconds.", (await answer).Detail);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Where_one_server_fails_the_next_is_asked(int code)
    {
        await using var bench = new DnsBench(null, new FakeNameServer(asked => new DnsReply(asked.Question) { Code = code }), new FakeNameServer(Found));

        Assert.Equal(DnsStatus.Found, (await bench.Mx("a.test")).Status);
    }

    [Fact]
    public async Task A_no_of_the_first_server_is_the_answer()
    {
        await using var second = new FakeNameServer(Found);
        await using var bench = new DnsBench(
            options => options with { NameServers = [.. options.NameServers, second.EndPoint] },
            new FakeNameServer(asked => new DnsReply(asked.Question) { Code = 3 }));

        Assert.Equal(DnsStatus.NotFound, (await bench.Mx("a.test")).Status);
        Assert.Empty(second.Asked);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_asked_last_for_a_while()
    {
        var dead = new FakeNameServer(Found);
        var nowhere = dead.EndPoint;
        await using var alive = new FakeNameServer(Found);
        await dead.DisposeAsync();
        await using var bench = new DnsBench(options => options with { NameServers = [nowhere, alive.EndPoint], AvoidFailedServerFor = TimeSpan.FromSeconds(30) });

        Assert.Equal(DnsStatus.Found, (await bench.Mx("a.test")).Status);
        Assert.Equal(DnsStatus.Found, (await bench.Mx("b.test")).Status);
        Assert.Equal(2, alive.Asked.Count);
    }

    [Fact]
    public async Task A_silent_server_is_asked_last_until_its_time_is_over()
    {
        var silent = true;
        var first = new FakeNameServer(asked => silent ? null : Found(asked));
        await using var second = new FakeNameServer(Found);
        await using var bench = new DnsBench(options => options with { NameServers = [first.EndPoint, second.EndPoint] }, first);

        var waiting = bench.Clock.TimerSetAsync(FiveSeconds);
        var answer = bench.Mx("a.test");
        await waiting;
        bench.Clock.Advance(FiveSeconds);
        Assert.Equal(DnsStatus.Found, (await answer).Status);

        silent = false;
        _ = await bench.Mx("b.test");
        _ = Assert.Single(first.Asked);
        bench.Clock.Advance(TimeSpan.FromSeconds(30));
        _ = await bench.Mx("c.test");
        Assert.Equal(["a.test", "c.test"], first.Asked.Select(a => a.Question.Name).ToArray());
    }

    [Fact]
    public async Task A_waiter_that_gives_up_takes_nobody_else_with_it()
    {
        var go = new TaskCompletionSource();
        await using var bench = new DnsBench(asked =>
        {
            _ = go.Task.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            return Found(asked);
        });
        using var source = new CancellationTokenSource();
        var impatient = bench.Client.ResolveMailExchangersAsync(DnsBench.Name("a.test"), source.Token).AsTask();
        var patient = bench.Mx("a.test");
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        go.SetResult();
        Assert.Equal(DnsStatus.Found, (await patient).Status);
        _ = Assert.Single(bench.Asked);
    }

    private static DnsReply Found(DnsAsked asked) => new DnsReply(asked.Question).Mx(asked.Question.Name, 10, "mail.test");

    private static async Task<string> FailureOf(DnsBench bench)
    {
        var answer = await bench.Mx("a.test");
        Assert.Equal(DnsStatus.TemporaryFailure, answer.Status);
        return answer.Detail;
    }
}
