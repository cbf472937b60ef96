namespace SmtpTls.Interop.Tests.Support;

/// <summary>A test CA, its certificates, and the files of both that other programs read.</summary>
internal sealed class Pki : IDisposable
{
    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create();
    private readonly List<IssuedCertificate> _issued = [];

    public Pki()
    {
        File.WriteAllText(CaFile, _authority.Certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>Where the files are.</summary>
    public TempFolder Folder { get; } = new();

    /// <summary>The root in PEM.</summary>
    public string CaFile => Folder["ca.pem"];

    /// <summary>The root, to be trusted.</summary>
    public System.Security.Cryptography.X509Certificates.X509Certificate2 Root => _authority.Certificate;

    public IssuedCertificate Issue(string name, CertificateKeyKind key = CertificateKeyKind.EcdsaP256, bool withIntermediate = false) =>
        Issue([name], key, withIntermediate);

    public IssuedCertificate Issue(IReadOnlyList<string> names, CertificateKeyKind key = CertificateKeyKind.EcdsaP256, bool withIntermediate = false)
    {
        var issued = _authority.Issue(names, new TestCertificateOptions { KeyKind = key, UseIntermediate = withIntermediate });
        _issued.Add(issued);
        return issued;
    }

    /// <summary>Certificate chain and key as files.</summary>
    public (string Certificate, string Key) Export(IssuedCertificate issued)
    {
        var (certificate, key) = (Folder[$"{issued.Thumbprint}.pem"], Folder[$"{issued.Thumbprint}.key"]);
        issued.ExportPem(certificate, key);
        return (certificate, key);
    }

    public void Dispose()
    {
        _issued.ForEach(i => i.Dispose());
        _authority.Dispose();
        Folder.Dispose();
    }
}
