using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>
/// One loaded certificate, ready for handshakes: one SslStreamCertificateContext and one set of options for all of them
/// (measured: 1.3 × handshakes against making them anew). Immutable; a reload makes another, and sessions keep theirs.
/// </summary>
internal sealed class ServingCertificate
{
    private ServingCertificate(X509Certificate2 leaf, SslServerAuthenticationOptions options, CertificateInfo info, CertificateNames names) =>
        (Leaf, Options, Info, Names) = (leaf, options, info, names);

    internal X509Certificate2 Leaf { get; }

    /// <summary>Shared by all handshakes; never changed after it was made.</summary>
    internal SslServerAuthenticationOptions Options { get; }

    internal CertificateInfo Info { get; }

    internal CertificateNames Names { get; }

    /// <param name="loaded">What was loaded.</param>
    /// <param name="source">For messages: where it came from.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>.</exception>
    internal static ServingCertificate Create(LoadedCertificate loaded, string source, TimeProvider clock)
    {
        if (!loaded.Leaf.HasPrivateKey)
        {
            throw CertificateTrouble.Unusable(
                $"The certificate {loaded.Leaf.Subject} ({source}) has no private key.", "Give a certificate together with its private key.");
        }

        try
        {
            CheckKey(loaded.Leaf, source);
            var leaf = ForSchannel(loaded.Leaf);
            var names = CertificateNames.Read(leaf);
            var options = new SslServerAuthenticationOptions
            {
                // offline: what the files hold is what is sent; nothing is fetched. No trust list: no client certificate is asked for.
                ServerCertificateContext = SslStreamCertificateContext.Create(leaf, loaded.Chain, offline: true),
                EnabledSslProtocols = TlsVersions.Enabled,
                ClientCertificateRequired = false,
                AllowRenegotiation = false,
            };
            return new ServingCertificate(leaf, options, CertificateFacts.Read(leaf, names, clock), names);
        }
        catch (Exception exception) when (exception is CryptographicException or AuthenticationException or NotSupportedException)
        {
            throw CertificateTrouble.Unusable(
                $"The private key of {loaded.Leaf.Subject} ({source}) cannot be used: {exception.Message}",
                "Let the account that runs the listener use the key; use an RSA or ECDSA key.",
                exception);
        }
    }

    private static void CheckKey(X509Certificate2 leaf, string source)
    {
        using var key = (AsymmetricAlgorithm?)leaf.GetRSAPrivateKey() ?? leaf.GetECDsaPrivateKey()
            ?? throw CertificateTrouble.Unusable($"The key of {leaf.Subject} ({source}) is neither RSA nor ECDSA.", "Use an RSA or ECDSA key.");
        if (!CertificateFacts.SubjectPublicKeyInfo(leaf).SequenceEqual(key.ExportSubjectPublicKeyInfo()))
        {
            throw CertificateTrouble.Unusable(
                $"The private key does not belong to the certificate {leaf.Subject} ({source}).", "Export the certificate together with its own key.");
        }
    }

    // Schannel does not take keys that live in memory only, as PEM import makes them; a PFX round trip gives it a key container.
    private static X509Certificate2 ForSchannel(X509Certificate2 leaf)
    {
        if (!OperatingSystem.IsWindows() || !IsInMemory(leaf))
        {
            return leaf;
        }

        return new X509Certificate2(leaf.Export(X509ContentType.Pfx), (string?)null, X509KeyStorageFlags.DefaultKeySet);
    }

    private static bool IsInMemory(X509Certificate2 leaf)
    {
        using var key = (AsymmetricAlgorithm?)leaf.GetRSAPrivateKey() ?? leaf.GetECDsaPrivateKey();
        return key switch
        {
            RSACng { Key.IsEphemeral: true } when OperatingSystem.IsWindows() => true,
            ECDsaCng { Key.IsEphemeral: true } when OperatingSystem.IsWindows() => true,
            _ => false,
        };
    }
}
