using System.Net;
using SmtpTls.Dns;
using SmtpTls.Net;
using SmtpTls.Relay;

namespace SmtpTls;

/// <summary>What a relay delivers with: names, connections, the agent.</summary>
internal sealed class RelayDelivery : IAsyncDisposable
{
    private readonly DeliveryAgent? _own;

    /// <param name="options">The relay's options.</param>
    /// <param name="hostName">The relay's name.</param>
    /// <param name="endpoints">What the relay listens on now: a next hop that is one of these is the relay itself.</param>
    public RelayDelivery(SmtpRelayOptions options, string hostName, Func<IReadOnlyCollection<IPEndPoint>> endpoints)
    {
        if (options.Agent is { } agent)
        {
            Agent = agent;
            return;
        }

        var dns = options.Dns ?? new DnsClient(new DnsClientOptions { NameServers = options.NameServers, Clock = options.Clock });

        // An administrator's smart host may stand in the hosts file, which is the system's to read.
        IDnsResolver hosts = options.Dns is null && options.NameServers.Count == 0 ? new SystemDnsResolver() : dns;
        var names = new HashSet<DnsName>();
        if (DnsName.TryParse(hostName, out var name, out _))
        {
            _ = names.Add(name);
        }

        var own = new OwnEndpoints(names, endpoints);
        var opener = new SessionOpener(new Dialer(dns, new TcpConnector(), options.Clock), options.Clock);
        var profile = new DeliveryProfile
        {
            // A name without a domain cannot stand in EHLO; the address literal can (RFC 5321 §4.1.4).
            HelloName = options.HostName ?? LocalHostName.Find(),
            Timeouts = options.Timeouts,
            Limits = options.Delivery,
        };
        _own = new DeliveryAgent(new NextHopResolver(dns, hosts, own, Random.Shared, new NextHopLimits()), opener, profile, options.Clock);
        Agent = _own;
    }

    /// <summary>Makes attempts.</summary>
    public IDeliveryAgent Agent { get; }

    /// <summary>Closes the connections. May be called twice.</summary>
    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;
}
