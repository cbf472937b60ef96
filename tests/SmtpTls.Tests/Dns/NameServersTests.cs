using System.Net;
using SmtpTls.Dns;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Dns;

public class NameServersTests
{
    [Fact]
    public void The_file_is_read_as_the_system_reads_it()
    {
        var servers = ResolverConfiguration.Parse(
        [
            "# a comment", "; another", "domain contoso.test", "search a.test b.test",
            "nameserver 192.0.2.1", "\tnameserver\t2001:db8::1 # behind", "nameserver nonsense", "nameserver", "nameserver 192.0.2.3", "nameserver 192.0.2.4",
            "options ndots:2 timeout:3 rotate", "options attempts:4 use-vc timeout:x",
        ]);

        Assert.Equal(["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.3:53"], servers.EndPoints.Select(e => e.ToString()).ToArray());
        Assert.Equal(TimeSpan.FromSeconds(3), servers.Timeout);
        Assert.Equal(4, servers.Attempts);
        Assert.True(servers.Rotates);
        Assert.True(servers.OnlyTcp);
    }

    [Fact]
    public void Without_a_server_it_is_the_local_machine()
    {
        var servers = ResolverConfiguration.Parse(["options timeout:99 attempts:0"]);

        Assert.Equal("127.0.0.1:53", Assert.Single(servers.EndPoints).ToString());
        Assert.Equal(TimeSpan.FromSeconds(30), servers.Timeout);
        Assert.Equal(1, servers.Attempts);
    }

    [Fact]
    public void A_changed_file_is_read_again()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "resolv.conf");
        var source = new ResolverConfiguration(path);
        Assert.Equal("127.0.0.1:53", Assert.Single(source.Current().EndPoints).ToString());

        File.WriteAllText(path, "nameserver 192.0.2.1\n");
        var first = source.Current();
        Assert.Equal("192.0.2.1:53", Assert.Single(first.EndPoints).ToString());
        Assert.Same(first, source.Current());

        File.WriteAllText(path, "nameserver 192.0.2.22\n");
        Assert.Equal("192.0.2.22:53", Assert.Single(source.Current().EndPoints).ToString());
        File.Delete(path);
        Assert.Equal("127.0.0.1:53", Assert.Single(source.Current().EndPoints).ToString());
    }

    [Fact]
    public void A_file_that_cannot_be_meant_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "resolv.conf");
        File.WriteAllText(path, new string('#', 70_000));

        Assert.Contains("is no resolver configuration", Assert.Throws<IOException>(() => new ResolverConfiguration(path).Current()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_interfaces_name_servers_are_at_least_one() => Assert.NotEmpty(new InterfaceNameServers(new FakeClock()).Current().EndPoints);

    [Fact]
    public async Task Only_tcp_means_only_tcp()
    {
        await using var server = new FakeNameServer(asked => new DnsReply(asked.Question).Mx("a.test", 1, "mail.test"));
        var exchange = new DnsExchange(new DnsClientOptions(), new Fixed(new NameServers([server.EndPoint]) { OnlyTcp = true }));

        var result = await exchange.AskAsync(new DnsQuestion("a.test", DnsRecordType.Mx), TestContext.Current.CancellationToken);

        Assert.NotNull(result.Message);
        Assert.True(Assert.Single(server.Asked).IsTcp);
    }

    [Fact]
    public async Task Who_rotates_begins_with_another_each_time()
    {
        await using var first = new FakeNameServer(asked => new DnsReply(asked.Question));
        await using var second = new FakeNameServer(asked => new DnsReply(asked.Question));
        var exchange = new DnsExchange(new DnsClientOptions(), new Fixed(new NameServers([first.EndPoint, second.EndPoint]) { Rotates = true }));
        for (var lookup = 0; lookup < 4; lookup++)
        {
            _ = await exchange.AskAsync(new DnsQuestion("a.test", DnsRecordType.Mx), TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, first.Asked.Count);
        Assert.Equal(2, second.Asked.Count);
    }

    [Fact]
    public async Task Settings_that_cannot_be_read_are_a_failure_and_not_a_no()
    {
        var result = await new DnsExchange(new DnsClientOptions(), new Fixed(null)).AskAsync(new DnsQuestion("a.test", DnsRecordType.Mx), TestContext.Current.CancellationToken);

        Assert.Null(result.Message);
        Assert.Equal("no settings", result.Trouble);
    }

    public static TheoryData<DnsClientOptions, string> Unusable() => new()
    {
        { new() { NameServers = [new IPEndPoint(IPAddress.Any, 53)] }, "The name server 0.0.0.0:53 is not" },
        { new() { NameServers = [new IPEndPoint(IPAddress.Loopback, 0)] }, "The name server 127.0.0.1:0 is not" },
        { new() { Timeout = TimeSpan.Zero }, "Timeout is zero, negative" },
        { new() { LookupTime = TimeSpan.FromDays(8) }, "LookupTime is zero, negative or longer than 7 days." },
        { new() { FailureTtl = TimeSpan.FromSeconds(-1) }, "FailureTtl is negative" },
        { new() { MinimumTtl = TimeSpan.FromDays(2) }, "MinimumTtl is longer than MaximumTtl." },
        { new() { Attempts = 0 }, "Attempts is 0, and not between 1 and 10." },
        { new() { UdpPayload = 511 }, "UdpPayload is 511, and not between 512 and 4096." },
        { new() { MaximumLookups = 0 }, "MaximumLookups is 0" },
        { new() { CacheSize = -1 }, "CacheSize is -1" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void Options_that_cannot_be_used_are_named(DnsClientOptions options, string message)
    {
        var failure = Assert.Throws<SmtpException>(() => new DnsClient(options)).Failure;

        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    private sealed class Fixed(NameServers? servers) : INameServerSource
    {
        public NameServers Current() => servers ?? throw new IOException("no settings");
    }
}
