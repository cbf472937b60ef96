using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>What must hold of a peer.</summary>
internal sealed record PeerPolicy
{
    internal required TlsLevel Level { get; init; }

    /// <summary>
    /// What the certificate has to name. At <see cref="TlsLevel.Verify"/> it is the server's host name, at
    /// <see cref="TlsLevel.Secure"/> the next-hop domain or the given server name: the caller chose it.
    /// </summary>
    internal required ReferenceIdentity Identity { get; init; }

    /// <summary>With <see cref="TlsIdentity.Address"/> the dialled address takes the place of <see cref="Identity"/>; SNI stays.</summary>
    internal TlsIdentity IdentityRule { get; init; }

    /// <summary>Self-signed CA certificates, or the self-signed certificate of the server itself. Empty: the system's roots.</summary>
    internal X509Certificate2Collection TrustedRoots { get; init; } = [];

    /// <summary>For <see cref="TlsLevel.Fingerprint"/>: SHA-256 of the certificate or of its SubjectPublicKeyInfo, in hexadecimal.</summary>
    internal IReadOnlyList<string> Fingerprints { get; init; } = [];

    /// <summary>Never refuse for the certificate. What is found is told all the same.</summary>
    internal bool SkipCheck { get; init; }

    /// <summary>With its private key; sent where the server asks for one.</summary>
    internal X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The versions that may be used; None: <see cref="TlsVersions.Enabled"/>.</summary>
    internal SslProtocols Protocols { get; init; }
}
