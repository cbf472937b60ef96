namespace SmtpTls.Tests.Facades;

public class SmtpRoutesTests
{
    [Theory]
    [InlineData("mail.contoso.com", "mail.contoso.com", 25)]
    [InlineData("mail.contoso.com:587", "mail.contoso.com", 587)]
    [InlineData(" mail.contoso.com:25 ", "mail.contoso.com", 25)]
    [InlineData("192.0.2.1:2525", "192.0.2.1", 2525)]
    [InlineData("2001:db8::1", "2001:db8::1", 25)]
    [InlineData("[2001:DB8:0::1]:465", "2001:db8::1", 465)]
    public void A_smart_host_is_a_host_with_or_without_a_port(string text, string host, int port) =>
        Assert.Equal(new SmartHost(host, port), SmtpRoutes.ParseSmartHost(text));

    [Fact]
    public void A_smart_host_without_a_port_has_the_default_that_the_caller_gives() =>
        Assert.Equal(465, SmtpRoutes.ParseSmartHost("mail.contoso.com", 465).Port);

    [Theory]
    [InlineData("")]
    [InlineData("mail contoso")]
    [InlineData("mail.contoso.com:")]
    [InlineData("mail.contoso.com:70000")]
    [InlineData("smtp://mail.contoso.com")]
    [InlineData("a@contoso.com")]
    [InlineData("[mail.contoso.com]:25")]
    public void What_is_no_smart_host_is_refused_by_name(string text)
    {
        var failure = Assert.Throws<SmtpException>(() => SmtpRoutes.ParseSmartHost(text)).Failure;

        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.Contains($"'{text}' is no smart host", failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failure.Advice);
    }

    [Fact]
    public void What_cannot_be_meant_is_refused()
    {
        var route = new SmtpRoute { Domains = ["a b"] };

        var failure = Assert.Throws<SmtpException>(() => SmtpRoutes.Check([route])).Failure;

        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.Contains("a b", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_surprises_is_told_of()
    {
        var route = new SmtpRoute { Domains = ["*"], SmartHosts = [new SmartHost("192.0.2.1")], TlsLevel = TlsLevel.Secure };

        Assert.Equal(FindingCode.IdentityIsAddress, Assert.Single(SmtpRoutes.Check([route])).Code);
    }
}
