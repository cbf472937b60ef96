using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Tls;

public sealed class CertificateFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("smtptls-test").FullName;
    private readonly IssuedCertificate _issued = TestPki.Issue("client.test");

    public void Dispose()
    {
        _issued.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Several_certificates_in_PEM_and_a_single_one_in_DER_are_read()
    {
        var pem = Write("ca.pem", "some words\n" + _issued.Issuer.ExportCertificatePem() + "\n" + _issued.Certificate.ExportCertificatePem());
        string[] expected = [_issued.Issuer.Thumbprint, _issued.Thumbprint];
        Assert.Equal(expected, CertificateFile.ReadTrusted(pem).Select(c => c.Thumbprint).ToArray());
        var der = Path.Combine(_folder, "ca.cer");
        File.WriteAllBytes(der, _issued.Issuer.RawData);
        Assert.Equal(_issued.Issuer.Thumbprint, Assert.Single(CertificateFile.ReadTrusted(der)).Thumbprint);
    }

    [Theory]
    [InlineData("missing", null, "cannot be read")]
    [InlineData("empty", "", "holds no certificate")]
    [InlineData("words", "these are only words", "holds no certificate")]
    [InlineData("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate")]
    [InlineData("key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no certificate")]
    public void A_file_that_is_none_is_named_with_the_remedy(string name, string? content, string complaint)
    {
        var path = content is null ? Path.Combine(_folder, name) : Write(name, content);
        var failure = Assert.Throws<SmtpException>(() => CertificateFile.ReadTrusted(path)).Failure;
        Assert.Equal(FindingCode.CertificateUnusable, failure.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failure.Advice);
    }

    [Fact]
    public void A_folder_is_named_as_one()
    {
        var failure = Assert.Throws<SmtpException>(() => CertificateFile.ReadTrusted(_folder)).Failure;
        Assert.Contains($"'{_folder}' cannot be read: it is a folder.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_certificate_is_read_from_PEM_and_from_PFX_with_its_key()
    {
        var (certificate, key, pfx) = (Path.Combine(_folder, "c.pem"), Path.Combine(_folder, "k.pem"), Path.Combine(_folder, "c.pfx"));
        _issued.ExportPem(certificate, key);
        _issued.ExportPfx(pfx, "s3cret-pass");
        using var fromPem = CertificateFile.ReadClient(certificate, key);
        using var fromPfx = CertificateFile.ReadClient(pfx, password: "s3cret-pass");
        Assert.True(fromPem.HasPrivateKey);
        Assert.True(fromPfx.HasPrivateKey);
        Assert.Equal(_issued.Thumbprint, fromPem.Thumbprint);
        Assert.Equal(_issued.Thumbprint, fromPfx.Thumbprint);
        var failure = Assert.Throws<SmtpException>(() => CertificateFile.ReadClient(pfx, password: "wr0ng-pass")).Failure;
        Assert.Contains(pfx, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-pass", failure.ToString(), StringComparison.Ordinal);
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
