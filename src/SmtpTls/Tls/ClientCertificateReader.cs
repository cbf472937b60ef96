using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>
/// Asks a client for its certificate in one handshake, and reads what it shows. The handshake completes whatever that is;
/// what it is good for is decided by who knows what the client wants.
/// </summary>
internal sealed class ClientCertificateReader(TimeProvider clock)
{
    /// <summary>What was shown; null where nothing was, or nothing that can be read.</summary>
    public PresentedClientCertificate? Presented { get; private set; }

    /// <summary>A listener's options for this handshake.</summary>
    public SslServerAuthenticationOptions Asking(SslServerAuthenticationOptions shared) => new()
    {
        ServerCertificateContext = shared.ServerCertificateContext,
        EnabledSslProtocols = shared.EnabledSslProtocols,
        AllowRenegotiation = false,

        // "Required" only asks (the callback has the last word, and takes none as well).
        ClientCertificateRequired = true,

        // A resumed session shows nothing anew.
        AllowTlsResume = false,
        CertificateChainPolicy = ChainEvaluator.CreatePolicy([], clock, ChainEvaluator.ClientAuthenticationOid),
#pragma warning disable CA5359 // Read accepts so that the client can be told in SMTP what it lacks; possession of the key is TLS' to prove.
        RemoteCertificateValidationCallback = Read,
#pragma warning restore CA5359
    };

    // Runs inside the handshake; certificate and chain are gone afterwards. Always true: see the class.
    private bool Read(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null)
        {
            return true;
        }

        try
        {
            using var copy = certificate is X509Certificate2 ? null : new X509Certificate2(certificate);
            var leaf = copy ?? (X509Certificate2)certificate;
            var assessment = ChainEvaluator.Assess(chain, [leaf]);
            Presented = new PresentedClientCertificate
            {
                Certificate = CertificateFacts.Read(leaf, clock),
                ChainTrusted = assessment.Trusted,
                ChainFault = assessment.Trusted ? null : assessment.Faults.Select(f => f.Status).FirstOrDefault() ?? errors.ToString(),
            };
        }
        catch (CryptographicException)
        {
            // The system took the bytes and cannot read them after all: it names nobody, as if nothing had been shown.
            Presented = null;
        }

        return true;
    }
}
