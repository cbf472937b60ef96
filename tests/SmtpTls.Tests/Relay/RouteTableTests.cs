using SmtpTls.Relay;

namespace SmtpTls.Tests.Relay;

public class RouteTableTests
{
    private static readonly RouteTable Table = new(
    [
        Route("others", "*"),
        Route("contoso", "contoso.com", "*.contoso.com"),
        Route("sales", "*.sales.contoso.com"),
        Route("one", "east.sales.contoso.com"),
        Route("buecher", "BÜCHER.example"),
        Route("literal", "[192.0.2.1]", "[ipv6:2001:0DB8:0::1]"),
        Route("below-com", "*.com"),
    ]);

    [Theory]
    [InlineData("contoso.com", "contoso")]
    [InlineData("a.contoso.com", "contoso")]
    [InlineData("a.b.contoso.com", "contoso")]
    [InlineData("sales.contoso.com", "contoso")]
    [InlineData("west.sales.contoso.com", "sales")]
    [InlineData("x.west.sales.contoso.com", "sales")]
    [InlineData("east.sales.contoso.com", "one")]
    [InlineData("x.east.sales.contoso.com", "sales")]
    [InlineData("notcontoso.com", "below-com")]
    [InlineData("com", "others")]
    [InlineData("xn--bcher-kva.example", "buecher")]
    [InlineData("example", "others")]
    [InlineData("a.xn--bcher-kva.example", "others")]
    [InlineData("[192.0.2.1]", "literal")]
    [InlineData("[IPv6:2001:db8::1]", "literal")]
    [InlineData("[192.0.2.2]", "others")]
    [InlineData("CONTOSO.com", "contoso")]
    public void The_longest_entry_that_fits_decides(string domain, string smartHost) =>
        Assert.Equal($"{smartHost}.test", Assert.Single(Table.Find(domain)!.SmartHosts).Host);

    [Fact]
    public void Without_a_route_for_others_a_domain_may_have_none()
    {
        var table = new RouteTable([Route("a", "contoso.com")]);

        Assert.Null(table.Find("partner.example"));
        Assert.Null(table.NextHop("partner.example"));
        Assert.Equal("a.test:25", table.NextHop("contoso.com"));
    }

    [Fact]
    public void The_next_hop_by_mx_is_the_domain_itself() =>
        Assert.Equal("contoso.com", new RouteTable([new SmtpRoute { Domains = ["*"] }]).NextHop("contoso.com"));

    [Theory]
    [InlineData("a@Contoso.COM", "contoso.com")]
    [InlineData("a@bücher.example", "xn--bcher-kva.example")]
    [InlineData("用户@例子.example", "xn--fsqu00a.example")]
    [InlineData("\"a@b\"@contoso.com", "contoso.com")]
    [InlineData("a@[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("a@[IPV6:2001:0db8:0:0::0:1]", "[IPv6:2001:db8::1]")]
    public void An_address_has_a_domain_in_one_form(string address, string domain)
    {
        Assert.True(RouteTable.TryDomainOf(address, out var found));
        Assert.Equal(domain, found);
    }

    [Theory]
    [InlineData("postmaster")]
    [InlineData("")]
    [InlineData("@contoso.com")]
    [InlineData("a@")]
    [InlineData("a@contoso com")]
    [InlineData("a@[192.0.2]")]
    [InlineData("a@192.0.2.1")]
    [InlineData("a@contoso.com.")]
    public void What_has_no_domain_has_none(string address) => Assert.False(RouteTable.TryDomainOf(address, out _));

    [Theory]
    [InlineData("[192.0.2.1]", "192.0.2.1")]
    [InlineData("[IPv6:2001:db8::1]", "2001:db8::1")]
    [InlineData("contoso.com", null)]
    public void A_literal_gives_its_address(string domain, string? address)
    {
        Assert.Equal(address is not null, MailDomain.TryAddress(domain, out var found));
        Assert.Equal(address, found?.ToString());
    }

    [Fact]
    public void An_ordinary_recipient_costs_its_domain_and_no_more()
    {
        Assert.True(RouteTable.TryDomainOf("first.last@contoso.com", out var domain));
        Assert.NotNull(Table.Find(domain));

        const int Rounds = 100;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            _ = RouteTable.TryDomainOf("first.last@contoso.com", out domain);
            _ = Table.Find(domain!);
        }

        var spent = GC.GetAllocatedBytesForCurrentThread() - before;
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            _ = new string('a', "contoso.com".Length);
        }

        Assert.Equal(GC.GetAllocatedBytesForCurrentThread() - before, spent);
    }

    private static SmtpRoute Route(string smartHost, params string[] domains) =>
        new() { Domains = domains, SmartHosts = [new SmartHost($"{smartHost}.test")] };
}
