using SmtpTls.Dns;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Dns;

public class DnsCacheTests
{
    public static TheoryData<string, object, int> Lifetimes() => new()
    {
        { "as the record says", Reply(a => new DnsReply(a.Question).Mx("a.test", 1, "mail.test", 300)), 300 },
        { "the least of all records", Reply(a => new DnsReply(a.Question).Mx("a.test", 1, "m1.test", 300).Mx("a.test", 1, "m2.test", 60)), 60 },
        { "the alias's too", Reply(a => new DnsReply(a.Question).Alias("a.test", "b.test", 20).Mx("b.test", 1, "mail.test", 300)), 20 },
        { "never less than the minimum", Reply(a => new DnsReply(a.Question).Mx("a.test", 1, "mail.test", 0)), 5 },
        { "never more than the maximum", Reply(a => new DnsReply(a.Question).Mx("a.test", 1, "mail.test", 10_000_000)), 86_400 },
        { "a no by the zone's minimum", Reply(a => new DnsReply(a.Question).Zone("test", 100, 3600)), 100 },
        { "a no by the zone's lifetime", Reply(a => new DnsReply(a.Question).Zone("test", 3600, 50)), 50 },
        { "a no, bounded", Reply(a => new DnsReply(a.Question) { Code = 3 }.Zone("test", 86_400, 86_400)), 300 },
        { "a failure", Reply(a => new DnsReply(a.Question) { Code = 2 }), 5 },
    };

    // Test data is public, and the fake is not.
    private static object Reply(Func<DnsAsked, DnsReply> reply) => reply;

    [Theory]
    [MemberData(nameof(Lifetimes))]
    public async Task An_answer_is_remembered_as_long_as_it_is_true(string what, object reply, int seconds)
    {
        Assert.NotEmpty(what);
        await using var bench = new DnsBench((Func<DnsAsked, DnsReply>)reply, options => options with { Attempts = 1 });
        var first = await bench.Mx("a.test");
        bench.Clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        var second = await bench.Mx("a.test");
        Assert.Equal(first.Status, second.Status);
        Assert.Equal(first.Records, second.Records);
        _ = Assert.Single(bench.Asked);

        bench.Clock.Advance(TimeSpan.FromMilliseconds(1));
        _ = await bench.Mx("a.test");
        Assert.Equal(2, bench.Asked.Count);
    }

    // RFC 2308 §5: without a SOA nothing says how long it is true.
    [Fact]
    public async Task A_no_without_a_zone_is_not_remembered()
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question) { Code = 3 });

        _ = await bench.Mx("a.test");
        _ = await bench.Mx("a.test");

        Assert.Equal(2, bench.Asked.Count);
    }

    // RFC 8020.
    [Fact]
    public async Task A_name_that_does_not_exist_has_no_records_of_other_types()
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question) { Code = 3 }.Zone("test", 60));

        _ = await bench.Mx("a.test");
        var answer = await bench.Addresses("a.test");

        Assert.Equal(DnsStatus.NotFound, answer.Status);
        Assert.Equal("a.test does not exist (NXDOMAIN).", answer.Detail);
        _ = Assert.Single(bench.Asked);
    }

    [Fact]
    public async Task A_name_without_mail_exchangers_may_have_addresses()
    {
        await using var bench = new DnsBench(asked => asked.Question.Type == DnsRecordType.A
            ? new DnsReply(asked.Question).Address("a.test", "192.0.2.1")
            : new DnsReply(asked.Question).Zone("test", 60));

        Assert.Equal(DnsStatus.NotFound, (await bench.Mx("a.test")).Status);
        Assert.Equal(DnsStatus.Found, (await bench.Addresses("a.test")).Status);
    }

    [Fact]
    public async Task Those_who_ask_the_same_at_once_share_one_lookup()
    {
        var go = new TaskCompletionSource();
        await using var bench = new DnsBench(asked =>
        {
            _ = go.Task.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            return new DnsReply(asked.Question).Mx("a.test", 1, "mail.test");
        });
        var waiters = Enumerable.Range(0, 20).Select(_ => bench.Mx("A.test")).ToArray();
        go.SetResult();

        Assert.All(await Task.WhenAll(waiters), answer => Assert.Equal(DnsStatus.Found, answer.Status));
        _ = Assert.Single(bench.Asked);
    }

    [Fact]
    public async Task What_was_unused_longest_goes_first()
    {
        var cache = new DnsCache(capacity: 3, new FakeClock());
        var asked = new List<string>();
        foreach (var name in new[] { "a", "b", "c", "a", "d", "a", "c", "b" })
        {
            _ = await cache.GetAsync(
                new DnsQuestion(name, DnsRecordType.Mx),
                () =>
                {
                    asked.Add(name);
                    return Task.FromResult(new DnsLookup { Status = DnsStatus.Found, TimeToLive = TimeSpan.FromMinutes(1) });
                },
                TestContext.Current.CancellationToken);
        }

        Assert.Equal(["a", "b", "c", "d", "b"], asked);
        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public async Task A_lookup_that_breaks_is_not_remembered_nor_in_the_way()
    {
        var cache = new DnsCache(capacity: 3, new FakeClock());
        var question = new DnsQuestion("a", DnsRecordType.Mx);
        var token = TestContext.Current.CancellationToken;

        _ = await Assert.ThrowsAsync<InvalidOperationException>(() => cache.GetAsync(question, () => throw new InvalidOperationException(), token));

        var answer = await cache.GetAsync(question, () => Task.FromResult(new DnsLookup { Status = DnsStatus.NotFound }), token);
        Assert.Equal(DnsStatus.NotFound, answer.Status);
    }
}
