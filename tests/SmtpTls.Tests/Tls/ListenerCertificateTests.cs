using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class ListenerCertificateTests : IDisposable
{
    private const string Password = "S3cret-never-shown";

    private readonly TemporaryFolder _folder = new();
    private readonly IssuedCertificate _issued = TestPki.Issue(new TestCertificateOptions { UseIntermediate = true }, "mail.test", "192.0.2.1");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _issued.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pem_pair_serves_with_its_whole_chain()
    {
        _issued.ExportPem(_folder.File("c.pem"), _folder.File("k.pem"));
        await AssertServes(ListenerCertificate.FromPem(_folder.File("c.pem"), _folder.File("k.pem"), clock: TestPki.Clock()), isReloadable: true);
    }

    [Fact]
    public async Task One_pem_file_may_hold_both_in_any_order()
    {
        _issued.ExportPem(_folder.File("c.pem"), _folder.File("k.pem"));
        var key = await File.ReadAllTextAsync(_folder.File("k.pem"), Token);
        var text = $"Bag attributes: größer\n{_issued.Chain[0].ExportCertificatePem()}\n{key}\n{_issued.Certificate.ExportCertificatePem()}\n";
        await File.WriteAllTextAsync(_folder.File("all.pem"), text, Token);

        await AssertServes(ListenerCertificate.FromPem(_folder.File("all.pem"), clock: TestPki.Clock()), isReloadable: true);
        await AssertServes(ListenerCertificate.FromFile(_folder.File("all.pem"), clock: TestPki.Clock()), isReloadable: true);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Password)]
    public async Task A_pfx_serves_with_its_whole_chain(string? password)
    {
        _issued.ExportPfx(_folder.File("c.pfx"), password);
        await AssertServes(ListenerCertificate.FromFile(_folder.File("c.pfx"), password, TestPki.Clock()), isReloadable: true);
    }

    [Fact]
    public async Task A_certificate_of_this_process_serves_with_its_whole_chain() =>
        await AssertServes(_issued.ToListenerCertificate(TestPki.Clock()), isReloadable: false);

    [Theory]
    [InlineData("rsa")]
    [InlineData("ecdsa")]
    public void Every_form_of_key_that_openssl_writes_is_read(string kind)
    {
        using AsymmetricAlgorithm key = kind == "rsa" ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var certificate = TestPki.Make("CN=mail.test", key, issuer: null, hash: null, TestPki.Names("mail.test"));
        File.WriteAllText(_folder.File("c.pem"), certificate.ExportCertificatePem());
        var traditional = key is RSA rsa ? rsa.ExportRSAPrivateKeyPem() : ((ECDsa)key).ExportECPrivateKeyPem();
        var encrypted = key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        foreach (var pem in new[] { key.ExportPkcs8PrivateKeyPem(), traditional, encrypted })
        {
            File.WriteAllText(_folder.File("k.pem"), pem);
            var loaded = ListenerCertificate.FromPem(_folder.File("c.pem"), _folder.File("k.pem"), Password, TestPki.Clock());
            Assert.Equal(certificate.Thumbprint, loaded.Thumbprint);
        }
    }

    public static TheoryData<string, string, string> BadFiles() => new()
    {
        // what is wrong, part of the message, part of the advice
        { "missing certificate", "does not exist", "existing" },
        { "missing key", "k.pem does not exist", "existing" },
        { "folder", "is a folder", "PFX or PEM file in it" },
        { "empty", "is empty", "PFX or PEM" },
        { "too large", "larger than any certificate", "PFX or PEM" },
        { "no certificate in PEM", "holds no certificate", "BEGIN CERTIFICATE" },
        { "PEM cut short", "damaged or cut short", "whole" },
        { "second certificate cut short", "damaged or cut short", "whole" },
        { "PEM damaged", "damaged or cut short", "whole" },
        { "key of another", "does not belong to the certificate", "requested with" },
        { "key is missing in the PEM", "holds no private key", "key that belongs" },
        { "key cut short", "private key in", "openssl pkey" },
        { "key damaged", "is damaged", "openssl pkey" },
        { "key is Ed25519", "neither RSA nor ECDSA", "RSA or ECDSA" },
        { "encrypted key, no password", "encrypted, and no password", "password" },
        { "encrypted key, wrong password", "does not open the private key", "password" },
        { "encrypted in the old format", "old format", "openssl pkey" },
        { "PFX, wrong password", "does not open", "password" },
        { "PFX, no password", "encrypted, and no password", "password" },
        { "PFX cut short", "damaged", "Export it again" },
        { "PFX without key", "holds no private key", "together with its private key" },
        { "garbage", "neither a PKCS #12", "Export it again" },
        { "no name", "was not named", "path" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_file_that_cannot_be_used_is_named_with_the_remedy_and_never_with_the_password(string what, string message, string advice)
    {
        var load = Prepare(what);
        var failure = Assert.Throws<SmtpException>(load).Failure;

        Assert.Equal(FindingCode.CertificateUnusable, failure.Code);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains(advice, failure.Advice, StringComparison.Ordinal);
        Assert.True(what == "no name" || failure.Message.Contains(_folder.Path, StringComparison.Ordinal), failure.Message);
        Assert.DoesNotContain(Password, failure.ToString() + failure.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-password", failure.ToString() + failure.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_without_key_is_refused()
    {
        using var certificate = TestPki.Public(_issued.Certificate);
        var failure = Assert.Throws<SmtpException>(() => ListenerCertificate.FromCertificate(certificate)).Failure;
        Assert.Equal(FindingCode.CertificateUnusable, failure.Code);
        Assert.Contains("CN=mail.test", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF 00 11 22 33")]
    [InlineData("nonsense")]
    public void A_thumbprint_that_is_not_in_the_store_is_told(string thumbprint)
    {
        var failure = Assert.Throws<SmtpException>(() => ListenerCertificate.FromStore(thumbprint)).Failure;
        Assert.Equal(FindingCode.CertificateUnusable, failure.Code);
        Assert.Contains("CurrentUser\\My", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_clients_will_stumble_over_is_a_warning_and_the_listener_starts()
    {
        using var expired = TestPki.Issue(new TestCertificateOptions { NotAfter = TestPki.Now.AddDays(-1) }, "mail.test");
        var finding = Assert.Single(expired.ToListenerCertificate(TestPki.Clock()).Findings);
        Assert.Equal((FindingCode.CertificateExpired, FindingSeverity.Warning), (finding.Code, finding.Severity));

        using var key = RSA.Create(1024);
        using var bad = TestPki.Make("CN=mail.test", key);
        Assert.Equal(
            [FindingCode.NoSubjectAlternativeName, FindingCode.WeakKey],
            ListenerCertificate.FromCertificate(bad, clock: TestPki.Clock()).Findings.Select(f => f.Code));
    }

    [Fact]
    public void Findings_are_as_of_now_not_as_of_loading()
    {
        var clock = TestPki.Clock();
        var certificate = _issued.ToListenerCertificate(clock);
        Assert.Empty(certificate.Findings);
        clock.Advance(TimeSpan.FromDays(350));
        Assert.Equal(FindingCode.CertificateExpiresSoon, Assert.Single(certificate.Findings).Code);
        clock.Advance(TimeSpan.FromDays(16));
        Assert.Equal(FindingCode.CertificateExpired, Assert.Single(certificate.Findings).Code);
    }

    [Fact]
    public void Self_signed_certificates_carry_the_names_that_were_asked_for()
    {
        var certificate = ListenerCertificate.SelfSigned(["mail.test", "*.mail.test", "127.0.0.1"], TestPki.Clock());
        Assert.Equal(["mail.test", "*.mail.test", "127.0.0.1"], certificate.Names);
        Assert.Equal("CN=mail.test", certificate.Subject);
        Assert.False(certificate.IsReloadable);
        Assert.Empty(certificate.Findings);
        Assert.Equal(FindingCode.InvalidInput, Assert.Throws<SmtpException>(() => ListenerCertificate.SelfSigned([])).Failure.Code);
    }

    private async Task AssertServes(ListenerCertificate certificate, bool isReloadable)
    {
        Assert.Equal(_issued.Thumbprint, certificate.Thumbprint);
        Assert.Equal(["mail.test", "192.0.2.1"], certificate.Names);
        Assert.Equal(_issued.NotAfter, certificate.NotAfter);
        Assert.Equal(isReloadable, certificate.IsReloadable);

        Assert.True(ReferenceIdentity.TryParse("mail.test", out var identity, out _));
        var policy = new PeerPolicy { Level = TlsLevel.Secure, Identity = identity, TrustedRoots = [_issued.Issuer] };
        var verdict = await TlsPair.JudgeAsync(policy, TestPki.Clock(), Token, certificate);
        Assert.Null(verdict.Refusal);
        Assert.Equal([_issued.Subject, _issued.Chain[0].Subject], verdict.Presented.Select(c => c.Subject), StringComparer.Ordinal);
    }

    // Writes files that are wrong in one way, and returns the call that has to refuse them.
    private Action Prepare(string what)
    {
        var (certificate, key, pfx) = (_folder.File("c.pem"), _folder.File("k.pem"), _folder.File("c.pfx"));
        _issued.ExportPem(certificate, key);
        _issued.ExportPfx(pfx, Password);
        Action pair = () => ListenerCertificate.FromPem(certificate, key);
        Action file = () => ListenerCertificate.FromFile(pfx, Password);
        switch (what)
        {
            case "missing certificate": File.Delete(certificate); return pair;
            case "missing key": File.Delete(key); return pair;
            case "folder": return () => ListenerCertificate.FromFile(_folder.Path);
            case "empty": File.WriteAllText(certificate, ""); return pair;
            case "too large": File.WriteAllBytes(certificate, new byte[1024 * 1024 + 1]); return pair;
            case "no certificate in PEM": File.Copy(key, certificate, overwrite: true); return pair;
            case "PEM cut short": Cut(certificate, 200); return pair;
            case "second certificate cut short": Cut(certificate, (int)new FileInfo(certificate).Length - 100); return pair;
            case "PEM damaged": File.WriteAllText(certificate, File.ReadAllText(certificate).Replace("MII", "AAA", StringComparison.Ordinal)); return pair;
            case "key of another": TestPki.Issue("other.test").ExportPem(_folder.File("other.pem"), key); return pair;
            case "key is missing in the PEM": return () => ListenerCertificate.FromPem(certificate);
            case "key cut short": Cut(key, 100); return pair;
            case "key damaged": File.WriteAllText(key, File.ReadAllText(key).Replace("MI", "AA", StringComparison.Ordinal)); return pair;
            case "key is Ed25519": File.WriteAllText(key, "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"); return pair;
            case "encrypted key, no password": Encrypt(key); return pair;
            case "encrypted key, wrong password": Encrypt(key); return () => ListenerCertificate.FromPem(certificate, key, "wrong-password");
            case "encrypted in the old format": File.WriteAllText(key, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"); return pair;
            case "PFX, wrong password": return () => ListenerCertificate.FromFile(pfx, "wrong-password");
            case "PFX, no password": return () => ListenerCertificate.FromFile(pfx);
            case "PFX cut short": Cut(pfx, 300); return file;
            case "PFX without key": File.WriteAllBytes(pfx, new X509Certificate2Collection(TestPki.Public(_issued.Certificate)).Export(X509ContentType.Pfx, Password)!); return file;
            case "garbage": File.WriteAllText(pfx, "this is no certificate"); return file;
            case "no name": return () => ListenerCertificate.FromFile(" ");
            default: throw new ArgumentOutOfRangeException(nameof(what), what, "Not prepared.");
        }
    }

    private static void Cut(string path, int length)
    {
        using var stream = new FileStream(path, FileMode.Open);
        stream.SetLength(length);
    }

    private void Encrypt(string keyPath)
    {
        using var key = _issued.Certificate.GetECDsaPrivateKey();
        File.WriteAllText(
            keyPath, key!.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
    }
}
