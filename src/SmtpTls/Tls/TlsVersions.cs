using System.Security.Authentication;

namespace SmtpTls.Tls;

/// <summary>The protocol versions spoken here, by either side.</summary>
internal static class TlsVersions
{
#pragma warning disable CA5398 // Named on purpose: the operating system's default may be older (RFC 8996, RFC 9325 §3.1.1).
    internal const SslProtocols Enabled = SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5398
}
