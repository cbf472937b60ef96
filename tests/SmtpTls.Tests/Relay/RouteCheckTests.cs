using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

public class RouteCheckTests
{
    private static readonly string Pin = new('a', 64);

    private static readonly SmtpRoute ByMx = new() { Domains = ["contoso.com"] };

    private static readonly SmtpRoute BySmartHost = ByMx with { SmartHosts = [new SmartHost("mail.test")] };

    public static TheoryData<string, SmtpRoute, string> Unusable() => new()
    {
        { "no domain", ByMx with { Domains = [] }, "Route 1: it names no domain." },
        { "empty domain", ByMx with { Domains = [""] }, "the domain '' cannot be used: it is empty." },
        { "space", ByMx with { Domains = ["a.test b.test"] }, "Route 1 (a.test b.test): the domain 'a.test b.test' cannot be used: it holds a space." },
        { "address", ByMx with { Domains = ["u@a.test"] }, "the domain 'u@a.test' cannot be used: it is an address." },
        { "wildcard inside", ByMx with { Domains = ["a.*.test"] }, "a wildcard is * alone, or *. and a domain" },
        { "wildcard without dot", ByMx with { Domains = ["*test"] }, "a wildcard is * alone, or *. and a domain" },
        { "two wildcards", ByMx with { Domains = ["*.*.test"] }, "a wildcard is * alone, or *. and a domain" },
        { "wildcard of nothing", ByMx with { Domains = ["*."] }, "a wildcard is * alone, or *. and a domain" },
        { "wildcard of a literal", ByMx with { Domains = ["*.[192.0.2.1]"] }, "a wildcard is * alone, or *. and a domain" },
        { "leading dot", ByMx with { Domains = [".test"] }, "it begins with a dot" },
        { "bare address", ByMx with { Domains = ["192.0.2.1"] }, "stands in brackets here" },
        { "line end", ByMx with { Domains = ["a\u0007.test"] }, @"the domain 'a\x07.test' cannot be used" },
        { "port of MX", ByMx with { Port = 0 }, "the port 0 is not between 1 and 65535." },
        { "port beside smart hosts", BySmartHost with { Port = 587 }, "the port 587 would not be used" },
        { "smart host's port", Host("mail.test", 65536), "the port 65536 of the smart host mail.test is not between 1 and 65535." },
        { "smart host with port", Host("mail.test:25"), "the smart host 'mail.test:25' is neither a host name nor an address" },
        { "smart host in brackets", Host("[mail.test]"), "the smart host '[mail.test]' stands in brackets." },
        { "smart host with a space", Host("mail .test"), "the smart host 'mail .test' is neither a host name nor an address" },
        { "smart host empty", Host(""), "the smart host '' is neither a host name nor an address" },
        { "smart host anywhere", Host("0.0.0.0"), "the smart host '0.0.0.0' is no address of a host." },
        { "smart host anywhere, IPv6", Host("::"), "the smart host '::' is no address of a host." },
        { "smart host multicast", Host("224.0.0.1"), "the smart host '224.0.0.1' is no address of a host." },
        { "unknown level", ByMx with { TlsLevel = (TlsLevel)99 }, "a value that does not exist" },
        { "mode None, level Secure", ByMx with { TlsMode = TlsMode.None, TlsLevel = TlsLevel.Secure }, "TlsMode None and TlsLevel Secure contradict each other" },
        { "mode Implicit, level None", ByMx with { TlsMode = TlsMode.Implicit, TlsLevel = TlsLevel.None }, "TlsMode Implicit and TlsLevel None contradict each other" },
        { "fingerprint missing", ByMx with { TlsLevel = TlsLevel.Fingerprint }, "TlsLevel Fingerprint needs at least one fingerprint." },
        { "fingerprint too short", ByMx with { TlsLevel = TlsLevel.Fingerprint, Fingerprints = ["AB:CD"] }, "the fingerprint 'AB:CD' cannot be used" },
        { "fingerprint unused", ByMx with { TlsLevel = TlsLevel.Secure, Fingerprints = [Pin] }, "at TlsLevel Secure nobody would look at them" },
        { "protocols", ByMx with { Protocols = (SslProtocols)0x10000 }, "something other than TLS 1.0 to 1.3" },
        { "server name", ByMx with { ServerName = "*.test" }, "the server name '*.test' is neither a host name nor an address" },
        { "credential by MX", ByMx with { TlsLevel = TlsLevel.Secure, Credential = new("u", "p") }, "a credential and no smart host" },
        { "credential, Opportunistic", BySmartHost with { Credential = new("u", "p") }, "at TlsLevel Opportunistic the session may be in plain text" },
        { "credential without password", BySmartHost with { TlsLevel = TlsLevel.Secure, Credential = new("u", "") }, "has no user name, no password" },
        { "credential with NUL", BySmartHost with { TlsLevel = TlsLevel.Secure, Credential = new("u", "a\0b") }, "a NUL character" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void What_cannot_be_used_is_named_with_its_route_and_a_remedy(string what, SmtpRoute route, string message)
    {
        Assert.NotEmpty(what);
        var failure = Refused(route);

        Assert.StartsWith("Route 1", failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failure.Advice);
        Assert.DoesNotContain(failure.ToString(), char.IsControl);
    }

    [Fact]
    public void Two_routes_for_one_domain_are_refused_whatever_form_it_is_written_in()
    {
        var failure = Refused(ByMx, ByMx with { Domains = ["bücher.example"] }, ByMx with { Domains = ["test", "XN--BCHER-KVA.example"] });

        Assert.Equal("Route 3 (test, XN--BCHER-KVA.example): the domain 'XN--BCHER-KVA.example' has a route already, route 2.", failure.Message);
        Assert.Contains("has a route already, route 1.", Refused(ByMx with { Domains = ["*"] }, ByMx with { Domains = ["*"] }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_domain_and_all_below_it_may_have_routes_of_their_own() =>
        Assert.Equal(3, new RouteTable([ByMx, ByMx with { Domains = ["*.contoso.com"] }, ByMx with { Domains = ["*"] }]).Routes.Count);

    [Fact]
    public void A_relay_without_a_route_is_refused() => Assert.StartsWith("There is no route", Refused().Message, StringComparison.Ordinal);

    [Fact]
    public void A_client_certificate_needs_its_key()
    {
        using var certificate = new X509Certificate2(SendFixture.Certificate.Certificate.RawData);

        Assert.Contains("has no private key", Refused(ByMx with { ClientCertificate = certificate }).Message, StringComparison.Ordinal);
        Assert.Single(new RouteTable([ByMx with { ClientCertificate = SendFixture.Certificate.Certificate }]).Routes);
    }

    [Fact]
    public void No_complaint_shows_the_password()
    {
        const string Secret = "hunter2";
        foreach (var row in Unusable())
        {
            var (_, route, _) = row.Data;
            var failure = Refused(route with { Credential = new("u", $"{Secret}\0") });
            Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(TlsLevel.Secure, "192.0.2.1", null, true)]
    [InlineData(TlsLevel.Verify, "2001:db8::1", null, true)]
    [InlineData(TlsLevel.Secure, "192.0.2.1", "mail.test", false)]
    [InlineData(TlsLevel.Secure, "mail.test", null, false)]
    [InlineData(TlsLevel.Encrypt, "192.0.2.1", null, false)]
    public void An_address_whose_certificate_is_compared_is_pointed_out(TlsLevel level, string host, string? serverName, bool pointedOut)
    {
        var table = new RouteTable([ByMx with { SmartHosts = [new SmartHost(host)], TlsLevel = level, ServerName = serverName }]);

        Assert.Equal(pointedOut, table.Findings.Any(finding => finding.Code == FindingCode.IdentityIsAddress
            && finding.Message.Contains(host, StringComparison.Ordinal) && finding.Severity == FindingSeverity.Warning));
    }

    [Theory]
    [InlineData(TlsMode.StartTls, TlsLevel.None)]
    [InlineData(TlsMode.StartTls, TlsLevel.Opportunistic)]
    [InlineData(TlsMode.StartTls, TlsLevel.Encrypt)]
    [InlineData(TlsMode.StartTls, TlsLevel.Fingerprint)]
    [InlineData(TlsMode.StartTls, TlsLevel.Verify)]
    [InlineData(TlsMode.StartTls, TlsLevel.Secure)]
    [InlineData(TlsMode.Implicit, TlsLevel.Encrypt)]
    [InlineData(TlsMode.Implicit, TlsLevel.Secure)]
    [InlineData(TlsMode.None, TlsLevel.None)]
    [InlineData(TlsMode.None, TlsLevel.Opportunistic)]
    public void What_goes_together_is_taken(TlsMode mode, TlsLevel level)
    {
        var route = BySmartHost with { TlsMode = mode, TlsLevel = level, Fingerprints = level == TlsLevel.Fingerprint ? [Pin] : [] };

        Assert.Same(route, new RouteTable([route]).Find("contoso.com"));
    }

    private static SmtpRoute Host(string host, int port = 25) => ByMx with { SmartHosts = [new SmartHost(host, port)] };

    private static SmtpFailure Refused(params SmtpRoute[] routes)
    {
        var failure = Assert.Throws<SmtpException>(() => new RouteTable(routes)).Failure;
        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.True(failure.Permanent);
        return failure;
    }
}
