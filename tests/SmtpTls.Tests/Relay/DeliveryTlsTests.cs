using System.Net;
using System.Security.Authentication;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Relay.DeliveryBench;

namespace SmtpTls.Tests.Relay;

/// <summary>What a route's level makes of a next hop's TLS. Nothing here ever bounces a message, and nothing goes out below the level.</summary>
public class DeliveryTlsTests
{
    // For mx.test; the other one is for a name that nobody here has.
    private static readonly IssuedCertificate Right = TestPki.Issue("mx.test");
    private static readonly IssuedCertificate Wrong = TestPki.Issue("elsewhere.test");

    // A server that is spoken to until the certificate was seen, and no further.
    private static readonly string UntilTheHandshake = OpenTls[..OpenTls.LastIndexOf("C: EHLO", StringComparison.Ordinal)];

    private static SmtpRoute Verify => new() { Domains = ["*"], TlsLevel = TlsLevel.Verify, TrustedCertificates = [Right.Issuer, Wrong.Issuer] };

    [Theory]
    [InlineData(TlsLevel.Opportunistic)]
    [InlineData(TlsLevel.Encrypt)]
    [InlineData(TlsLevel.Verify)]
    [InlineData(TlsLevel.Secure)]
    public async Task The_evidence_of_the_session_is_reported_with_each_message_on_it(TlsLevel level)
    {
        await using var bench = new DeliveryBench(new ScriptedServer(Right.Certificate, OpenTls + Take + Take + Quit)) { Route = Verify with { TlsLevel = level } };

        await bench.DeliverAsync("b@test");
        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Delivered 250", Fates(report));
        Assert.NotNull(report.Tls);
        Assert.Equal((level, "mx.test", true), (report.Tls.Level, report.Tls.MatchedIdentity, report.Tls.Verified));
    }

    [Fact]
    public async Task A_wrong_certificate_is_deferred_with_the_reason_and_what_was_seen()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(Wrong.Certificate, UntilTheHandshake)) { Route = Verify };

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Deferred 451", Fates(report));
        Assert.Equal("4.7.5", report.Recipients[0].Reply!.Enhanced.ToString());
        Assert.Equal((FindingCode.NameMismatch, false), (report.NextHopFailure!.Code, report.NextHopFailure.Permanent));
        Assert.Contains("elsewhere.test", report.NextHopFailure.Message, StringComparison.Ordinal);
        Assert.Equal((TlsLevel.Verify, false, "mx.test"), (report.Tls!.Level, report.Tls.Verified, report.Tls.ReferenceIdentity));
        Assert.Contains(report.Findings, f => f.Code == FindingCode.NameMismatch);
    }

    [Theory]
    [InlineData(TlsLevel.Encrypt)]
    [InlineData(TlsLevel.Fingerprint)]
    [InlineData(TlsLevel.Verify)]
    [InlineData(TlsLevel.Secure)]
    public async Task A_host_without_STARTTLS_is_passed_over_and_never_spoken_to_in_plain_text(TlsLevel level)
    {
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPlain + Quit, OpenPlain + Quit), limits: null, "mx1.test=192.0.2.1", "mx2.test=192.0.2.2")
        {
            Route = Verify with { TlsLevel = level, Fingerprints = [Right.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256)] },
        };

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Deferred 451", Fates(report));
        Assert.Equal("4.7.4", report.Recipients[0].Reply!.Enhanced.ToString());
        Assert.Equal(FindingCode.StartTlsNotOffered, report.NextHopFailure!.Code);
        Assert.Contains("Before that: mx1.test", report.NextHopFailure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_host_leads_to_the_next_host_at_the_same_level()
    {
        // Both show a certificate for mx.test: only the second host is it.
        await using var bench = new DeliveryBench(
            new ScriptedServer(Right.Certificate, UntilTheHandshake, OpenTls + Take + Quit), limits: null, "other.test=192.0.2.1", "mx.test=192.0.2.2")
        { Route = Verify };

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal(("b@test Delivered 250", "mx.test"), (Fates(report), report.Host));
        Assert.True(report.Tls!.Verified);
    }

    [Fact]
    public async Task A_pinned_certificate_is_enough_whatever_it_names()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(Wrong.Certificate, OpenTls + Take + Quit))
        {
            Route = new SmtpRoute
            {
                Domains = ["*"],
                TlsLevel = TlsLevel.Fingerprint,
                Fingerprints = [Wrong.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256)],
            },
        };

        Assert.Equal("b@test Delivered 250", Fates(await bench.DeliverAsync("b@test")));
    }

    [Fact]
    public async Task Level_Opportunistic_goes_on_in_plain_text_and_says_so_with_each_message()
    {
        // No certificate: the handshake ends at once.
        var server = new ScriptedServer(OpenTls[..OpenTls.LastIndexOf("TLS", StringComparison.Ordinal)] + "CLOSE", OpenPlain + Take + Take + Quit);
        await using var bench = new DeliveryBench(server) { Route = Verify with { TlsLevel = TlsLevel.Opportunistic } };

        var first = await bench.DeliverAsync("b@test");
        var second = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Delivered 250", Fates(first));
        Assert.Null(first.Tls);
        Assert.Contains(first.Findings, f => f.Code == FindingCode.SentInPlainText);
        Assert.Contains(second.Findings, f => f.Code == FindingCode.SentInPlainText);
        Assert.Equal(2, server.Dialled.Count);
    }

    [Fact]
    public async Task A_protocol_that_the_route_does_not_allow_is_not_spoken()
    {
        // The server has both; which one is used is the client's to say.
#pragma warning disable CA5398
        await using var bench = new DeliveryBench(new ScriptedServer(Right.Certificate, OpenTls + Take + Quit)) { Route = Verify with { Protocols = SslProtocols.Tls12 } };
#pragma warning restore CA5398

        Assert.Equal("TLSv1.2", (await bench.DeliverAsync("b@test")).Tls!.Protocol);
    }

    [Fact]
    public async Task A_password_that_is_refused_is_deferred_and_not_tried_around()
    {
        var refusing = UntilTheHandshake + """
            C: EHLO relay.test
            S: 250-mx.test
            S: 250 AUTH PLAIN
            C: AUTH PLAIN AHVzZXIAc2VjcmV0
            S: 535 5.7.8 no

            """ + Quit;
        var server = new ScriptedServer(Right.Certificate, refusing);
        await using var bench = new DeliveryBench(server, limits: null, "mx.test=192.0.2.1 192.0.2.2")
        {
            Route = Verify with { Credential = new NetworkCredential("user", "secret") },
        };

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Deferred 535", Fates(report));
        Assert.Equal((FindingCode.AuthenticationFailed, false), (report.NextHopFailure!.Code, report.NextHopFailure.Permanent));
        Assert.DoesNotContain("secret", report.NextHopFailure.ToString(), StringComparison.Ordinal);
        Assert.Single(server.Dialled);
    }

    [Fact]
    public async Task Without_TLS_no_password_is_said()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPlain + Quit))
        {
            Route = Verify with { TlsLevel = TlsLevel.Opportunistic, Credential = new NetworkCredential("user", "secret") },
        };

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Deferred 451", Fates(report));
        Assert.Equal(FindingCode.AuthenticationUnavailable, report.NextHopFailure!.Code);
    }
}
