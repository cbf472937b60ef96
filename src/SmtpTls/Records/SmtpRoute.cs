using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls;

/// <summary>Where mail for some domains goes, and what must hold of TLS on the way.</summary>
public sealed record SmtpRoute
{
    /// <summary>
    /// The domains: <c>contoso.com</c> that one, <c>*.contoso.com</c> all below it and not itself, <c>*</c> all others. The
    /// longest that fits decides.
    /// </summary>
    public required IReadOnlyList<string> Domains { get; init; }

    /// <summary>Smart hosts in the order they are tried. Empty (the default): by the domain's MX records (RFC 5321 §5.1).</summary>
    public IReadOnlyList<SmartHost> SmartHosts { get; init; } = [];

    /// <summary>The port where the route goes by MX. Default 25.</summary>
    public int Port { get; init; } = SmartHost.SmtpPort;

    /// <summary>How TLS begins. Default <see cref="TlsMode.StartTls"/>.</summary>
    public TlsMode TlsMode { get; init; } = TlsMode.StartTls;

    /// <summary>What must hold of TLS. Default <see cref="TlsLevel.Opportunistic"/>, as RFC 7435 advises where nothing is known of the peer.</summary>
    public TlsLevel TlsLevel { get; init; } = TlsLevel.Opportunistic;

    /// <summary>What the certificate is compared with. Default <see cref="TlsIdentity.Name"/>.</summary>
    public TlsIdentity TlsIdentity { get; init; }

    /// <summary>The name that the certificate has to carry in place of the next-hop domain or the MX host's name. Default none.</summary>
    public string? ServerName { get; init; }

    /// <summary>SHA-256 fingerprints of the certificate or its public key in hexadecimal, for <see cref="TlsLevel.Fingerprint"/>. Default none.</summary>
    public IReadOnlyList<string> Fingerprints { get; init; } = [];

    /// <summary>Root certificates to trust in place of the system's. Empty (the default): the system's.</summary>
    public IReadOnlyList<X509Certificate2> TrustedCertificates { get; init; } = [];

    /// <summary>The TLS versions that may be used; <see cref="SslProtocols.None"/> (the default) leaves it to the system.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.None;

    /// <summary>Shown to a server that asks for a certificate; with its private key. Default none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>User and password for AUTH at the smart host, used inside TLS only. Default none.</summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>A domain's next hop on this route: the smart hosts with their ports, or the domain itself.</summary>
    /// <param name="domain">The domain.</param>
    public string NextHop(string domain) => SmartHosts.Count == 0 ? domain : string.Join(", ", SmartHosts);

    /// <summary>Domains and where they go.</summary>
    public override string ToString() => $"{string.Join(", ", Domains)} -> {(SmartHosts.Count == 0 ? "MX" : string.Join(", ", SmartHosts))}, {TlsLevel}";
}

/// <summary>A host that takes mail for others.</summary>
/// <param name="Host">A host name (its MX records are not asked for) or an IP address.</param>
/// <param name="Port">The port.</param>
public sealed record SmartHost(string Host, int Port = SmartHost.SmtpPort)
{
    /// <summary>The port of mail between servers (RFC 5321 §4.5.4.2).</summary>
    public const int SmtpPort = 25;

    /// <summary>Host and port as an administrator types them; an IPv6 address stands in brackets.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? FormattableString.Invariant($"[{Host}]:{Port}")
        : FormattableString.Invariant($"{Host}:{Port}");
}
