using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class CertificateFactsTests
{
    [Fact]
    public void The_facts_of_an_ecdsa_certificate()
    {
        using var issued = TestPki.Issue(new TestCertificateOptions { NotAfter = TestPki.Now.AddDays(30).AddHours(23) }, "mail.test", "192.0.2.1");
        var info = CertificateFacts.Read(issued.Certificate, TestPki.Clock());

        Assert.Equal("CN=mail.test", info.Subject);
        Assert.Equal(issued.Issuer.Subject, info.Issuer);
        Assert.Equal(["mail.test"], info.DnsNames);
        Assert.Equal(["192.0.2.1"], info.IPAddresses);
        Assert.Equal(30, info.DaysLeft);
        Assert.Equal(TimeSpan.Zero, info.NotAfter.Offset);
        Assert.Equal(("ECDSA", 256), (info.KeyAlgorithm, info.KeySize));
        Assert.Equal("sha256ECDSA", info.SignatureAlgorithm);
        Assert.False(info.IsSelfSigned);
        Assert.Equal(issued.Certificate.Thumbprint, info.Thumbprint);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(issued.Certificate.RawData)), info.Sha256);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(issued.Certificate.PublicKey.ExportSubjectPublicKeyInfo())), info.SpkiSha256);
        using var again = X509Certificate2.CreateFromPem(info.Pem);
        Assert.Equal(issued.Certificate.RawData, again.RawData);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.5, 0)]
    [InlineData(1.0, 1)]
    [InlineData(-0.5, -1)]
    [InlineData(-3.0, -3)]
    public void Days_left_are_whole_days_rounded_down(double days, int expected)
    {
        using var issued = TestPki.Issue(new TestCertificateOptions { NotBefore = TestPki.Now.AddDays(-30), NotAfter = TestPki.Now.AddDays(days) }, "mail.test");
        Assert.Equal(expected, CertificateFacts.Read(issued.Certificate, TestPki.Clock()).DaysLeft);
    }

    [Fact]
    public void Rsa_keys_and_signatures()
    {
        using var issued = TestPki.Issue(new TestCertificateOptions { KeyKind = CertificateKeyKind.Rsa2048 }, "mail.test");
        var info = CertificateFacts.Read(issued.Certificate, TestPki.Clock());
        Assert.Equal(("RSA", 2048), (info.KeyAlgorithm, info.KeySize));

        using var key = RSA.Create(1024);
        using var sha1 = TestPki.Make("CN=old", key, issuer: null, HashAlgorithmName.SHA1);
        var old = CertificateFacts.Read(sha1, TestPki.Clock());
        Assert.Equal(("RSA", 1024, "sha1RSA", true), (old.KeyAlgorithm, old.KeySize, old.SignatureAlgorithm, old.IsSelfSigned));
    }

    [Fact]
    public void Rsa_pss_is_told_by_its_name()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=pss", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        using var certificate = request.CreateSelfSigned(TestPki.Now, TestPki.Now.AddDays(1));
        var info = CertificateFacts.Read(certificate, TestPki.Clock());
        Assert.Equal(("RSA", 2048, "RSASSA-PSS", true), (info.KeyAlgorithm, info.KeySize, info.SignatureAlgorithm, info.IsSelfSigned));
    }

    // openssl req -x509 -newkey ed25519 -subj /CN=ed.test -addext subjectAltName=DNS:ed.test -days 36500
    [Fact]
    public void An_ed25519_certificate_is_read_though_the_runtime_cannot_compute_with_it()
    {
        const string Pem = """
            -----BEGIN CERTIFICATE-----
            MIIBTzCCAQGgAwIBAgIUFN+fmoauuwn1MDirEXuO7BQGfB8wBQYDK2VwMBIxEDAO
            BgNVBAMMB2VkLnRlc3QwIBcNMjYxMTIxMTgyMzI2WhgPMjEyNjEwMjgxODIzMjZa
            MBIxEDAOBgNVBAMMB2VkLnRlc3QwKjAFBgMrZXADIQAMsZ//e0eqGO1c3G5D0w7n
            Bx8R03wAm+UgBTIUTok496NnMGUwHQYDVR0OBBYEFNAS9+mT9jPx01okQh8WidZ3
            pHRZMB8GA1UdIwQYMBaAFNAS9+mT9jPx01okQh8WidZ3pHRZMA8GA1UdEwEB/wQF
            MAMBAf8wEgYDVR0RBAswCYIHZWQudGVzdDAFBgMrZXADQQB3aNXOn9y1OFaBJLfY
            HnaqgxYrE6SWo8vSo/pO1MAWEVKOy1/RUgxRo5JRo3rynMHVPhbmhazBsWtyJH44
            ZTgM
            -----END CERTIFICATE-----
            """;
        using var certificate = X509Certificate2.CreateFromPem(Pem);
        var info = CertificateFacts.Read(certificate, TestPki.Clock());
        Assert.Equal(("Ed25519", 256, "Ed25519", true), (info.KeyAlgorithm, info.KeySize, info.SignatureAlgorithm, info.IsSelfSigned));
        Assert.Equal(["ed.test"], info.DnsNames);
        Assert.Equal("77728571C66493AA16930BEEFE8CE39CEC2BA13A924858239F51081DBE11893D", info.SpkiSha256);
    }

    [Fact]
    public void Its_own_name_as_issuer_does_not_make_a_certificate_self_signed()
    {
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issuer = TestPki.Make("CN=same", issuerKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var impostor = TestPki.Make("CN=same", key, (issuer, issuerKey));

        Assert.True(CertificateSignature.IsSelfSigned(issuer));
        Assert.False(CertificateSignature.IsSelfSigned(impostor));
    }

    [Theory]
    [InlineData("md5RSA", true)]
    [InlineData("sha1RSA", true)]
    [InlineData("sha1ECDSA", true)]
    [InlineData("sha256RSA", false)]
    [InlineData("sha384ECDSA", false)]
    [InlineData("Ed25519", false)]
    [InlineData("1.2.3", false)]
    public void Broken_hashes_are_known(string algorithm, bool weak) => Assert.Equal(weak, CertificateSignature.IsWeak(algorithm));

    [Fact]
    public void Damaged_certificates_are_read_or_refused_as_unreadable_and_nothing_else()
    {
        using var issued = TestPki.Issue("mail.test");
        var original = issued.Certificate.RawData;
        var random = new Random(42);
        var (read, unreadable) = (0, 0);
        for (var round = 0; round < 1_500; round++)
        {
            var bytes = (byte[])original.Clone();
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            X509Certificate2 certificate;
            try
            {
                certificate = new X509Certificate2(bytes);
            }
            catch (CryptographicException)
            {
                continue;
            }

            using (certificate)
            {
                try
                {
                    Assert.NotEmpty(CertificateFacts.Read(certificate, TestPki.Clock()).Sha256);
                    read++;
                }
                catch (CryptographicException)
                {
                    // What PeerVerifier tells as unreadable.
                    unreadable++;
                }
            }
        }

        Assert.True(unreadable > 0);
        Assert.True(read > 100);
    }
}
