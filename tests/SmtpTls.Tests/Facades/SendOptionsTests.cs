using System.Net;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Facades;

public class SendOptionsTests
{
    private static readonly SendOptions Good = new() { Server = "mail.test" };

    public static TheoryData<string, SendOptions, string> Unusable() => new()
    {
        { "no server", Good with { Server = "" }, "The server '' is neither a host name nor an address" },
        { "server with port", Good with { Server = "mail.test:25" }, "The server 'mail.test:25' is neither" },
        { "server with line end", Good with { Server = "mail.test\r\nRSET" }, @"The server 'mail.test\x0D\x0ARSET' is neither" },
        { "server name", Good with { ServerName = "*.test" }, "The server name '*.test' is neither" },
        { "port 0", Good with { Port = 0 }, "The port 0 is not between 1 and 65535." },
        { "port 65536", Good with { Port = 65536 }, "The port 65536 is not between 1 and 65535." },
        { "address is a name", Good with { Address = "mail.test" }, "The address 'mail.test' is not an IP address." },
        { "mode None, level Encrypt", Good with { TlsMode = TlsMode.None, TlsLevel = TlsLevel.Encrypt }, "contradict each other" },
        { "mode None, level Secure", Good with { TlsMode = TlsMode.None, TlsLevel = TlsLevel.Secure }, "contradict each other" },
        { "mode Implicit, level None", Good with { TlsMode = TlsMode.Implicit, TlsLevel = TlsLevel.None }, "contradict each other" },
        { "unknown level", Good with { TlsLevel = (TlsLevel)99 }, "a value that does not exist" },
        { "no fingerprint", Good with { TlsLevel = TlsLevel.Fingerprint }, "needs at least one fingerprint" },
        { "bad fingerprint", Good with { Fingerprints = ["AB:CD"] }, "The fingerprint 'AB:CD' cannot be used" },
        { "credential, mode None", Good with { TlsMode = TlsMode.None, Credential = new("u", "p") }, "never sent in plain text" },
        { "credential, level None", Good with { TlsLevel = TlsLevel.None, Credential = new("u", "p") }, "never sent in plain text" },
        { "credential without user", Good with { Credential = new("", "p") }, "The credential has no user name" },
        { "credential with NUL", Good with { Credential = new("u", "p\0q") }, "a NUL character" },
        { "hello name with line end", Good with { HelloName = "a\r\nQUIT" }, @"The EHLO name 'a\x0D\x0AQUIT' is neither" },
        { "hello name as an IPv6 literal without tag", Good with { HelloName = "[::1]" }, "is neither a host name nor an address literal" },
        { "time-out zero", Good with { Timeouts = new() { Hello = TimeSpan.Zero } }, "The time-out Hello is zero" },
        { "time-out infinite", Good with { Timeouts = new() { Quit = Timeout.InfiniteTimeSpan } }, "The time-out Quit is zero, negative" },
        { "time-out of 100 days", Good with { Timeouts = new() { Data = TimeSpan.FromDays(100) } }, "The time-out Data" },
        { "no address", Good with { MaximumAddresses = 0 }, "MaximumAddresses is below 1." },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void What_cannot_be_used_is_named(string what, SendOptions options, string message)
    {
        Assert.NotEmpty(what);
        var failure = options.Validate();

        Assert.NotNull(failure);
        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failure.Advice);
        Assert.True(failure.Permanent);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void A_client_certificate_needs_its_key()
    {
        using var certificate = new X509Certificate2(SendFixture.Certificate.Certificate.RawData);

        Assert.Contains("has no private key", (Good with { ClientCertificate = certificate }).Validate()!.Message, StringComparison.Ordinal);
        Assert.Null((Good with { ClientCertificate = SendFixture.Certificate.Certificate }).Validate());
    }

    [Theory]
    [InlineData("client.test")]
    [InlineData("bücher.test")]
    [InlineData("[192.0.2.1]")]
    [InlineData("[IPv6:2001:db8::1]")]
    public void An_EHLO_name_is_a_host_name_or_an_address_literal(string name) =>
        Assert.Null((Good with { HelloName = name }).Validate());

    [Fact]
    public void The_defaults_are_port_25_with_STARTTLS_at_level_secure()
    {
        Assert.Null(Good.Validate());
        Assert.Equal((25, TlsMode.StartTls, TlsLevel.Secure), (Good.EffectivePort, Good.TlsMode, Good.EffectiveLevel));
        Assert.Equal((465, TlsLevel.Secure), ((Good with { TlsMode = TlsMode.Implicit }).EffectivePort, (Good with { TlsMode = TlsMode.Implicit }).EffectiveLevel));
        Assert.Equal((25, TlsLevel.None), ((Good with { TlsMode = TlsMode.None }).EffectivePort, (Good with { TlsMode = TlsMode.None }).EffectiveLevel));
    }

    [Fact]
    public void The_domain_of_a_Windows_credential_goes_before_the_user()
    {
        var settings = (Good with { Credential = new NetworkCredential("user", "p", "CONTOSO"), HelloName = "Bücher.test" }).ToSettings();

        Assert.Equal(@"CONTOSO\user", settings.Credential!.UserName);
        Assert.Equal("xn--bcher-kva.test", settings.HelloName);
    }

    [Fact]
    public void A_given_address_is_dialled_under_the_servers_name()
    {
        var target = (Good with { Address = "2001:db8::1", Port = 2525 }).ToTarget();

        Assert.Equal(("mail.test", IPAddress.Parse("2001:db8::1"), 2525), (target.Host, target.Address, target.Port));
        Assert.Equal("mail.test", (Good with { Address = "2001:db8::1" }).ToSettings().Identity.Value);
    }

    [Fact]
    public void A_link_local_address_is_dialled_with_its_zone_and_compared_without()
    {
        var options = Good with { Server = "fe80::1%3" };

        Assert.Equal(3, options.ToTarget().Address!.ScopeId);
        Assert.Equal("fe80::1", options.ToSettings().Identity.Value);
    }
}
