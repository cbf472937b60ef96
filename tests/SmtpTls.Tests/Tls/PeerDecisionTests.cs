using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class PeerDecisionTests : IDisposable
{
    private static readonly IPEndPoint Dialled = new(IPAddress.Parse("192.0.2.25"), 25);

    private static readonly TlsLevel[] Levels =
        [TlsLevel.None, TlsLevel.Opportunistic, TlsLevel.Encrypt, TlsLevel.Fingerprint, TlsLevel.Verify, TlsLevel.Secure, (TlsLevel)99];

    private readonly FakeClock _clock = TestPki.Clock();
    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create(clock: TestPki.Clock());
    private readonly List<IDisposable> _disposables = [];

    public void Dispose()
    {
        _authority.Dispose();
        _disposables.ForEach(d => d.Dispose());
    }

    // Every level against every kind of peer. What is in the table is the contract: "ok" or the code of the refusal.
    [Fact]
    public void Each_level_holds_or_refuses_as_the_table_says()
    {
        const string Expected = """
            peer                 | None         Opportunistic Encrypt Fingerprint         Verify                   Secure                   99
            good                 | InvalidInput ok            ok      ok                  ok                       ok                       InvalidInput
            good, by IP SAN      | InvalidInput ok            ok      ok                  ok                       ok                       InvalidInput
            other name           | InvalidInput ok            ok      FingerprintMismatch NameMismatch             NameMismatch             InvalidInput
            asked by address     | InvalidInput ok            ok      FingerprintMismatch IdentityIsAddress        IdentityIsAddress        InvalidInput
            address rule         | InvalidInput ok            ok      FingerprintMismatch IdentityIsAddress        IdentityIsAddress        InvalidInput
            address rule, IP SAN | InvalidInput ok            ok      FingerprintMismatch ok                       ok                       InvalidInput
            only a common name   | InvalidInput ok            ok      FingerprintMismatch NoSubjectAlternativeName NoSubjectAlternativeName InvalidInput
            no host in the SAN   | InvalidInput ok            ok      FingerprintMismatch NoSubjectAlternativeName NoSubjectAlternativeName InvalidInput
            broken SAN           | InvalidInput ok            ok      FingerprintMismatch NoSubjectAlternativeName NoSubjectAlternativeName InvalidInput
            expired              | InvalidInput ok            ok      FingerprintMismatch CertificateExpired       CertificateExpired       InvalidInput
            not yet valid        | InvalidInput ok            ok      FingerprintMismatch CertificateNotYetValid   CertificateNotYetValid   InvalidInput
            self-signed          | InvalidInput ok            ok      FingerprintMismatch SelfSigned               SelfSigned               InvalidInput
            untrusted root       | InvalidInput ok            ok      FingerprintMismatch UntrustedRoot            UntrustedRoot            InvalidInput
            chain incomplete     | InvalidInput ok            ok      FingerprintMismatch ChainIncomplete          ChainIncomplete          InvalidInput
            for clients only     | InvalidInput ok            ok      FingerprintMismatch ChainInvalid             ChainInvalid             InvalidInput
            no certificate       | InvalidInput ok            ok      NoCertificate       NoCertificate            NoCertificate            InvalidInput
            unreadable           | InvalidInput ok            ok      ChainInvalid        ChainInvalid             ChainInvalid             InvalidInput
            """;

        Assert.Equal(Expected, Table((level, peer) => Decide(peer, level)));
    }

    [Fact]
    public void A_skipped_check_never_refuses_for_the_certificate_and_always_says_that_it_was_skipped()
    {
        foreach (var level in new[] { TlsLevel.Opportunistic, TlsLevel.Encrypt, TlsLevel.Fingerprint, TlsLevel.Verify, TlsLevel.Secure })
        {
            foreach (var (title, peer) in Peers())
            {
                var verdict = Decide(peer with { Policy = peer.Policy with { SkipCheck = true } }, level);

                Assert.True(verdict.Refusal is null, $"{title} at {level}");
                Assert.True(verdict.Evidence.CheckSkipped);
                Assert.Contains(verdict.Findings, f => f is { Code: FindingCode.CertificateCheckSkipped, Severity: FindingSeverity.Warning });
                Assert.Equal(Decide(peer, level).Evidence.Verified, verdict.Evidence.Verified);
            }
        }
    }

    [Fact]
    public void A_skipped_check_says_what_it_would_have_said()
    {
        static string Evidence(PeerVerdict verdict) => verdict.Findings.Single(f => f.Code == FindingCode.CertificateCheckSkipped).Evidence;
        var (bad, good) = (Peers()["other name"], Peers()["good"]);

        Assert.Equal(
            "the check would have said: NameMismatch",
            Evidence(Decide(bad with { Policy = bad.Policy with { SkipCheck = true } }, TlsLevel.Secure)));
        Assert.Equal(
            "the check would have said: nothing against it",
            Evidence(Decide(good with { Policy = good.Policy with { SkipCheck = true } }, TlsLevel.Secure)));
    }

    [Fact]
    public void A_skipped_check_does_not_make_a_level_out_of_none()
    {
        var peer = Peers()["good"];
        Assert.NotNull(Decide(peer with { Policy = peer.Policy with { SkipCheck = true } }, TlsLevel.None).Refusal);
        Assert.NotNull(Decide(peer with { Policy = peer.Policy with { SkipCheck = true } }, (TlsLevel)99).Refusal);
    }

    [Fact]
    public void Verified_says_the_truth_whatever_the_level_asks_for()
    {
        foreach (var (title, peer) in Peers())
        {
            var good = title is "good" or "good, by IP SAN" or "address rule, IP SAN";
            Assert.Equal(good, Decide(peer, TlsLevel.Secure).Evidence.Verified);
            Assert.Equal(good, Decide(peer, TlsLevel.Encrypt).Evidence.Verified);
            Assert.Equal(title is "good" or "good, by IP SAN", Decide(peer, TlsLevel.Fingerprint).Evidence.Verified);
        }
    }

    [Fact]
    public void A_refusal_names_host_address_phase_and_what_to_do_and_explains_itself_first()
    {
        foreach (var (title, peer) in Peers())
        {
            var refusal = Decide(peer, TlsLevel.Secure).Refusal;
            if (refusal is null)
            {
                continue;
            }

            Assert.True(refusal.Code == refusal.Findings[0].Code, title);
            Assert.Equal(FindingSeverity.Error, refusal.Findings[0].Severity);
            Assert.Equal(SmtpPhase.Handshake, refusal.Phase);
            Assert.Equal("192.0.2.25:25", refusal.Endpoint);
            Assert.Equal(peer.Policy.Identity.Value, refusal.Host);
            Assert.Contains("192.0.2.25", refusal.Message + refusal.Cause, StringComparison.Ordinal);
            Assert.NotEmpty(refusal.Advice);
            Assert.True(refusal.Permanent);
        }
    }

    [Fact]
    public void By_address_the_message_tells_the_name_to_connect_by()
    {
        var refusal = Decide(Peers()["asked by address"], TlsLevel.Secure).Refusal;
        Assert.Equal(
            "IdentityIsAddress: You connected by address (192.0.2.25:25); the certificate names mail.test. Connect by that name or give -ServerName mail.test.",
            refusal?.ToString());
    }

    [Fact]
    public void On_a_mismatch_the_message_tells_expected_and_presented_names_and_the_address()
    {
        var refusal = Decide(Peers()["other name"], TlsLevel.Verify).Refusal;
        Assert.Equal("The certificate of other.test (192.0.2.25:25) does not name other.test; it names mail.test.", refusal?.Message);
        Assert.Equal("expected other.test; the certificate names mail.test; dialled 192.0.2.25:25", refusal?.Cause);
    }

    [Fact]
    public void The_address_rule_is_always_marked_and_keeps_the_server_name()
    {
        foreach (var title in new[] { "address rule", "address rule, IP SAN" })
        {
            var verdict = Decide(Peers()[title], TlsLevel.Secure);
            Assert.Contains(verdict.Findings, f => f.Code == FindingCode.AddressIdentityUsed);
            Assert.Equal(TlsIdentity.Address, verdict.Evidence.IdentityUsed);
            Assert.Equal("192.0.2.25", verdict.Evidence.ReferenceIdentity);
            Assert.Equal("mail.test", verdict.Evidence.ServerNameIndication);
        }

        Assert.Equal("192.0.2.25", Decide(Peers()["address rule, IP SAN"], TlsLevel.Secure).MatchedIdentity);
        Assert.DoesNotContain(Decide(Peers()["good"], TlsLevel.Secure).Findings, f => f.Code == FindingCode.AddressIdentityUsed);
    }

    [Fact]
    public void A_fingerprint_is_read_in_any_case_with_or_without_colons_and_may_be_the_public_keys()
    {
        var peer = Peers()["self-signed"];
        var leaf = peer.Facts.Leaf!;
        var colons = string.Join(':', Enumerable.Range(0, 32).Select(i => leaf.Sha256.Substring(2 * i, 2)));
        foreach (var given in new[] { leaf.Sha256, leaf.Sha256.ToLowerInvariant(), colons, leaf.SpkiSha256, $" {leaf.SpkiSha256.ToLowerInvariant()} " })
        {
            var verdict = Decide(peer with { Policy = peer.Policy with { Fingerprints = ["zz", "", given] } }, TlsLevel.Fingerprint);
            Assert.Null(verdict.Refusal);
            Assert.True(verdict.Evidence.Verified);
        }

        foreach (var given in new[] { leaf.Thumbprint, leaf.Sha256[..63], leaf.Sha256 + "0", "", leaf.Sha256.Replace(leaf.Sha256[0], leaf.Sha256[0] == '0' ? '1' : '0') })
        {
            Assert.Equal(
                FindingCode.FingerprintMismatch,
                Decide(peer with { Policy = peer.Policy with { Fingerprints = [given] } }, TlsLevel.Fingerprint).Refusal?.Code);
        }
    }

    [Theory]
    [InlineData(TlsLevel.Encrypt, FindingSeverity.Warning)]
    [InlineData(TlsLevel.Fingerprint, FindingSeverity.Information)]
    [InlineData(TlsLevel.Secure, FindingSeverity.Error)]
    public void Severity_follows_what_the_level_enforces(TlsLevel level, FindingSeverity expected)
    {
        Assert.Equal(expected, Decide(Peers()["self-signed"], level).Findings.Single(f => f.Code == FindingCode.SelfSigned).Severity);
        Assert.Equal(expected, Decide(Peers()["other name"], level).Findings.Single(f => f.Code == FindingCode.NameMismatch).Severity);
    }

    [Theory]
    [InlineData(20.9, true)]
    [InlineData(21.1, false)]
    public void Soon_is_less_than_the_days_in_which_renewal_should_have_happened(double days, bool expected)
    {
        var issued = Keep(_authority.Issue(["mail.test"], new TestCertificateOptions { NotAfter = TestPki.Now.AddDays(days) }));
        var verdict = Decide(Peer(Policy("mail.test"), issued.Certificate), TlsLevel.Secure);

        Assert.Null(verdict.Refusal);
        Assert.Equal(expected, verdict.Findings.Any(f => f is { Code: FindingCode.CertificateExpiresSoon, Severity: FindingSeverity.Warning }));
    }

    [Fact]
    public void Weak_keys_and_signatures_are_found_on_every_element_but_a_roots_signature()
    {
        using var rootKey = RSA.Create(2048);
        using var root = TestPki.Make("CN=root", rootKey, issuer: null, HashAlgorithmName.SHA1, TestPki.Authority());
        using var middleKey = RSA.Create(2048);
        using var middle = TestPki.Make("CN=middle", middleKey, (root, rootKey), HashAlgorithmName.SHA1, TestPki.Authority());
        using var key = RSA.Create(1024);
        using var leaf = TestPki.Make("CN=leaf", key, (middle, middleKey), HashAlgorithmName.MD5, TestPki.Names("mail.test"));

        var findings = Decide(Peer(Policy("mail.test") with { TrustedRoots = [root] }, leaf, middle, root), TlsLevel.Encrypt).Findings;

        Assert.Equal("CN=leaf: RSA 1024", Assert.Single(findings, f => f.Code == FindingCode.WeakKey).Evidence);
        Assert.Equal(["CN=leaf: md5RSA", "CN=middle: sha1RSA"], findings.Where(f => f.Code == FindingCode.WeakSignature).Select(f => f.Evidence).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void A_forgotten_intermediate_is_told_though_the_chain_holds_here()
    {
        var issued = Keep(_authority.Issue(["mail.test"], new TestCertificateOptions { UseIntermediate = true }));
        var policy = Policy("mail.test") with { TrustedRoots = [_authority.Certificate, issued.Chain[0]] };
        var verdict = Decide(Peer(policy, issued.Certificate), TlsLevel.Secure);

        Assert.Null(verdict.Refusal);
        Assert.True(verdict.ChainTrusted);
        Assert.Equal(FindingSeverity.Warning, verdict.Findings.Single(f => f.Code == FindingCode.ChainIncomplete).Severity);
    }

    [Fact]
    public void An_old_protocol_is_a_finding()
    {
#pragma warning disable SYSLIB0039, CA5397 // What an old peer negotiates.
        var old = new NegotiatedTls(SslProtocols.Tls11, "TLS_RSA_WITH_AES_128_CBC_SHA");
#pragma warning restore SYSLIB0039, CA5397
        var peer = Peers()["good"];
        var verdict = PeerDecision.Decide(
            peer.Policy with { Level = TlsLevel.Encrypt }, Dialled, peer.Facts, old, TlsMode.Implicit, _clock.GetUtcNow());

        Assert.Equal("TLSv1.1", Assert.Single(verdict.Findings, f => f.Code == FindingCode.OldProtocol).Evidence);
        Assert.Equal(("TLSv1.1", TlsMode.Implicit), (verdict.Evidence.Protocol, verdict.Evidence.Mode));
    }

    [Fact]
    public void What_a_stranger_wrote_into_a_certificate_does_not_reach_the_terminal_as_control_characters()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = TestPki.Make("CN=x", key, issuer: null, hash: null, TestPki.RawExtension(TestPki.RawNames("evil\x1b[2J\r\n.test")));
        var verdict = Decide(Peer(Policy("mail.test"), leaf), TlsLevel.Secure);

        Assert.All(verdict.Findings, f => Assert.DoesNotContain(f.Message + f.Evidence + f.Advice, char.IsControl));
        Assert.Contains("evil?[2J??.test", verdict.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_names_are_counted_not_listed()
    {
        var issued = Keep(_authority.Issue([.. Enumerable.Range(0, 100).Select(i => $"host{i}.test")]));
        var refusal = Decide(Peer(Policy("mail.test"), issued.Certificate), TlsLevel.Secure).Refusal;
        Assert.Contains("host7.test and 92 more", refusal?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_evidence_tells_what_was_compared_and_what_matched()
    {
        var verdict = Decide(Peers()["good"], TlsLevel.Secure);

        Assert.Equal(
            ("mail.test", "mail.test", "mail.test", "TLSv1.3", "TLS_AES_256_GCM_SHA384", TlsLevel.Secure),
            (verdict.Evidence.ServerNameIndication, verdict.Evidence.ReferenceIdentity, verdict.Evidence.MatchedIdentity,
                verdict.Evidence.Protocol, verdict.Evidence.CipherSuite, verdict.Evidence.Level));
        Assert.Equal(verdict.Presented[0].Sha256, verdict.Evidence.PeerSha256);
        Assert.Equal(verdict.Presented[0].Thumbprint, verdict.Evidence.PeerThumbprint);
        Assert.True(verdict.NameMatches);
        Assert.Empty(verdict.Findings);
    }

    private sealed record TestPeer(PeerPolicy Policy, PeerFacts Facts);

    private Dictionary<string, TestPeer> Peers()
    {
        var good = Keep(_authority.Issue(["mail.test"]));
        var withAddress = Keep(_authority.Issue(["mail.test", "192.0.2.25"]));
        using var foreign = TestCertificateAuthority.Create(clock: _clock);
        var untrusted = Keep(foreign.Issue(["mail.test"]));
        var incomplete = Keep(_authority.Issue(["mail.test"], new TestCertificateOptions { UseIntermediate = true }));
        var expired = Keep(_authority.Issue(["mail.test"], new TestCertificateOptions { NotAfter = TestPki.Now.AddDays(-1) }));
        var future = Keep(_authority.Issue(["mail.test"], new TestCertificateOptions { NotBefore = TestPki.Now.AddDays(1) }));
        var key = Keep(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var rootKey = Keep(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var root = Keep(TestPki.Make("CN=root", rootKey, issuer: null, hash: null, TestPki.Authority()));
        var self = Keep(TestPki.Make("CN=mail.test", key, issuer: null, hash: null, TestPki.Names("mail.test")));
        var commonName = Keep(TestPki.Make("CN=mail.test", key, (root, rootKey)));
        var mailboxes = new SubjectAlternativeNameBuilder();
        mailboxes.AddEmailAddress("postmaster@mail.test");
        var noHost = Keep(TestPki.Make("CN=mail.test", key, (root, rootKey), hash: null, mailboxes.Build()));
        var broken = Keep(TestPki.Make("CN=mail.test", key, (root, rootKey), hash: null, TestPki.RawExtension([0x30, 0x20, 0x82])));
        var clients = Keep(TestPki.Make(
            "CN=mail.test", key, (root, rootKey), hash: null, TestPki.Names("mail.test"), new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false)));
        var policy = Policy("mail.test");
        var addressRule = policy with { IdentityRule = TlsIdentity.Address };
        return new Dictionary<string, TestPeer>(StringComparer.Ordinal)
        {
            ["good"] = Pinned(Peer(policy, good.Certificate)),
            ["good, by IP SAN"] = Pinned(Peer(Policy("192.0.2.25"), withAddress.Certificate)),
            ["other name"] = Peer(Policy("other.test"), good.Certificate),
            ["asked by address"] = Peer(Policy("192.0.2.25"), good.Certificate),
            ["address rule"] = Peer(addressRule, good.Certificate),
            ["address rule, IP SAN"] = Peer(addressRule, withAddress.Certificate),
            ["only a common name"] = Peer(policy with { TrustedRoots = [root] }, commonName),
            ["no host in the SAN"] = Peer(policy with { TrustedRoots = [root] }, noHost),
            ["broken SAN"] = Peer(policy with { TrustedRoots = [root] }, broken),
            ["expired"] = Peer(policy, expired.Certificate),
            ["not yet valid"] = Peer(policy, future.Certificate),
            ["self-signed"] = Peer(policy, self),
            ["untrusted root"] = Peer(policy, untrusted.Certificate, untrusted.Issuer),
            ["chain incomplete"] = Peer(policy, incomplete.Certificate),
            ["for clients only"] = Peer(policy with { TrustedRoots = [root] }, clients),
            ["no certificate"] = new TestPeer(policy, PeerFacts.NoCertificate),
            ["unreadable"] = new TestPeer(policy, new PeerFacts { Unreadable = "a date that is none" }),
        };
    }

    private PeerPolicy Policy(string identity)
    {
        Assert.True(ReferenceIdentity.TryParse(identity, out var parsed, out _));
        return new PeerPolicy { Level = TlsLevel.Secure, Identity = parsed, TrustedRoots = [_authority.Certificate], Fingerprints = [new string('0', 64)] };
    }

    private TestPeer Peer(PeerPolicy policy, params X509Certificate2[] presented) => new(policy, TestPki.Facts(policy.TrustedRoots, _clock, presented));

    private static TestPeer Pinned(TestPeer peer) => peer with { Policy = peer.Policy with { Fingerprints = [peer.Facts.Leaf!.Sha256] } };

    private PeerVerdict Decide(TestPeer peer, TlsLevel level) => PeerDecision.Decide(
        peer.Policy with { Level = level },
        Dialled,
        peer.Facts,
        new NegotiatedTls(SslProtocols.Tls13, "TLS_AES_256_GCM_SHA384"),
        TlsMode.StartTls,
        _clock.GetUtcNow());

    private string Table(Func<TlsLevel, TestPeer, PeerVerdict> decide)
    {
        int[] widths = [12, 13, 7, 19, 24, 24, 12];
        var table = new StringBuilder("peer                 |");
        table.AppendJoin("", Levels.Zip(widths, (level, width) => " " + level.ToString().PadRight(width)));
        while (table[^1] == ' ')
        {
            table.Length--;
        }

        foreach (var (title, peer) in Peers())
        {
            table.Append('\n').Append(title.PadRight(20)).Append(" |");
            foreach (var (level, width) in Levels.Zip(widths))
            {
                table.Append(' ').Append((decide(level, peer).Refusal?.Code.ToString() ?? "ok").PadRight(width));
            }
        }

        return table.ToString();
    }

    private T Keep<T>(T disposable)
        where T : IDisposable
    {
        _disposables.Add(disposable);
        return disposable;
    }
}
