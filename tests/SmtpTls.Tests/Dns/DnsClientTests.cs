using System.Net;
using System.Net.Sockets;
using SmtpTls.Dns;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Dns;

/// <summary>What answers mean.</summary>
public class DnsClientTests
{
    [Fact]
    public async Task Mail_exchangers_come_as_the_server_gives_them()
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question)
            .Mx("contoso.test", 20, "b.contoso.test")
            .Mx("contoso.test", 10, "A.contoso.test")
            .Mx("contoso.test", 30, "192.0.2.1")
            .Mx("elsewhere.test", 1, "evil.test"));

        var answer = await bench.Mx("contoso.test");

        Assert.Equal(DnsStatus.Found, answer.Status);
        Assert.Equal(["20 b.contoso.test", "10 a.contoso.test", "30 192.0.2.1"], answer.Records.Select(mx => mx.ToString()).ToArray());
        Assert.Equal("a.contoso.test", answer.Records[1].Host!.Value);
        Assert.Null(answer.Records[2].Host);
        Assert.False(answer.IsAuthentic);
        Assert.Equal(new DnsQuestion("contoso.test", DnsRecordType.Mx), Assert.Single(bench.Asked).Question);
    }

    [Fact]
    public async Task A_null_mx_is_found_and_is_the_root()
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question).Mx("contoso.test", 0, "."));

        var exchanger = Assert.Single((await bench.Mx("contoso.test")).Records);

        Assert.True(exchanger.IsNull);
        Assert.Null(exchanger.Host);
    }

    [Fact]
    public async Task Addresses_of_both_kinds_are_asked_for_and_take_turns()
    {
        await using var bench = new DnsBench(asked => asked.Question.Type == DnsRecordType.A
            ? new DnsReply(asked.Question).Address("mail.test", "192.0.2.1").Address("mail.test", "192.0.2.2").Address("mail.test", "192.0.2.3")
            : new DnsReply(asked.Question).Address("mail.test", "2001:db8::1").Address("mail.test", "2001:db8::2"));

        var answer = await bench.Addresses("mail.test");

        Assert.Equal(["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"], answer.Records.Select(a => a.ToString()).ToArray());
        Assert.Equal([DnsRecordType.A, DnsRecordType.Aaaa], bench.Asked.Select(a => a.Question.Type).Order());
    }

    [Fact]
    public void An_address_without_a_way_comes_last() =>
        Assert.Equal(
            ["192.0.2.1", "192.0.2.2", "2001:db8::1"],
            new AddressOrder(address => address.AddressFamily == AddressFamily.InterNetwork)
                .Sort([IPAddress.Parse("2001:db8::1"), IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")]).Select(a => a.ToString()).ToArray());

    [Fact]
    public void There_is_a_way_to_loopback() => Assert.Equal([IPAddress.Loopback], new AddressOrder().Sort([IPAddress.Loopback]));

    public static TheoryData<string, int, bool, DnsStatus, string> Codes() => new()
    {
        { "NXDOMAIN", 3, true, DnsStatus.NotFound, "contoso.test does not exist (NXDOMAIN)." },
        { "no data", 0, true, DnsStatus.NotFound, "contoso.test has no record of type MX." },
        { "lame", 0, false, DnsStatus.TemporaryFailure, "knows nothing of the name and does not ask others" },
        { "FORMERR", 1, true, DnsStatus.TemporaryFailure, "answered FORMERR" },
        { "SERVFAIL", 2, true, DnsStatus.TemporaryFailure, "answered SERVFAIL" },
        { "NOTIMP", 4, true, DnsStatus.TemporaryFailure, "answered NOTIMP" },
        { "REFUSED", 5, true, DnsStatus.TemporaryFailure, "answered REFUSED" },
        { "unknown", 11, true, DnsStatus.TemporaryFailure, "answered with response code 11" },
    };

    // Only what a server says of the name itself may make mail bounce.
    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Only_a_no_to_the_name_is_not_found(string what, int code, bool recursive, DnsStatus expected, string detail)
    {
        Assert.NotEmpty(what);
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question) { Code = code, IsRecursive = recursive });

        var answer = await bench.Mx("contoso.test");

        Assert.Equal(expected, answer.Status);
        Assert.Empty(answer.Records);
        Assert.Contains(detail, answer.Detail, StringComparison.Ordinal);
    }

    public static TheoryData<int, int, DnsStatus> Halves() => new()
    {
        { 0, 0, DnsStatus.NotFound },
        { 3, 3, DnsStatus.NotFound },
        { 0, 2, DnsStatus.TemporaryFailure },
        { 2, 3, DnsStatus.TemporaryFailure },
        { -1, 2, DnsStatus.Found },
        { 2, -1, DnsStatus.Found },
        { -1, 0, DnsStatus.Found },
    };

    [Theory]
    [MemberData(nameof(Halves))]
    public async Task Half_an_answer_is_enough_to_dial_and_not_to_give_up(int codeOfA, int codeOfAaaa, DnsStatus expected)
    {
        await using var bench = new DnsBench(asked => (asked.Question.Type == DnsRecordType.A ? codeOfA : codeOfAaaa) is var code and >= 0
            ? new DnsReply(asked.Question) { Code = code }
            : new DnsReply(asked.Question).Address("mail.test", asked.Question.Type == DnsRecordType.A ? "192.0.2.1" : "2001:db8::1"));

        Assert.Equal(expected, (await bench.Addresses("mail.test")).Status);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("a.localhost", true)]
    [InlineData("mail.invalid", false)]
    public async Task Special_names_are_not_asked_for(string host, bool isLoopback)
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question) { Code = 2 });

        var answer = await bench.Addresses(host);

        Assert.Equal(isLoopback ? DnsStatus.Found : DnsStatus.NotFound, answer.Status);
        Assert.All(answer.Records, address => Assert.True(IPAddress.IsLoopback(address)));
        Assert.Empty(bench.Asked);
    }

    [Fact]
    public async Task Aliases_in_one_answer_are_followed_in_any_order()
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question)
            .Mx("c.test", 1, "mail.test")
            .Alias("b.test", "c.test")
            .Alias("a.test", "b.test"));

        Assert.Equal("mail.test", Assert.Single((await bench.Mx("a.test")).Records).Name);
        _ = Assert.Single(bench.Asked);
    }

    [Fact]
    public async Task An_alias_without_more_is_asked_on()
    {
        await using var bench = new DnsBench(asked => asked.Question.Name switch
        {
            "a.test" => new DnsReply(asked.Question).Alias("a.test", "b.test"),
            "b.test" => new DnsReply(asked.Question).Alias("b.test", "c.test"),
            _ => new DnsReply(asked.Question).Mx("c.test", 1, "mail.test"),
        });

        Assert.Equal("mail.test", Assert.Single((await bench.Mx("a.test")).Records).Name);
        Assert.Equal(["a.test", "b.test", "c.test"], bench.Asked.Select(a => a.Question.Name).ToArray());
    }

    // RFC 6604 §3.
    [Fact]
    public async Task An_alias_of_what_does_not_exist_is_not_found()
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question) { Code = 3 }.Alias("a.test", "b.test").Zone("test", 60));

        var answer = await bench.Mx("a.test");

        Assert.Equal(DnsStatus.NotFound, answer.Status);
        Assert.Equal("a.test, an alias of b.test, does not exist (NXDOMAIN).", answer.Detail);
    }

    [Fact]
    public async Task A_circle_of_aliases_ends_as_a_failure()
    {
        await using var bench = new DnsBench(asked => asked.Question.Name == "a.test"
            ? new DnsReply(asked.Question).Alias("a.test", "b.test")
            : new DnsReply(asked.Question).Alias("b.test", "a.test"));

        var answer = await bench.Mx("a.test");

        Assert.Equal(DnsStatus.TemporaryFailure, answer.Status);
        Assert.Equal("a.test is an alias that leads back to itself, by a.test.", answer.Detail);
    }

    [Fact]
    public async Task An_endless_chain_of_aliases_ends_at_the_limit()
    {
        var next = 0;
        await using var bench = new DnsBench(
            asked => new DnsReply(asked.Question).Alias(asked.Question.Name, $"a{Interlocked.Increment(ref next)}.test"),
            options => options with { MaximumAliases = 3 });

        var answer = await bench.Mx("a.test");

        Assert.Equal(DnsStatus.TemporaryFailure, answer.Status);
        Assert.Equal("a.test leads through more than 3 aliases.", answer.Detail);
        Assert.Equal(4, bench.Asked.Count);
    }

    [Fact]
    public async Task An_alias_that_is_no_host_name_ends_as_a_failure()
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question).Alias("a.test", "x y.test"));

        var answer = await bench.Mx("a.test");

        Assert.Equal(DnsStatus.TemporaryFailure, answer.Status);
        Assert.Equal(@"a.test is an alias of 'x\032y.test', which is not a host name.", answer.Detail);
    }

    [Fact]
    public async Task Somebody_elses_records_are_no_answer()
    {
        await using var bench = new DnsBench(asked => new DnsReply(asked.Question).Mx("other.test", 1, "evil.test"));

        Assert.Equal(DnsStatus.NotFound, (await bench.Mx("contoso.test")).Status);
    }
}
