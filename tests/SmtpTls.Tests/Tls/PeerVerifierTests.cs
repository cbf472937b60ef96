using System.Net.Security;
using System.Security.Cryptography;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

/// <summary>Real handshakes over loopback.</summary>
public sealed class PeerVerifierTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CertificateKeyKind.EcdsaP256)]
    [InlineData(CertificateKeyKind.Rsa2048)]
    public async Task A_good_peer_is_verified_and_everything_it_presented_is_recorded(CertificateKeyKind kind)
    {
        using var issued = TestPki.Issue(new TestCertificateOptions { KeyKind = kind, UseIntermediate = true }, "mail.test", "*.mail.test");
        var verdict = await TlsPair.JudgeAsync(Policy("mail.test", issued), TestPki.Clock(), Token, issued.ToListenerCertificate());

        Assert.Null(verdict.Refusal);
        Assert.True(verdict.Evidence.Verified);
        Assert.True(verdict.ChainTrusted);
        Assert.Equal("mail.test", verdict.MatchedIdentity);
        Assert.Equal(["CN=mail.test", issued.Chain[0].Subject], verdict.Presented.Select(c => c.Subject), StringComparer.Ordinal);
        Assert.Equal("TLSv1.3", verdict.Evidence.Protocol);
        Assert.StartsWith("TLS_", verdict.Evidence.CipherSuite, StringComparison.Ordinal);
        Assert.Equal(issued.Thumbprint, verdict.Evidence.PeerThumbprint);
        Assert.Empty(verdict.Findings);
    }

    [Fact]
    public async Task By_name_it_verifies_by_address_it_is_refused_and_the_old_rule_is_marked()
    {
        using var issued = TestPki.Issue("mail.ims.test");
        var certificate = issued.ToListenerCertificate();

        var byName = await TlsPair.JudgeAsync(Policy("mail.ims.test", issued), TestPki.Clock(), Token, certificate);
        var byAddress = await TlsPair.JudgeAsync(Policy("127.0.0.1", issued), TestPki.Clock(), Token, certificate);
        var oldRule = await TlsPair.JudgeAsync(
            Policy("mail.ims.test", issued) with { IdentityRule = TlsIdentity.Address }, TestPki.Clock(), Token, certificate);

        Assert.Null(byName.Refusal);
        Assert.Equal(FindingCode.IdentityIsAddress, byAddress.Refusal?.Code);
        Assert.Null(byAddress.Evidence.ServerNameIndication);
        Assert.Equal(FindingCode.IdentityIsAddress, oldRule.Refusal?.Code);
        Assert.Contains(oldRule.Findings, f => f.Code == FindingCode.AddressIdentityUsed);
        Assert.Equal("127.0.0.1", oldRule.Evidence.ReferenceIdentity);
    }

    [Fact]
    public async Task A_refused_peer_completes_the_handshake_so_that_all_facts_are_known()
    {
        using var issued = TestPki.Issue(new TestCertificateOptions { NotAfter = TestPki.Now.AddDays(-2) }, "mail.test");
        using var stranger = TestPki.Issue("stranger.test");
        var verdict = await TlsPair.JudgeAsync(Policy("other.test", stranger), TestPki.Clock(), Token, issued.ToListenerCertificate());

        Assert.Equal(FindingCode.NameMismatch, verdict.Refusal?.Code);
        Assert.Equal(
            [FindingCode.NameMismatch, FindingCode.CertificateExpired, FindingCode.ChainIncomplete], verdict.Findings.Select(f => f.Code));
        Assert.Equal(issued.Certificate.GetCertHashString(HashAlgorithmName.SHA256), verdict.Evidence.PeerSha256);
        Assert.StartsWith("127.0.0.1:", verdict.Refusal?.Endpoint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_self_signed_peer_is_refused_unless_it_is_the_trusted_one_or_pinned()
    {
        var certificate = ListenerCertificate.SelfSigned(["mail.test"], TestPki.Clock());
        using var trusted = certificate.ExportPublic();
        using var stranger = TestPki.Issue("stranger.test");
        var policy = Policy("mail.test", stranger);

        Assert.Equal(FindingCode.SelfSigned, (await TlsPair.JudgeAsync(policy, TestPki.Clock(), Token, certificate)).Refusal?.Code);
        Assert.Null((await TlsPair.JudgeAsync(policy with { TrustedRoots = [trusted] }, TestPki.Clock(), Token, certificate)).Refusal);
        var pinned = policy with { Level = TlsLevel.Fingerprint, Fingerprints = [trusted.GetCertHashString(HashAlgorithmName.SHA256)] };
        Assert.Null((await TlsPair.JudgeAsync(pinned, TestPki.Clock(), Token, certificate)).Refusal);
    }

    [Fact]
    public async Task The_system_does_not_trust_a_test_root()
    {
        using var issued = TestPki.Issue("mail.test");
        var verdict = await TlsPair.JudgeAsync(Policy("mail.test", issued) with { TrustedRoots = [] }, TestPki.Clock(), Token, issued.ToListenerCertificate());
        Assert.Equal(FindingCode.ChainIncomplete, verdict.Refusal?.Code);
    }

    [Fact]
    public async Task The_injected_clock_and_not_the_machines_decides_about_dates()
    {
        var clock = TestPki.Clock();
        using var issued = TestPki.Issue(new TestCertificateOptions { NotAfter = TestPki.Now.AddDays(30) }, "mail.test");
        Assert.Null((await TlsPair.JudgeAsync(Policy("mail.test", issued), clock, Token, issued.ToListenerCertificate())).Refusal);

        clock.Advance(TimeSpan.FromDays(31));
        var verdict = await TlsPair.JudgeAsync(Policy("mail.test", issued), clock, Token, issued.ToListenerCertificate());
        Assert.Equal(FindingCode.CertificateExpired, verdict.Refusal?.Code);
        Assert.Equal("NotTimeValid", Assert.Single(verdict.ChainFaults).Status);
    }

    [Fact]
    public async Task A_client_certificate_is_sent_where_the_server_asks()
    {
        using var issued = TestPki.Issue("mail.test");
        using var client = TestPki.Issue("client.test");
        await using var pair = await TlsPair.ConnectAsync(Token);
        var verifier = new PeerVerifier(
            Policy("mail.test", issued) with { ClientCertificate = client.Certificate }, pair.Dialled, TestPki.Clock());
        string? seen = null;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = issued.ToListenerCertificate().Current().Options.ServerCertificateContext,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                seen = certificate?.Subject;
                return certificate is not null;
            },
        };

        await Task.WhenAll(
            pair.Server.AuthenticateAsServerAsync(options, Token), pair.Client.AuthenticateAsClientAsync(verifier.CreateClientOptions(), Token));

        Assert.Null(verifier.Evaluate(pair.Client).Refusal);
        Assert.Equal("CN=client.test", seen);
    }

    [Fact]
    public async Task Before_the_handshake_there_is_nothing_to_judge()
    {
        using var issued = TestPki.Issue("mail.test");
        await using var pair = await TlsPair.ConnectAsync(Token);
        var verifier = new PeerVerifier(Policy("mail.test", issued), pair.Dialled, TestPki.Clock());
        Assert.Throws<InvalidOperationException>(() => verifier.Evaluate(pair.Client));
    }

    [Fact]
    public async Task Bytes_flow_after_the_handshake()
    {
        using var issued = TestPki.Issue("mail.test");
        await using var pair = await TlsPair.ConnectAsync(Token);
        var verifier = new PeerVerifier(Policy("mail.test", issued), pair.Dialled, TestPki.Clock());
        await Task.WhenAll(
            new CertificateSelector([issued.ToListenerCertificate()]).AuthenticateAsync(pair.Server, Token),
            pair.Client.AuthenticateAsClientAsync(verifier.CreateClientOptions(), Token));

        await pair.Client.WriteAsync("EHLO client.test\r\n"u8.ToArray(), Token);
        var buffer = new byte[18];
        await pair.Server.ReadExactlyAsync(buffer, Token);
        Assert.Equal("EHLO client.test\r\n"u8.ToArray(), buffer);
    }

    private static PeerPolicy Policy(string identity, IssuedCertificate trusted)
    {
        Assert.True(ReferenceIdentity.TryParse(identity, out var parsed, out _));
        return new PeerPolicy { Level = TlsLevel.Secure, Identity = parsed, TrustedRoots = [trusted.Issuer] };
    }
}
