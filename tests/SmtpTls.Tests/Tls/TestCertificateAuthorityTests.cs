using System.Security.Cryptography.X509Certificates;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class TestCertificateAuthorityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_leaf_has_what_a_servers_certificate_has()
    {
        using var authority = TestCertificateAuthority.Create(clock: TestPki.Clock());
        using var issued = authority.Issue(["Mail.Test", "bücher.test", "*.mail.test", "::1"]);
        var leaf = issued.Certificate;

        Assert.True(leaf.HasPrivateKey);
        Assert.Equal("CN=mail.test", leaf.Subject);
        Assert.Equal(authority.Certificate.Subject, leaf.Issuer);
        Assert.Equal(["mail.test", "xn--bcher-kva.test", "*.mail.test"], issued.DnsNames);
        Assert.Equal("1.3.6.1.5.5.7.3.1", leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value);
        Assert.False(leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(
            authority.Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.ToArray(),
            leaf.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value.ToArray());
        Assert.Equal(TestPki.Now.AddDays(365), issued.NotAfter);
        Assert.Equal(TestPki.Now.UtcDateTime.AddDays(-1), leaf.NotBefore.ToUniversalTime());
        Assert.False(issued.Issuer.HasPrivateKey);
        Assert.Equal(32, leaf.SerialNumber.Length);
        Assert.Equal(leaf.Thumbprint, issued.Thumbprint);
    }

    [Fact]
    public void Serial_numbers_and_roots_differ()
    {
        using var authority = TestCertificateAuthority.Create(clock: TestPki.Clock());
        using var other = TestCertificateAuthority.Create(clock: TestPki.Clock());
        using var one = authority.Issue(["a.test"]);
        using var two = authority.Issue(["a.test"]);

        Assert.NotEqual(one.Certificate.SerialNumber, two.Certificate.SerialNumber, StringComparer.Ordinal);
        Assert.NotEqual(authority.Certificate.Subject, other.Certificate.Subject, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(CertificateKeyKind.EcdsaP256, "ECDSA", 256)]
    [InlineData(CertificateKeyKind.Rsa2048, "RSA", 2048)]
    public void Both_kinds_of_keys_can_be_had_at_both_ends(CertificateKeyKind kind, string algorithm, int bits)
    {
        using var authority = TestCertificateAuthority.Create(keyKind: kind, clock: TestPki.Clock());
        using var issued = authority.Issue(["mail.test"], new TestCertificateOptions { KeyKind = kind, UseIntermediate = true });
        foreach (var certificate in new[] { issued.Certificate, issued.Chain[0], issued.Issuer })
        {
            var info = CertificateFacts.Read(certificate, TestPki.Clock());
            Assert.Equal((algorithm, bits), (info.KeyAlgorithm, info.KeySize));
        }

        Assert.True(ChainEvaluator.Evaluate([issued.Certificate, issued.Chain[0]], [issued.Issuer], TestPki.Clock()).Trusted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("*.*.test")]
    [InlineData("m*.test")]
    [InlineData("*.192.0.2.1")]
    [InlineData("*.::1")]
    [InlineData("a..test")]
    [InlineData("mail.test\r\nx")]
    [InlineData("127.1")]
    [InlineData("CN=mail.test")]
    public void A_name_that_is_none_is_refused_and_named(string name)
    {
        using var authority = TestCertificateAuthority.Create(clock: TestPki.Clock());
        var failure = Assert.Throws<SmtpException>(() => authority.Issue(["mail.test", name])).Failure;
        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.DoesNotContain(failure.Message, char.IsControl);
        Assert.NotEmpty(failure.Advice);
    }

    [Fact]
    public void No_name_and_dates_in_the_wrong_order_are_refused()
    {
        using var authority = TestCertificateAuthority.Create(clock: TestPki.Clock());
        Assert.Equal(FindingCode.InvalidInput, Assert.Throws<SmtpException>(() => authority.Issue([])).Failure.Code);
        var options = new TestCertificateOptions { NotBefore = TestPki.Now, NotAfter = TestPki.Now.AddDays(-1) };
        Assert.Equal(FindingCode.InvalidInput, Assert.Throws<SmtpException>(() => authority.Issue(["a.test"], options)).Failure.Code);
    }

    [Fact]
    public void A_name_too_long_for_a_common_name_still_is_a_name()
    {
        using var authority = TestCertificateAuthority.Create(clock: TestPki.Clock());
        var name = $"{new string('a', 60)}.{new string('b', 60)}.test";
        using var issued = authority.Issue([name]);
        Assert.Equal([name], issued.DnsNames);
        Assert.DoesNotContain(name, issued.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void A_private_key_is_written_for_its_owner_only_also_over_a_file_that_was_open_to_all()
    {
        using var issued = TestPki.Issue("mail.test");
        var (pfx, certificate, key, ca) = (_folder.File("c.pfx"), _folder.File("c.pem"), _folder.File("k.pem"), _folder.File("ca.pem"));
        File.WriteAllText(key, "old");
        issued.ExportPfx(pfx, "p");
        issued.ExportPem(certificate, key);
        issued.ExportIssuerPem(ca);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(pfx));
        }

        using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
        Assert.Equal(issued.Thumbprint, pair.Thumbprint);
        using var root = X509Certificate2.CreateFromPem(File.ReadAllText(ca));
        Assert.Equal(issued.Issuer.Thumbprint, root.Thumbprint);
        Assert.Equal(4, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_named()
    {
        using var issued = TestPki.Issue("mail.test");
        foreach (var path in new[] { _folder.File("missing/c.pfx"), _folder.Path, "" })
        {
            var failure = Assert.Throws<SmtpException>(() => issued.ExportPfx(path)).Failure;
            Assert.Equal(FindingCode.InvalidInput, failure.Code);
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }
}
