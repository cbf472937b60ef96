using System.Net;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class NameMatcherTests
{
    [Theory]
    // Plain comparison, without case (RFC 9525 §6.3).
    [InlineData("mail.contoso.com", "mail.contoso.com", true)]
    [InlineData("MAIL.Contoso.COM", "mail.contoso.com", true)]
    [InlineData("mail.contoso.com", "MAIL.CONTOSO.COM", true)]
    [InlineData("mail.contoso.com.", "mail.contoso.com", true)]
    [InlineData("localhost", "localhost", true)]
    [InlineData("mail.contoso.com", "contoso.com", false)]
    [InlineData("contoso.com", "mail.contoso.com", false)]
    [InlineData("mail.contoso.com", "xmail.contoso.com", false)]
    [InlineData("mail.contoso.com.evil.test", "mail.contoso.com", false)]
    // Wildcards: the whole left-most label, once, for exactly one label.
    [InlineData("mail.contoso.com", "*.contoso.com", true)]
    [InlineData("mail.contoso.com", "*.CONTOSO.com", true)]
    [InlineData("contoso.com", "*.contoso.com", false)]
    [InlineData("a.mail.contoso.com", "*.contoso.com", false)]
    [InlineData("mail.contoso.com", "*.*.com", false)]
    [InlineData("mail.contoso.com", "m*.contoso.com", false)]
    [InlineData("mail.contoso.com", "*l.contoso.com", false)]
    [InlineData("mail.contoso.com", "m*l.contoso.com", false)]
    [InlineData("mail.contoso.com", "**.contoso.com", false)]
    [InlineData("mail.contoso.com", "mail.*.com", false)]
    [InlineData("mail.contoso.com", "mail.contoso.*", false)]
    [InlineData("mail.contoso.com", "*", false)]
    [InlineData("mail.contoso.com", "*.", false)]
    [InlineData("localhost", "*.", false)]
    [InlineData("localhost", "*.localhost", false)]
    [InlineData("mail.contoso.com", "*contoso.com", false)]
    [InlineData("mail.contoso.com", "*..contoso.com", false)]
    [InlineData("mail.contoso.com", " *.contoso.com", false)]
    [InlineData("xn--bcher-kva.contoso.com", "*.contoso.com", true)]
    [InlineData("xn--bcher-kva.contoso.com", "xn--*.contoso.com", false)]
    // U-labels in the reference identity are compared as A-labels; presented ones are malformed.
    [InlineData("bücher.example", "xn--bcher-kva.example", true)]
    [InlineData("BÜCHER.example", "XN--BCHER-KVA.example", true)]
    [InlineData("mail.bücher.example", "*.xn--bcher-kva.example", true)]
    [InlineData("bücher.example", "bücher.example", false)]
    [InlineData("bücher.example", "bucher.example", false)]
    // Presented identifiers that break the rules match nothing.
    [InlineData("mail.contoso.com", "mail.contoso.com.", false)]
    [InlineData("mail.contoso.com", "mail.contoso.com\0.evil.test", false)]
    [InlineData("mail.contoso.com", "mail.contoso.com\r\n", false)]
    [InlineData("mail.contoso.com", " mail.contoso.com", false)]
    [InlineData("mail.contoso.com", "mail..contoso.com", false)]
    [InlineData("mail.contoso.com", ".mail.contoso.com", false)]
    [InlineData("mail.contoso.com", ".contoso.com", false)]
    [InlineData("mail.contoso.com", "", false)]
    [InlineData("mail.contoso.com", ".", false)]
    [InlineData("mail.contoso.com", "https://mail.contoso.com", false)]
    [InlineData("mail.contoso.com", "postmaster@mail.contoso.com", false)]
    [InlineData("mail.contoso.com", "mail.contoso.com:25", false)]
    public void A_name_matches_a_presented_dns_name_by_RFC_9525(string reference, string presented, bool expected)
    {
        var match = NameMatcher.Match(Identity(reference), new CertificateNames { HasExtension = true, DnsNames = [presented] });

        Assert.Equal(expected, match.Matches);
        Assert.Equal(expected ? presented : null, match.MatchedIdentity);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    [InlineData("[::1]", "::1", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("2001:DB8:0::1", "2001:db8::1", true)]
    [InlineData("fe80::1%3", "fe80::1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData("192.0.2.1", "::192.0.2.1", false)]
    public void An_address_matches_a_presented_address(string reference, string presented, bool expected)
    {
        var match = NameMatcher.Match(Identity(reference), new CertificateNames { HasExtension = true, Addresses = [IPAddress.Parse(presented)] });

        Assert.Equal(expected, match.Matches);
        Assert.Equal(expected ? presented : null, match.MatchedIdentity);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1", "*.0.2.1")]
    [InlineData("192.0.2.1", "*")]
    [InlineData("::1", "::1")]
    [InlineData("::1", "[::1]")]
    public void An_address_never_matches_a_dns_name_entry(string reference, string presented) =>
        Assert.Same(NameMatch.No, NameMatcher.Match(Identity(reference), new CertificateNames { HasExtension = true, DnsNames = [presented] }));

    [Fact]
    public void A_name_never_matches_an_address_entry() =>
        Assert.False(NameMatcher.Match(Identity("localhost"), new CertificateNames { HasExtension = true, Addresses = [IPAddress.Loopback] }).Matches);

    [Fact]
    public void The_exact_name_is_reported_before_a_wildcard_that_matches_too()
    {
        var names = new CertificateNames { HasExtension = true, DnsNames = ["*.contoso.com", "bad..name", "MAIL.contoso.com"] };
        Assert.Equal("MAIL.contoso.com", NameMatcher.Match(Identity("mail.contoso.com"), names).MatchedIdentity);
    }

    [Fact]
    public void A_malformed_entry_does_not_spoil_its_neighbours()
    {
        var names = new CertificateNames { HasExtension = true, DnsNames = ["*.*", "", new string('a', 5000), "mail.contoso.com"] };
        Assert.True(NameMatcher.Match(Identity("mail.contoso.com"), names).Matches);
    }

    [Fact]
    public void Nothing_that_a_certificate_may_present_throws_or_matches_by_accident()
    {
        var random = new Random(9525);
        const string Alphabet = "*.ab-_0\0 xn-ü\u0130\uD800:/[]";
        for (var round = 0; round < 20_000; round++)
        {
            var presented = string.Concat(Enumerable.Range(0, random.Next(0, 20)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            var match = NameMatcher.Match(Identity("mail.contoso.com"), new CertificateNames { HasExtension = true, DnsNames = [presented] });
            Assert.False(match.Matches);
        }
    }

    private static ReferenceIdentity Identity(string text) =>
        ReferenceIdentity.TryParse(text, out var identity, out var error) ? identity : throw new ArgumentException($"{text}: {error}", nameof(text));
}
