using System.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>
/// STARTTLS on loopback connections, after the Internet Mail Service of Exchange Server 5.5: a session to 127.0.0.1 or
/// localhost is not offered STARTTLS though a certificate is configured; one to the server's real address is.
/// </summary>
internal static class LoopbackRule
{
    /// <summary>127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104.</summary>
    public static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    /// <summary>What a connection between two addresses is offered.</summary>
    public static StartTlsOffer Offer(StartTlsPolicy policy, bool hasCertificate, IPAddress local, IPAddress remote) => policy switch
    {
        _ when !hasCertificate => StartTlsOffer.NotConfigured,
        StartTlsPolicy.Always => StartTlsOffer.Offered,
        StartTlsPolicy.ExceptLoopback => IsLoopback(local) || IsLoopback(remote) ? StartTlsOffer.WithheldOnLoopback : StartTlsOffer.Offered,
        _ => StartTlsOffer.NotConfigured,
    };
}
