using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SmtpTls.Net;

/// <summary>How this machine introduces itself in EHLO.</summary>
internal static class LocalHostName
{
    /// <summary>The machine's fully qualified name, or null where it has none that EHLO may carry.</summary>
    public static string? Find()
    {
        var host = System.Net.Dns.GetHostName();
        var domain = IPGlobalProperties.GetIPGlobalProperties().DomainName;
        var full = host.Contains('.', StringComparison.Ordinal) || string.IsNullOrEmpty(domain) ? host : $"{host}.{domain}";
        return DnsName.TryParse(full, out var name, out _) && name.Value.Contains('.', StringComparison.Ordinal) ? name.Value : null;
    }

    /// <summary>
    /// The argument of EHLO: the name where there is one, else the address literal of the connection's own end
    /// (RFC 5321 §4.1.4), else of loopback.
    /// </summary>
    public static string ForHello(string? name, Stream connection) => name
        ?? (connection is NetworkStream { Socket.LocalEndPoint: IPEndPoint local } ? Literal(local.Address) : Literal(IPAddress.Loopback));

    // RFC 5321 §4.1.3. A zone index means nothing to the other side.
    private static string Literal(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6
            ? $"[IPv6:{new IPAddress(plain.GetAddressBytes())}]"
            : $"[{plain}]";
    }
}
