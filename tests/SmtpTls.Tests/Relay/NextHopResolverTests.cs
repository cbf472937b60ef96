using System.Net;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

public class NextHopResolverTests
{
    private static readonly SmtpRoute ByMx = new() { Domains = ["*"] };

    [Fact]
    public async Task Exchangers_are_tried_by_preference()
    {
        var dns = new FakeMailDns().Mx("contoso.test", "20 b.test", "10 a.test", "30 c.test")
            .Host("a.test", "192.0.2.1", "2001:db8::1").Host("b.test", "192.0.2.2").Host("c.test", "192.0.2.3");

        Assert.Equal(
            "a.test=192.0.2.1:25,[2001:db8::1]:25; b.test=192.0.2.2:25; c.test=192.0.2.3:25",
            Show(await Resolve(dns, ByMx, "contoso.test")));
        Assert.Equal("a.test=192.0.2.1:2525,[2001:db8::1]:2525", Show(await Resolve(dns, ByMx with { Port = 2525 }, "contoso.test"))[..40]);
    }

    [Fact]
    public async Task Exchangers_of_equal_preference_are_shuffled_and_the_others_are_not()
    {
        var dns = new FakeMailDns().Mx("contoso.test", "10 a.test", "10 b.test", "10 c.test", "5 first.test", "20 last.test");
        foreach (var host in new[] { "a", "b", "c", "first", "last" })
        {
            _ = dns.Host($"{host}.test", "192.0.2.1");
        }

        var orders = new HashSet<string>(StringComparer.Ordinal);
        var resolver = Resolver(dns);
        for (var round = 0; round < 200; round++)
        {
            var answer = await resolver.ResolveAsync(ByMx, "contoso.test", TestContext.Current.CancellationToken);
            var hosts = answer.Hosts.Select(host => host.Host).ToArray();
            Assert.Equal("first.test", hosts[0]);
            Assert.Equal("last.test", hosts[^1]);
            _ = orders.Add(string.Join(' ', hosts));
        }

        Assert.Equal(6, orders.Count);
    }

    /// <summary>What DNS says, and what comes of it: hosts in their order, or reply and code.</summary>
    public static TheoryData<string, string> Outcomes() => new()
    {
        { "mx 10 a; a 1", "a.test=192.0.2.1:25" },
        { "", "550 5.1.2 HostNotFound permanent" },
        { "mx 0 .", "556 5.1.10 NullMx permanent" },
        { "mx 10 .", "556 5.1.10 NullMx permanent" },
        { "mx 0 .; d 1", "556 5.1.10 NullMx permanent" },
        { "mx 0 .|10 a; a 1", "a.test=192.0.2.1:25" },
        { "mx 0 .|0 .", "550 5.4.4 HostNotFound permanent" },
        { "d 1", "contoso.test=192.0.2.1:25" },
        { "d ?", "451 4.4.3 ResolveFailed" },
        { "mx ?", "451 4.4.3 ResolveFailed" },
        { "mx ?; d 1", "451 4.4.3 ResolveFailed" },
        { "mx 10 a; d 1", "550 5.4.4 HostNotFound permanent" },
        { "mx 10 a|20 b; b 2", "b.test=192.0.2.2:25" },
        { "mx 10 a|20 b; a ?; b 2", "b.test=192.0.2.2:25" },
        { "mx 10 a|20 b; a ?", "451 4.4.3 ResolveFailed" },
        { "mx 10 192.0.2.7", "550 5.4.4 HostNotFound permanent" },
        { "mx 10 192.0.2.7|20 b; b 2", "b.test=192.0.2.2:25" },

        // own: 192.0.2.99 is an address that this relay listens on, me.test its name.
        { "mx 10 a; a 99", "554 5.4.6 MailLoop permanent" },
        { "mx 10 me; me 5", "554 5.4.6 MailLoop permanent" },
        { "d 99", "554 5.4.6 MailLoop permanent" },
        { "mx 10 a|20 me|30 b; a 1; b 2", "a.test=192.0.2.1:25" },
        { "mx 10 a|20 me|20 b; a 1; b 2", "a.test=192.0.2.1:25" },
        { "mx 10 me|20 b; b 2", "554 5.4.6 MailLoop permanent" },
        { "mx 10 a|20 me; a ?", "451 4.4.3 ResolveFailed" },
        { "mx 10 a|20 me", "554 5.4.6 MailLoop permanent" },
        { "mx 10 me|20 b; b ?", "554 5.4.6 MailLoop permanent" },
        { "mx 10 a; a 5,99", "554 5.4.6 MailLoop permanent" },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public async Task What_dns_says_has_one_outcome(string zone, string outcome) =>
        Assert.Equal(outcome, Show(await Resolve(Zone(zone), ByMx, "contoso.test")));

    public static TheoryData<string, string> SmartHostOutcomes() => new()
    {
        { "a 1; b 2", "a.test=192.0.2.1:25; b.test=192.0.2.2:587" },
        { "b 2", "b.test=192.0.2.2:587" },
        { "a ?; b 2", "b.test=192.0.2.2:587" },
        { "", "451 4.4.4 HostNotFound" },
        { "a ?", "451 4.4.4 HostNotFound" },
        { "a 1; b 99", "a.test=192.0.2.1:25; b.test=192.0.2.99:587" },
        { "a 99; b 2", "451 4.4.6 MailLoop" },
        { "mx 10 x; a 1; b 2", "a.test=192.0.2.1:25; b.test=192.0.2.2:587" },
    };

    // An administrator's mistake in a route is mended while the mail waits.
    [Theory]
    [MemberData(nameof(SmartHostOutcomes))]
    public async Task Smart_hosts_are_tried_in_their_order_and_never_bounce_mail(string zone, string outcome)
    {
        var route = ByMx with { SmartHosts = [new SmartHost("a.test"), new SmartHost("b.test", 587)] };

        Assert.Equal(outcome, Show(await Resolve(Zone(zone), route, "contoso.test")));
    }

    [Theory]
    [InlineData("192.0.2.9", "192.0.2.9=192.0.2.9:25")]
    [InlineData("2001:db8::9", "2001:db8::9=[2001:db8::9]:25")]
    [InlineData("192.0.2.99", "451 4.4.6 MailLoop")]
    public async Task A_smart_host_may_be_an_address(string host, string outcome) =>
        Assert.Equal(outcome, Show(await Resolve(new FakeMailDns(), ByMx with { SmartHosts = [new SmartHost(host)] }, "contoso.test")));

    [Theory]
    [InlineData("[192.0.2.9]", "[192.0.2.9]=192.0.2.9:25")]
    [InlineData("[IPv6:2001:db8::9]", "[IPv6:2001:db8::9]=[2001:db8::9]:25")]
    [InlineData("[192.0.2.99]", "554 5.4.6 MailLoop permanent")]
    public async Task Mail_to_an_address_literal_goes_to_the_address(string domain, string outcome) =>
        Assert.Equal(outcome, Show(await Resolve(new FakeMailDns(), ByMx, domain)));

    /// <summary>What the certificate has to name, level by level: DESIGN.md's table.</summary>
    public static TheoryData<TlsLevel, string?, string, string, string> Identities() => new()
    {
        { TlsLevel.None, null, "mx.test", "smart.test", "192.0.2.9" },
        { TlsLevel.Opportunistic, null, "mx.test", "smart.test", "192.0.2.9" },
        { TlsLevel.Encrypt, null, "mx.test", "smart.test", "192.0.2.9" },
        { TlsLevel.Fingerprint, null, "mx.test", "smart.test", "192.0.2.9" },
        { TlsLevel.Verify, null, "mx.test", "smart.test", "192.0.2.9" },
        { TlsLevel.Secure, null, "contoso.test", "smart.test", "192.0.2.9" },
        { TlsLevel.Verify, "given.test", "given.test", "given.test", "given.test" },
        { TlsLevel.Secure, "given.test", "given.test", "given.test", "given.test" },
    };

    [Theory]
    [MemberData(nameof(Identities))]
    public async Task The_reference_identity_is_the_levels(TlsLevel level, string? serverName, string byMx, string bySmartHost, string byAddress)
    {
        var dns = new FakeMailDns().Mx("contoso.test", "10 mx.test").Host("mx.test", "192.0.2.1").Host("smart.test", "192.0.2.2");
        var route = ByMx with { TlsLevel = level, ServerName = serverName };

        Assert.Equal(byMx, await IdentityOf(dns, route, "contoso.test"));
        Assert.Equal(bySmartHost, await IdentityOf(dns, route with { SmartHosts = [new SmartHost("smart.test")] }, "contoso.test"));
        Assert.Equal(byAddress, await IdentityOf(dns, route with { SmartHosts = [new SmartHost("192.0.2.9")] }, "contoso.test"));
        Assert.Equal(byAddress, await IdentityOf(dns, route, "[192.0.2.9]"));
    }

    // DNS is not to be trusted to say whom a certificate is for.
    [Fact]
    public async Task At_level_secure_no_answer_of_dns_becomes_the_identity()
    {
        var dns = new FakeMailDns().Mx("contoso.test", "10 evil.test", "20 worse.test").Host("evil.test", "192.0.2.1").Host("worse.test", "192.0.2.2");

        var answer = await Resolve(dns, ByMx with { TlsLevel = TlsLevel.Secure }, "contoso.test");

        Assert.All(answer.Hosts, host => Assert.Equal("contoso.test", host.Identity.Value));
    }

    [Fact]
    public async Task Hosts_and_addresses_are_bounded()
    {
        var dns = new FakeMailDns().Mx("contoso.test", [.. Enumerable.Range(0, 50).Select(i => $"{i} mx{i}.test")]);
        for (var i = 0; i < 50; i++)
        {
            _ = dns.Host($"mx{i}.test", [.. Enumerable.Range(1, 20).Select(a => $"192.0.2.{a}")]);
        }

        var answer = await Resolve(dns, ByMx, "contoso.test");

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"mx{i}.test").ToArray(), answer.Hosts.Select(host => host.Host).ToArray());
        Assert.All(answer.Hosts, host => Assert.Equal(5, host.Endpoints.Count));
        Assert.Equal(10, dns.Hosts.Queries.Count);
    }

    [Fact]
    public async Task A_failure_says_what_was_seen_and_what_to_do()
    {
        var failure = (await Resolve(new FakeMailDns().FailMx("contoso.test"), ByMx, "contoso.test")).Failure!;

        Assert.Equal("The mail exchangers of contoso.test could not be looked up now.", failure.Message);
        Assert.Equal("192.0.2.53:53 answered SERVFAIL.", failure.Cause);
        Assert.Equal("451 4.4.3 The mail exchangers of contoso.test could not be looked up now.", failure.Reply!.ToString());
        Assert.Equal(SmtpPhase.Resolve, failure.Phase);
        Assert.NotEmpty(failure.Advice);
    }

    private static FakeMailDns Zone(string text)
    {
        var dns = new FakeMailDns();
        foreach (var entry in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (entry[..entry.IndexOf(' ', StringComparison.Ordinal)], entry[(entry.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            _ = (name, value) switch
            {
                ("mx", "?") => dns.FailMx("contoso.test"),
                ("mx", _) => dns.Mx("contoso.test", [.. value.Split('|').Select(record => char.IsLetter(record[^1]) ? $"{record}.test" : record)]),
                ("d", "?") => dns.FailHost("contoso.test"),
                ("d", _) => dns.Host("contoso.test", $"192.0.2.{value}"),
                (_, "?") => dns.FailHost($"{name}.test"),
                _ => dns.Host($"{name}.test", [.. value.Split(',').Select(last => $"192.0.2.{last}")]),
            };
        }

        return dns;
    }

    private static Task<NextHopAnswer> Resolve(FakeMailDns dns, SmtpRoute route, string domain) =>
        Resolver(dns).ResolveAsync(route, domain, TestContext.Current.CancellationToken);

    private static NextHopResolver Resolver(FakeMailDns dns)
    {
        Assert.True(DnsName.TryParse("me.test", out var me, out _));
        var own = new OwnEndpoints(new HashSet<DnsName> { me }, () => [IPEndPoint.Parse("192.0.2.99:25"), IPEndPoint.Parse("127.0.0.1:587")], _ => false);
        return new NextHopResolver(dns, dns.Hosts, own, new Random(5), new NextHopLimits());
    }

    private static async Task<string> IdentityOf(FakeMailDns dns, SmtpRoute route, string domain) =>
        Assert.Single((await Resolve(dns, route, domain)).Hosts).Identity.Value;

    private static string Show(NextHopAnswer answer)
    {
        if (answer.Failure is not { } failure)
        {
            return string.Join("; ", answer.Hosts.Select(host => $"{host.Host}={string.Join(',', host.Endpoints)}"));
        }

        Assert.Empty(answer.Hosts);
        Assert.Equal(failure.Permanent, failure.Reply!.IsPermanent);
        return $"{failure.Reply.Code} {failure.Reply.Enhanced} {failure.Code}{(failure.Permanent ? " permanent" : "")}";
    }
}
