using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SmtpTls.Net;

/// <summary>How this machine introduces itself.</summary>
internal static class LocalHostName
{
    /// <summary>The machine's fully qualified name, or null where it has none that EHLO may carry.</summary>
    public static string? Find() =>
        DnsName.TryParse(FullName(), out var name, out _) && name.Value.Contains('.', StringComparison.Ordinal) ? name.Value : null;

    /// <summary>
    /// The name in a greeting, or <c>localhost</c>: a machine's name that is no host name (one with blanks, say) cannot
    /// stand there (RFC 5321 §4.2).
    /// </summary>
    public static string ForGreeting() => DnsName.TryParse(FullName(), out var name, out _) ? name.Value : "localhost";

    /// <summary>
    /// The argument of EHLO: the name where there is one, else the address literal of the connection's own end
    /// (RFC 5321 §4.1.4), else of loopback.
    /// </summary>
    public static string ForHello(string? name, Stream connection) => name
        ?? (connection is NetworkStream { Socket.LocalEndPoint: IPEndPoint local } ? Literal(local.Address) : Literal(IPAddress.Loopback));

    // With the domain where the machine knows it.
    private static string FullName()
    {
        var host = System.Net.Dns.GetHostName();
        var domain = IPGlobalProperties.GetIPGlobalProperties().DomainName;
        return host.Contains('.', StringComparison.Ordinal) || string.IsNullOrEmpty(domain) ? host : $"{host}.{domain}";
    }

    // RFC 5321 §4.1.3. A zone index means nothing to the other side.
    private static string Literal(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6
            ? $"[IPv6:{new IPAddress(plain.GetAddressBytes())}]"
            : $"[{plain}]";
    }
}
