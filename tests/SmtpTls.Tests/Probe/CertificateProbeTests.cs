using System.Security.Cryptography;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Probe;

public sealed class CertificateProbeTests : IAsyncDisposable
{
    private readonly ProbeBench _bench = new();
    private SmtpListener? _listener;

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }
    }

    [Fact]
    public async Task Leaf_and_chain_are_told_as_presented()
    {
        using var certificate = TestPki.Issue(new TestCertificateOptions { UseIntermediate = true }, "mail.test", "*.mail.test");
        Serve(certificate);

        var result = await _bench.CertificateAsync("mail.test:587");

        Assert.True(result.Verified);
        Assert.True(result.NameMatches);
        Assert.True(result.ChainTrusted);
        Assert.Empty(result.ChainFaults);
        Assert.Equal(certificate.Thumbprint, result.Thumbprint);
        Assert.Equal(["mail.test", "*.mail.test"], result.DnsNames);
        Assert.Equal([certificate.Subject, certificate.Chain[0].Subject], result.Chain.Select(c => c.Subject), StringComparer.Ordinal);
        Assert.Equal(("mail.test:587", "mail.test", "192.0.2.1", 587), (result.Target, result.Host, result.Address, result.Port));
        Assert.Equal("mail.test", result.Tls!.MatchedIdentity);
        Assert.Null(result.Failure);
        Assert.Empty(result.Findings);
        Assert.Contains(result.Timings, t => t.Phase == SmtpPhase.Handshake);
        Assert.Equal(ProbeAnswer.Yes, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task A_certificate_over_implicit_TLS_is_told_too()
    {
        using var certificate = TestPki.Issue("mail.test");
        Serve(certificate, TlsMode.Implicit);

        var result = await _bench.CertificateAsync("mail.test:465");

        Assert.True(result.Verified);
        Assert.Equal((TlsMode.Implicit, TlsMode.Implicit), (result.Mode, result.Tls!.Mode));
    }

    [Fact]
    public async Task A_certificate_that_does_not_hold_is_told_with_every_reason()
    {
        using var certificate = TestPki.Issue(new TestCertificateOptions { NotAfter = TestPki.Now.AddDays(-3) }, "other.test");
        Serve(certificate);

        var result = await _bench.CertificateAsync("mail.test");

        Assert.False(result.Verified);
        Assert.False(result.NameMatches);
        Assert.Null(result.Failure);
        Assert.True(result.DaysLeft < 0);
        Assert.Contains(result.Findings, f => f.Code == FindingCode.NameMismatch);
        Assert.Contains(result.Findings, f => f.Code == FindingCode.CertificateExpired);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task A_self_signed_certificate_is_told_and_can_be_trusted()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = TestPki.Make("CN=mail.test", key, extensions: TestPki.Names("mail.test"));
        _listener = SmtpListener.Start(new SmtpListenerOptions
        {
            Addresses = [System.Net.IPAddress.Loopback],
            StartTls = StartTlsPolicy.Always,
            Certificates = [ListenerCertificate.FromCertificate(certificate, clock: _bench.Clock)],
        });
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Redirect("192.0.2.1", _listener);

        var untrusted = await _bench.CertificateAsync("mail.test");
        _bench.Options = _bench.Options with { TrustedCertificates = [TestPki.Public(certificate)] };
        var trusted = await _bench.CertificateAsync("mail.test");

        Assert.Contains(untrusted.Findings, f => f is { Code: FindingCode.SelfSigned, Severity: FindingSeverity.Warning });
        Assert.False(untrusted.Verified);
        Assert.True(trusted.Verified);
    }

    [Fact]
    public async Task Without_STARTTLS_the_failure_explains()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", "S: 220 hi\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 SIZE 10\nC: QUIT\nS: 221 bye");

        var result = await _bench.CertificateAsync("mail.test");

        Assert.Null(result.Leaf);
        Assert.Equal(FindingCode.StartTlsNotOffered, result.Failure!.Code);
        Assert.Contains("SIZE 10", result.Failure.Cause, StringComparison.Ordinal);
        Assert.Equal(FindingCode.StartTlsNotOffered, Assert.Single(result.Findings).Code);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(result));
    }

    [Theory]
    [InlineData("S: 454 4.7.0 not now\nC: QUIT\nS: 221 bye", FindingCode.StartTlsRefused)]
    [InlineData("S: 220 go\nS: 250 evil", FindingCode.StartTlsInjection)]
    [InlineData("CLOSE", FindingCode.ConnectionLost)]
    public async Task A_STARTTLS_that_comes_to_nothing_is_a_no(string ending, FindingCode code)
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", $"S: 220 hi\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\n{ending}");

        var result = await _bench.CertificateAsync("mail.test");

        Assert.Equal(code, result.Failure!.Code);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task The_IMS_case_by_name_verifies()
    {
        using var certificate = TestPki.Issue("mail.ims.test");
        Serve(certificate, name: "mail.ims.test");

        var result = await _bench.CertificateAsync("mail.ims.test");

        Assert.True(result.Verified);
        Assert.Equal(("mail.ims.test", "mail.ims.test"), (result.Tls!.ReferenceIdentity, result.Tls.ServerNameIndication));
        Assert.Equal("192.0.2.1", result.Address);
    }

    [Fact]
    public async Task The_IMS_case_by_address_explains_itself()
    {
        using var certificate = TestPki.Issue("mail.ims.test");
        Serve(certificate);

        var result = await _bench.CertificateAsync("192.0.2.1");

        Assert.False(result.Verified);
        Assert.True(result.ChainTrusted);
        Assert.Null(result.Tls!.ServerNameIndication);
        var finding = Assert.Single(result.Findings);
        Assert.Equal(FindingCode.IdentityIsAddress, finding.Code);
        Assert.Contains("mail.ims.test", finding.Message, StringComparison.Ordinal);
        Assert.Contains("-ServerName mail.ims.test", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_IMS_case_by_address_with_a_server_name_verifies()
    {
        using var certificate = TestPki.Issue("mail.ims.test");
        Serve(certificate);
        _bench.Options = _bench.Options with { ServerName = "mail.ims.test" };

        Assert.True((await _bench.CertificateAsync("192.0.2.1")).Verified);
    }

    [Fact]
    public async Task The_IMS_of_old_can_be_reproduced_and_the_record_says_so()
    {
        using var certificate = TestPki.Issue("mail.ims.test");
        Serve(certificate, name: "mail.ims.test");
        _bench.Options = _bench.Options with { TlsIdentity = TlsIdentity.Address };

        var result = await _bench.CertificateAsync("mail.ims.test");

        Assert.False(result.Verified);
        Assert.Equal(("192.0.2.1", TlsIdentity.Address), (result.Tls!.ReferenceIdentity, result.Tls.IdentityUsed));
        Assert.Contains(result.Findings, f => f.Code == FindingCode.AddressIdentityUsed);
        Assert.Contains(result.Findings, f => f.Code == FindingCode.IdentityIsAddress);
    }

    [Fact]
    public async Task An_address_that_the_certificate_names_verifies()
    {
        using var certificate = TestPki.Issue("mail.test", "192.0.2.1");
        Serve(certificate);

        Assert.True((await _bench.CertificateAsync("192.0.2.1")).Verified);
    }

    private void Serve(IssuedCertificate certificate, TlsMode mode = TlsMode.StartTls, string name = "mail.test")
    {
        _listener = _bench.Listen(StartTlsPolicy.Always, certificate, mode);
        _bench.Resolver.Add(name, "192.0.2.1");
        _bench.Network.Redirect("192.0.2.1", _listener);
        _bench.Options = _bench.Options with { TrustedCertificates = [certificate.Issuer] };
    }
}
