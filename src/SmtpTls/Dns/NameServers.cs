using System.Net;
using System.Net.NetworkInformation;

namespace SmtpTls.Dns;

/// <summary>Which name servers to ask, and how patiently.</summary>
/// <param name="EndPoints">At least one, in their order.</param>
internal sealed record NameServers(IReadOnlyList<IPEndPoint> EndPoints)
{
    /// <summary>The port of DNS (RFC 1035 §4.2).</summary>
    public const int Port = 53;

    /// <summary>What the system says of the time to wait for one server; null where it says nothing.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What the system says of the number of rounds; null where it says nothing.</summary>
    public int? Attempts { get; init; }

    /// <summary>True where each lookup shall begin with another server.</summary>
    public bool Rotates { get; init; }

    /// <summary>True where UDP is not to be used.</summary>
    public bool OnlyTcp { get; init; }
}

/// <summary>Knows which name servers to ask now.</summary>
internal interface INameServerSource
{
    /// <summary>The servers; at least one. Fails with <see cref="IOException"/> where the system's settings cannot be read.</summary>
    NameServers Current();
}

/// <summary>Servers that somebody named.</summary>
internal sealed class GivenNameServers(IReadOnlyList<IPEndPoint> servers) : INameServerSource
{
    private readonly NameServers _servers = new([.. servers]);

    public NameServers Current() => _servers;
}

/// <summary>What Windows has been told for each network interface. Looked at again now and then, because asking is slow.</summary>
internal sealed class InterfaceNameServers(TimeProvider clock) : INameServerSource
{
    // As many as resolv.conf(5) takes.
    private const int MostServers = 3;
    private static readonly TimeSpan TrueFor = TimeSpan.FromSeconds(10);
    private readonly object _gate = new();
    private NameServers? _servers;
    private long _readAt;

    public NameServers Current()
    {
        lock (_gate)
        {
            if (_servers is null || clock.GetElapsedTime(_readAt) >= TrueFor)
            {
                (_servers, _readAt) = (Read(), clock.GetTimestamp());
            }

            return _servers;
        }
    }

    private static NameServers Read()
    {
        try
        {
            // The site-local addresses that Windows names where there is no IPv6 name server are nobody's (RFC 3879).
            IPEndPoint[] found =
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .Where(static card => card.OperationalStatus == OperationalStatus.Up && card.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                    .SelectMany(static card => card.GetIPProperties().DnsAddresses)
                    .Where(static address => !address.IsIPv6SiteLocal)
                    .Distinct()
                    .Take(MostServers)
                    .Select(static address => new IPEndPoint(address, NameServers.Port)),
            ];
            return new NameServers(found.Length > 0 ? found : [new IPEndPoint(IPAddress.Loopback, NameServers.Port)]);
        }
        catch (NetworkInformationException e)
        {
            throw new IOException($"The network interfaces' name servers could not be read: {e.Message}", e);
        }
    }
}
