using System.Net;
using System.Net.Sockets;
using SmtpTls.Tls;

namespace SmtpTls.Relay;

/// <summary>Knows whether a host that is about to be dialled is this relay itself.</summary>
/// <param name="names">What this relay calls itself, in comparable form.</param>
/// <param name="listening">Where it listens now.</param>
/// <param name="isLocal">True where an address is one of this machine's.</param>
internal sealed class OwnEndpoints(IReadOnlySet<DnsName> names, Func<IReadOnlyCollection<IPEndPoint>> listening, Func<IPAddress, bool> isLocal)
{
    /// <summary>Asks the system which addresses are this machine's.</summary>
    public OwnEndpoints(IReadOnlySet<DnsName> names, Func<IReadOnlyCollection<IPEndPoint>> listening)
        : this(names, listening, IsThisMachines)
    {
    }

    /// <summary>
    /// True where the name is this relay's own and it listens on the port that would be dialled. On another port the machine may
    /// have another mail server, and mail for it is no loop.
    /// </summary>
    public bool HasName(DnsName host, int port) => names.Contains(host) && listening().Any(own => own.Port == port);

    /// <summary>True where dialling the endpoint would reach one of this relay's listeners.</summary>
    public bool Contains(IPEndPoint endpoint)
    {
        var dialled = Reached(AddressForm.Plain(endpoint.Address));
        return listening().Where(own => own.Port == endpoint.Port).Any(own => Covers(AddressForm.Plain(own.Address), dialled));
    }

    private bool Covers(IPAddress own, IPAddress dialled)
    {
        if (own.Equals(dialled))
        {
            return true;
        }

        // A listener on every address takes what comes to any of this machine's; one on :: takes IPv4 as well.
        var everywhere = own.Equals(IPAddress.IPv6Any) || (own.Equals(IPAddress.Any) && dialled.AddressFamily == AddressFamily.InterNetwork);
        return everywhere && (IPAddress.IsLoopback(dialled) || isLocal(dialled));
    }

    // Who dials "any address" reaches loopback on every Unix.
    private static IPAddress Reached(IPAddress address) => address.Equals(IPAddress.Any) ? IPAddress.Loopback
        : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
        : address;

    // An address can be bound exactly where it is this machine's; nothing is sent, and port 0 is in nobody's way.
    private static bool IsThisMachines(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
