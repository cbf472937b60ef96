using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class ChainEvaluatorTests
{
    private static readonly TestCertificateOptions WithIntermediate = new() { UseIntermediate = true };

    [Fact]
    public void A_whole_chain_to_a_given_root_is_trusted()
    {
        using var issued = TestPki.Issue(WithIntermediate, "mail.test");
        var chain = Evaluate([issued.Issuer], issued.Certificate, issued.Chain[0]);

        Assert.True(chain.Trusted);
        Assert.Empty(chain.Faults);
        Assert.Empty(chain.Problems);
        Assert.Empty(chain.FoundLocally);
    }

    [Fact]
    public void A_root_that_was_presented_too_does_no_harm()
    {
        using var issued = TestPki.Issue(WithIntermediate, "mail.test");
        Assert.True(Evaluate([issued.Issuer], issued.Certificate, issued.Chain[0], issued.Issuer).Trusted);
    }

    [Fact]
    public void Certificates_in_the_wrong_order_still_make_a_chain()
    {
        using var issued = TestPki.Issue(WithIntermediate, "mail.test");
        using var stranger = TestPki.Issue("other.test");
        Assert.True(Evaluate([issued.Issuer], issued.Certificate, stranger.Certificate, issued.Issuer, issued.Chain[0]).Trusted);
    }

    [Fact]
    public void A_missing_intermediate_is_named_with_the_element_that_lacks_it()
    {
        using var issued = TestPki.Issue(WithIntermediate, "mail.test");
        var chain = Evaluate([issued.Issuer], issued.Certificate);

        Assert.False(chain.Trusted);
        Assert.Equal([FindingCode.ChainIncomplete], chain.Problems);
        Assert.Equal(issued.Certificate.Issuer, chain.MissingIssuer);
        var fault = Assert.Single(chain.Faults);
        Assert.Equal((0, "CN=mail.test", "PartialChain"), (fault.ElementIndex, fault.ElementSubject, fault.Status));
        Assert.NotEmpty(fault.Detail);
    }

    [Fact]
    public void A_root_that_is_neither_presented_nor_trusted_leaves_the_chain_incomplete()
    {
        using var issued = TestPki.Issue(WithIntermediate, "mail.test");
        using var other = TestPki.Issue("other.test");
        var chain = Evaluate([other.Issuer], issued.Certificate, issued.Chain[0]);

        Assert.Equal([FindingCode.ChainIncomplete], chain.Problems);
        Assert.Equal(issued.Issuer.Subject, chain.MissingIssuer);
        Assert.Equal(1, Assert.Single(chain.Faults).ElementIndex);
    }

    [Fact]
    public void A_presented_root_that_is_not_trusted_is_an_untrusted_root()
    {
        using var issued = TestPki.Issue(WithIntermediate, "mail.test");
        using var other = TestPki.Issue("other.test");
        var chain = Evaluate([other.Issuer], issued.Certificate, issued.Chain[0], issued.Issuer);

        Assert.Equal([FindingCode.UntrustedRoot], chain.Problems);
        Assert.Equal(issued.Issuer.Subject, chain.Root);
        Assert.Equal("", chain.MissingIssuer);
        Assert.Equal(2, Assert.Single(chain.Faults).ElementIndex);
    }

    [Fact]
    public void A_test_root_is_not_among_the_systems()
    {
        using var issued = TestPki.Issue("mail.test");
        Assert.Equal([FindingCode.UntrustedRoot], Evaluate([], issued.Certificate, issued.Issuer).Problems);
    }

    [Fact]
    public void Two_roots_of_one_name_are_not_taken_for_each_other()
    {
        using var right = TestCertificateAuthority.Create("Same Name", clock: TestPki.Clock());
        using var wrong = TestCertificateAuthority.Create("Same Name", clock: TestPki.Clock());
        using var issued = right.Issue(["mail.test"]);

        Assert.True(Evaluate([right.Certificate], issued.Certificate).Trusted);
        Assert.False(Evaluate([wrong.Certificate], issued.Certificate).Trusted);
        Assert.False(Evaluate([wrong.Certificate], issued.Certificate, issued.Issuer).Trusted);
    }

    [Fact]
    public void A_self_signed_certificate_is_trusted_only_where_it_was_given_itself()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var self = TestPki.Make("CN=mail.test", key, issuer: null, hash: null, TestPki.Names("mail.test"));
        using var other = TestPki.Issue("other.test");

        Assert.Equal([FindingCode.SelfSigned], Evaluate([other.Issuer], self).Problems);
        Assert.Equal([FindingCode.SelfSigned], Evaluate([], self).Problems);
        Assert.True(Evaluate([TestPki.Public(self)], self).Trusted);
    }

    [Fact]
    public void The_clock_decides_about_dates_and_the_leafs_dates_are_no_problem_of_the_chain()
    {
        using var issued = TestPki.Issue(new TestCertificateOptions { NotAfter = TestPki.Now.AddDays(10) }, "mail.test");
        var clock = TestPki.Clock();
        Assert.True(ChainEvaluator.Evaluate([issued.Certificate], [issued.Issuer], clock).Trusted);

        clock.Advance(TimeSpan.FromDays(11));
        var chain = ChainEvaluator.Evaluate([issued.Certificate], [issued.Issuer], clock);
        Assert.False(chain.Trusted);
        Assert.Empty(chain.Problems);
        Assert.Equal((0, "NotTimeValid"), (Assert.Single(chain.Faults).ElementIndex, chain.Faults[0].Status));
    }

    [Fact]
    public void A_root_that_is_out_of_date_makes_the_chain_invalid()
    {
        using var issued = TestPki.Issue(new TestCertificateOptions { NotAfter = TestPki.Now.AddYears(30) }, "mail.test");
        var clock = TestPki.Clock();
        clock.Advance(TimeSpan.FromDays(365 * 15));
        var chain = ChainEvaluator.Evaluate([issued.Certificate], [issued.Issuer], clock);

        Assert.Equal([FindingCode.ChainInvalid], chain.Problems);
        Assert.Equal(1, Assert.Single(chain.Faults).ElementIndex);
    }

    [Fact]
    public void A_certificate_for_clients_is_not_one_for_servers()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = TestPki.Make("CN=root", rootKey, issuer: null, hash: null, TestPki.Authority());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var clientAuthentication = new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false);
        using var leaf = TestPki.Make("CN=mail.test", key, (root, rootKey), hash: null, TestPki.Names("mail.test"), clientAuthentication);

        Assert.Equal([FindingCode.ChainInvalid], Evaluate([TestPki.Public(root)], leaf).Problems);
    }

    [Fact]
    public void A_forged_signature_makes_the_chain_invalid()
    {
        using var issued = TestPki.Issue("mail.test");
        var bytes = issued.Certificate.RawData;

        // The last octet belongs to the second INTEGER of the ECDSA signature.
        bytes[^1] ^= 1;
        using var forged = new X509Certificate2(bytes);
        Assert.False(Evaluate([issued.Issuer], forged).Trusted);
    }

    [Fact]
    public void A_leaf_may_not_issue()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = TestPki.Make("CN=root", rootKey, issuer: null, hash: null, TestPki.Authority());
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = TestPki.Make(
            "CN=mail.test", leafKey, (root, rootKey), hash: null, TestPki.Names("mail.test"), new X509BasicConstraintsExtension(false, false, 0, critical: true));
        using var victimKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var victim = TestPki.Make("CN=bank.test", victimKey, (leaf, leafKey), hash: null, TestPki.Names("bank.test"));

        Assert.False(Evaluate([TestPki.Public(root)], victim, TestPki.Public(leaf)).Trusted);
    }

    [Fact]
    public void An_intermediate_that_only_this_side_has_is_told()
    {
        using var issued = TestPki.Issue(WithIntermediate, "mail.test");
        var chain = Evaluate([issued.Issuer, issued.Chain[0]], issued.Certificate);

        Assert.True(chain.Trusted);
        Assert.Equal([issued.Chain[0].Subject], chain.FoundLocally);
    }

    [Fact]
    public void Nothing_presented_is_nothing_trusted()
    {
        var chain = ChainEvaluator.Evaluate([], [], TestPki.Clock());
        Assert.False(chain.Trusted);
    }

    [Fact]
    public void The_policy_goes_nowhere_on_the_network()
    {
        var policy = ChainEvaluator.CreatePolicy([], TestPki.Clock());

        Assert.True(policy.DisableCertificateDownloads);
        Assert.Equal(X509RevocationMode.NoCheck, policy.RevocationMode);
        Assert.Equal(X509ChainTrustMode.System, policy.TrustMode);
        Assert.Equal(X509VerificationFlags.NoFlag, policy.VerificationFlags);
        Assert.Equal(TestPki.Now.UtcDateTime, policy.VerificationTime);
    }

    private static ChainAssessment Evaluate(X509Certificate2Collection roots, params X509Certificate2[] presented) =>
        ChainEvaluator.Evaluate([.. presented.Select(TestPki.Public)], roots, TestPki.Clock());
}
