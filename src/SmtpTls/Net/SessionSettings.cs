using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Net;

/// <summary>What is the same for every address of a server: who it is meant to be, how TLS is done, as whom we come.</summary>
internal sealed record SessionSettings
{
    /// <summary>The server as the caller named it; for messages.</summary>
    public required string Host { get; init; }

    /// <summary>What the certificate has to name.</summary>
    public required ReferenceIdentity Identity { get; init; }

    public required TlsMode Mode { get; init; }

    public required TlsLevel Level { get; init; }

    public TlsIdentity IdentityRule { get; init; }

    /// <summary>Empty: the system's roots.</summary>
    public IReadOnlyList<X509Certificate2> TrustedCertificates { get; init; } = [];

    public X509Certificate2? ClientCertificate { get; init; }

    public IReadOnlyList<string> Fingerprints { get; init; } = [];

    public bool SkipCheck { get; init; }

    /// <summary>The TLS versions that may be used; None: <see cref="TlsVersions.Enabled"/>.</summary>
    public SslProtocols Protocols { get; init; }

    public SaslCredential? Credential { get; init; }

    /// <summary>Ask why STARTTLS is not listed, as <see cref="ClientPlan.AsksUnlistedStartTls"/> says.</summary>
    public bool AsksUnlistedStartTls { get; init; }

    /// <summary>A host name or address literal for EHLO; null: the literal of the connection's own address.</summary>
    public string? HelloName { get; init; }

    public ClientTimeouts Timeouts { get; init; } = new();

    /// <summary>What must hold of the peer.</summary>
    public PeerPolicy ToPolicy() => new()
    {
        Level = Level,
        Identity = Identity,
        IdentityRule = IdentityRule,
        TrustedRoots = [.. TrustedCertificates],
        Fingerprints = Fingerprints,
        SkipCheck = SkipCheck,
        ClientCertificate = ClientCertificate,
        Protocols = Protocols,
    };
}
