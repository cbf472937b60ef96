using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class ListenerCertificateReloadTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(ListenerCertificate.ReloadCheckSeconds);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeClock _clock = TestPki.Clock();
    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create(clock: TestPki.Clock());
    private readonly List<SmtpFailure> _failures = [];
    private readonly IssuedCertificate _old;
    private readonly IssuedCertificate _new;
    private int _writes;

    public ListenerCertificateReloadTests()
    {
        _old = _authority.Issue(["mail.test"]);
        _new = _authority.Issue(["mail.test", "new.test"]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string CertificatePath => _folder.File("c.pem");

    private string KeyPath => _folder.File("k.pem");

    public void Dispose()
    {
        _authority.Dispose();
        _old.Dispose();
        _new.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_changed_pair_is_picked_up_and_looked_for_at_most_once_a_second()
    {
        var certificate = Load();
        var before = certificate.Current();
        Write(_new);

        _clock.Advance(Interval - TimeSpan.FromMilliseconds(1));
        Assert.Same(before, certificate.Current());
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var after = certificate.Current();

        Assert.NotSame(before, after);
        Assert.Equal(_new.Thumbprint, certificate.Thumbprint);
        Assert.Equal(["mail.test", "new.test"], certificate.Names);
        Assert.Empty(_failures);
        _clock.Advance(Interval);
        Assert.Same(after, certificate.Current());
    }

    [Fact]
    public void A_pfx_is_picked_up_too()
    {
        var path = _folder.File("c.pfx");
        _old.ExportPfx(path, "p");
        var certificate = ListenerCertificate.FromFile(path, "p", _clock);
        _new.ExportPfx(path, "p");
        Touch(path);
        _clock.Advance(Interval);
        Assert.Equal(_new.Thumbprint, certificate.Current().Info.Thumbprint);
    }

    [Fact]
    public void Half_a_replacement_keeps_the_old_certificate_and_is_told_once()
    {
        var certificate = Load();
        var before = certificate.Current();
        _new.ExportPem(CertificatePath, _folder.File("not-yet.pem"));
        Touch(CertificatePath);

        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(Interval);
            Assert.Same(before, certificate.Current());
        }

        var failure = Assert.Single(_failures);
        Assert.Equal(FindingCode.CertificateUnusable, failure.Code);
        Assert.Contains("stays in use", failure.Message, StringComparison.Ordinal);
        Assert.Contains("does not belong", failure.Message, StringComparison.Ordinal);
        Assert.Contains(_old.Thumbprint, failure.Message, StringComparison.Ordinal);

        // The other half arrives.
        Write(_new);
        _clock.Advance(Interval);
        Assert.Equal(_new.Thumbprint, certificate.Current().Info.Thumbprint);
        Assert.Single(_failures);
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("emptied")]
    [InlineData("cut")]
    [InlineData("garbage")]
    public void A_broken_replacement_keeps_the_old_certificate_until_a_good_one_comes(string how)
    {
        var certificate = Load();
        switch (how)
        {
            case "deleted": File.Delete(CertificatePath); break;
            case "emptied": File.WriteAllText(CertificatePath, ""); break;
            case "cut": File.WriteAllText(CertificatePath, File.ReadAllText(CertificatePath)[..150]); break;
            default: File.WriteAllText(CertificatePath, "no certificate at all"); break;
        }

        _clock.Advance(Interval);
        Assert.Equal(_old.Thumbprint, certificate.Current().Info.Thumbprint);
        Assert.Equal(FindingCode.CertificateUnusable, Assert.Single(_failures).Code);

        Write(_new);
        _clock.Advance(Interval);
        Assert.Equal(_new.Thumbprint, certificate.Current().Info.Thumbprint);
    }

    [Fact]
    public void A_replaced_symbolic_link_is_a_change()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Symbolic links need a privilege on Windows.");
        }

        // As Kubernetes mounts secrets: the file is a link through a folder link that is swapped.
        Directory.CreateDirectory(_folder.File("1"));
        Directory.CreateDirectory(_folder.File("2"));
        _old.ExportPem(_folder.File("1/c.pem"), _folder.File("1/k.pem"));
        _new.ExportPem(_folder.File("2/c.pem"), _folder.File("2/k.pem"));
        Touch(_folder.File("2/c.pem"));
        Directory.CreateSymbolicLink(_folder.File("data"), _folder.File("1"));
        File.CreateSymbolicLink(CertificatePath, _folder.File("data/c.pem"));
        File.CreateSymbolicLink(KeyPath, _folder.File("data/k.pem"));
        var certificate = ListenerCertificate.FromPem(CertificatePath, KeyPath, clock: _clock);
        Assert.Equal(_old.Thumbprint, certificate.Thumbprint);

        Directory.Delete(_folder.File("data"));
        Directory.CreateSymbolicLink(_folder.File("data"), _folder.File("2"));
        _clock.Advance(Interval);
        Assert.Equal(_new.Thumbprint, certificate.Current().Info.Thumbprint);
    }

    [Fact]
    public async Task A_running_session_goes_on_and_the_next_handshake_gets_the_new_certificate()
    {
        var certificate = Load();
        var selector = new CertificateSelector([certificate]);
        Assert.True(ReferenceIdentity.TryParse("mail.test", out var identity, out _));
        var policy = new PeerPolicy { Level = TlsLevel.Secure, Identity = identity, TrustedRoots = [_authority.Certificate] };

        await using var running = await TlsPair.ConnectAsync(Token);
        var verifier = new PeerVerifier(policy, running.Dialled, _clock);
        await Task.WhenAll(
            selector.AuthenticateAsync(running.Server, Token), running.Client.AuthenticateAsClientAsync(verifier.CreateClientOptions(), Token));
        Assert.Equal(_old.Thumbprint, verifier.Evaluate(running.Client).Evidence.PeerThumbprint);

        Write(_new);
        _clock.Advance(Interval);
        var next = await TlsPair.JudgeAsync(policy, _clock, Token, certificate);
        Assert.Null(next.Refusal);
        Assert.Equal(_new.Thumbprint, next.Evidence.PeerThumbprint);

        await running.Client.WriteAsync("NOOP\r\n"u8.ToArray(), Token);
        var buffer = new byte[6];
        await running.Server.ReadExactlyAsync(buffer, Token);
        Assert.Equal("NOOP\r\n"u8.ToArray(), buffer);
    }

    [Fact]
    public async Task Many_handshakes_at_once_see_either_certificate_and_never_a_failure()
    {
        var certificate = Load();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                var seen = new HashSet<string>(StringComparer.Ordinal);
                while (!stop.IsCancellationRequested)
                {
                    seen.Add(certificate.Current().Info.Thumbprint);
                }

                return seen;
            },
            Token)).ToArray();
        for (var i = 0; i < 20; i++)
        {
            Write(i % 2 == 0 ? _new : _old);
            _clock.Advance(Interval);
            _ = certificate.Current();
        }

        await stop.CancelAsync();
        foreach (var seen in await Task.WhenAll(readers))
        {
            Assert.Subset(new HashSet<string>(StringComparer.Ordinal) { _old.Thumbprint, _new.Thumbprint }, seen);
        }
    }

    private ListenerCertificate Load()
    {
        Write(_old);
        var certificate = ListenerCertificate.FromPem(CertificatePath, KeyPath, clock: _clock);
        certificate.ReloadFailed = _failures.Add;
        return certificate;
    }

    private void Write(IssuedCertificate issued)
    {
        issued.ExportPem(CertificatePath, KeyPath);
        Touch(CertificatePath);
        Touch(KeyPath);
    }

    // Tests write faster than file systems count time; each write gets a time of its own.
    private void Touch(string path) => File.SetLastWriteTimeUtc(path, TestPki.Now.UtcDateTime.AddMinutes(++_writes));
}
