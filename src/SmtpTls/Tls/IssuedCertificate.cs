using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpTls.Tls;

namespace SmtpTls;

/// <summary>A certificate from a <see cref="TestCertificateAuthority"/>, with its private key.</summary>
public sealed class IssuedCertificate : IDisposable
{
    internal IssuedCertificate(X509Certificate2 certificate, X509Certificate2 issuer, X509Certificate2Collection chain)
    {
        Certificate = certificate;
        Issuer = issuer;
        Chain = chain;
        DnsNames = CertificateNames.Read(certificate).DnsNames;
    }

    /// <summary>The server's certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The root of the test CA, without its key: what a client has to trust.</summary>
    public X509Certificate2 Issuer { get; }

    /// <summary>The intermediates between <see cref="Certificate"/> and <see cref="Issuer"/>, nearest to the leaf first; often empty.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>The dNSName entries.</summary>
    public IReadOnlyList<string> DnsNames { get; }

    /// <summary>Distinguished name of the subject.</summary>
    public string Subject => Certificate.Subject;

    /// <summary>Valid until.</summary>
    public DateTimeOffset NotAfter => new DateTimeOffset(Certificate.NotAfter).ToUniversalTime();

    /// <summary>SHA-1 over the certificate, as Windows' certificate stores show it.</summary>
    public string Thumbprint => Certificate.Thumbprint;

    /// <summary>The certificate for a listener of this process.</summary>
    /// <param name="clock">The time. Default: the system's.</param>
    public ListenerCertificate ToListenerCertificate(TimeProvider? clock = null) => ListenerCertificate.FromCertificate(Certificate, Chain, clock);

    /// <summary>Writes certificate, key and intermediates as PKCS #12.</summary>
    /// <param name="path">The file; replaced where it exists. On Unix only its owner may read it (mode 0600).</param>
    /// <param name="password">Encrypts the file; null or empty for none.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: the file cannot be written.</exception>
    public void ExportPfx(string path, string? password = null)
    {
        X509Certificate2Collection all = [Certificate, .. Chain];
        PrivateFile.Write(path, all.Export(X509ContentType.Pfx, password) ?? [], isSecret: true);
    }

    /// <summary>Writes the certificate with its intermediates, and the unencrypted key (PKCS #8), as PEM.</summary>
    /// <param name="certificatePath">The certificates' file; replaced where it exists.</param>
    /// <param name="keyPath">The key's file; replaced where it exists. On Unix only its owner may read it (mode 0600).</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: a file cannot be written.</exception>
    public void ExportPem(string certificatePath, string keyPath)
    {
        var certificates = string.Join('\n', new[] { Certificate }.Concat(Chain).Select(c => c.ExportCertificatePem())) + "\n";

        // The key first: a listener that watches both files waits for the pair to fit.
        PrivateFile.Write(keyPath, Encoding.ASCII.GetBytes(KeyPem() + "\n"), isSecret: true);
        PrivateFile.Write(certificatePath, Encoding.ASCII.GetBytes(certificates), isSecret: false);
    }

    /// <summary>Writes the root as PEM, for a client to trust.</summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: the file cannot be written.</exception>
    public void ExportIssuerPem(string path) =>
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(Issuer.ExportCertificatePem() + "\n"), isSecret: false);

    /// <summary>Subject and thumbprint.</summary>
    public override string ToString() => $"{Subject} ({Thumbprint})";

    /// <summary>Disposes of the certificates and the key.</summary>
    public void Dispose()
    {
        Certificate.Dispose();
        Issuer.Dispose();
        foreach (var intermediate in Chain)
        {
            intermediate.Dispose();
        }
    }

    private string KeyPem()
    {
        using AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)Certificate.GetECDsaPrivateKey() ?? Certificate.GetRSAPrivateKey();
        return key?.ExportPkcs8PrivateKeyPem() ?? throw new InvalidOperationException("An issued certificate has an ECDSA or RSA key.");
    }
}
