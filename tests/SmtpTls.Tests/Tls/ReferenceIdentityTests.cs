using System.Net;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class ReferenceIdentityTests
{
    [Theory]
    [InlineData("Mail.Contoso.com.", "mail.contoso.com")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("localhost", "localhost")]
    [InlineData("mail_1.contoso.com", "mail_1.contoso.com")]
    [InlineData("1.2.3.4.example", "1.2.3.4.example")]
    public void A_name_becomes_its_comparable_form_and_is_sent_as_server_name(string text, string expected)
    {
        Assert.True(ReferenceIdentity.TryParse(text, out var identity, out _));
        Assert.Equal(ReferenceIdentityKind.DnsName, identity.Kind);
        Assert.Equal(expected, identity.Value);
        Assert.Equal(expected, identity.ServerNameIndication);
        Assert.Null(identity.Address);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]", "::1")]
    [InlineData("[2001:DB8::0:1]", "2001:db8::1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("[::ffff:c000:201]", "192.0.2.1")]
    [InlineData("fe80::1%2", "fe80::1")]
    public void An_address_literal_is_an_address_and_is_never_sent_as_server_name(string text, string expected)
    {
        Assert.True(ReferenceIdentity.TryParse(text, out var identity, out _));
        Assert.Equal(ReferenceIdentityKind.IPAddress, identity.Kind);
        Assert.Equal(expected, identity.Value);
        Assert.Equal(IPAddress.Parse(expected), identity.Address);
        Assert.Null(identity.ServerNameIndication);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(".")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0127.0.0.1")]
    [InlineData("256.1.1.1")]
    [InlineData("1.2.3.4.")]
    [InlineData("mail.contoso.123")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[::1]:25")]
    [InlineData("::1/64")]
    [InlineData("[::1")]
    [InlineData("[]")]
    [InlineData("[mail.contoso.com]")]
    [InlineData("mail.contoso.com:25")]
    [InlineData("*.contoso.com")]
    [InlineData("mail..contoso.com")]
    [InlineData("-mail.contoso.com")]
    [InlineData("mail.contoso.com\r\nRCPT TO:<x@test>")]
    [InlineData("mail.contoso.com\0")]
    [InlineData("a@b.test")]
    public void What_is_neither_is_refused_with_a_reason(string? text)
    {
        Assert.False(ReferenceIdentity.TryParse(text, out var identity, out var error));
        Assert.Null(identity);
        Assert.NotEmpty(error);
    }

    [Fact]
    public void An_over_long_name_is_refused_without_work() =>
        Assert.False(ReferenceIdentity.TryParse(new string('a', 1_000_000), out _, out _));
}
