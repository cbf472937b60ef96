using System.Net;
using SmtpTls.Dns;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Dns;

/// <summary>A client, the fake name servers that it asks, and a clock that stands still.</summary>
internal sealed class DnsBench : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly FakeNameServer[] _servers;

    public DnsBench(Func<DnsAsked, DnsReply?> answer, Func<DnsClientOptions, DnsClientOptions>? change = null)
        : this(change, new FakeNameServer(answer))
    {
    }

    public DnsBench(Func<DnsClientOptions, DnsClientOptions>? change, params FakeNameServer[] servers)
    {
        _servers = servers;
        var options = new DnsClientOptions { NameServers = [.. servers.Select(server => server.EndPoint)], Clock = Clock };
        Client = new DnsClient(change?.Invoke(options) ?? options, new AddressOrder(_ => true));
    }

    public FakeClock Clock { get; } = new();

    public DnsClient Client { get; }

    public IReadOnlyList<DnsAsked> Asked => _servers[0].Asked;

    public static DnsName Name(string text) =>
        DnsName.TryParse(text, out var name, out var error) ? name : throw new ArgumentException($"{text} is not a host name: {error}.", nameof(text));

    public Task<DnsAnswer<MailExchanger>> Mx(string domain) =>
        Client.ResolveMailExchangersAsync(Name(domain), TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    public Task<DnsAnswer<IPAddress>> Addresses(string host) =>
        Client.ResolveAddressesAsync(Name(host), TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
