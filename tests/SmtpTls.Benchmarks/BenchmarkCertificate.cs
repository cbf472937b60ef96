namespace SmtpTls.Benchmarks;

/// <summary>One RSA certificate for both sides of a comparison, in a folder that is gone afterwards.</summary>
internal sealed class BenchmarkCertificate : IDisposable
{
    public const string FolderVariable = "SMTPTLS_BENCHMARK_CERTIFICATE";

    public BenchmarkCertificate()
    {
        Folder = Directory.CreateTempSubdirectory("smtptls-bench").FullName;
        using var authority = TestCertificateAuthority.Create();
        using var issued = authority.Issue(["mail.test"], new TestCertificateOptions { KeyKind = CertificateKeyKind.Rsa2048 });
        issued.ExportPem(Path.Combine(Folder, "cert.pem"), Path.Combine(Folder, "key.pem"));
    }

    public string Folder { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
