using System.Net;
using SmtpTls.Relay;

namespace SmtpTls.Tests.Relay;

public class OwnEndpointsTests
{
    [Theory]
    [InlineData("192.0.2.1:25", "192.0.2.1:25", true)]
    [InlineData("192.0.2.1:25", "192.0.2.1:26", false)]
    [InlineData("192.0.2.1:25", "192.0.2.2:25", false)]
    [InlineData("192.0.2.1:25", "[::ffff:192.0.2.1]:25", true)]
    [InlineData("0.0.0.0:25", "192.0.2.7:25", true)]
    [InlineData("0.0.0.0:25", "192.0.2.8:25", false)]
    [InlineData("0.0.0.0:25", "127.0.0.5:25", true)]
    [InlineData("0.0.0.0:25", "0.0.0.0:25", true)]
    [InlineData("0.0.0.0:25", "[::1]:25", false)]
    [InlineData("[::]:25", "[::1]:25", true)]
    [InlineData("[::]:25", "192.0.2.7:25", true)]
    [InlineData("[::]:25", "[2001:db8::1]:25", false)]
    [InlineData("127.0.0.1:25", "0.0.0.0:25", true)]
    [InlineData("127.0.0.1:25", "127.0.0.2:25", false)]
    public void What_would_reach_a_listener_is_own(string listening, string dialled, bool isOwn)
    {
        var own = new OwnEndpoints(new HashSet<DnsName>(), () => [IPEndPoint.Parse(listening)], address => address.ToString() == "192.0.2.7");

        Assert.Equal(isOwn, own.Contains(IPEndPoint.Parse(dialled)));
    }

    [Fact]
    public void The_system_knows_its_own_addresses()
    {
        var own = new OwnEndpoints(new HashSet<DnsName>(), () => [IPEndPoint.Parse("0.0.0.0:25")]);

        Assert.True(own.Contains(IPEndPoint.Parse("127.0.0.1:25")));

        // TEST-NET-1 (RFC 5737) is nobody's.
        Assert.False(own.Contains(IPEndPoint.Parse("192.0.2.200:25")));
    }

    [Fact]
    public void A_name_is_own_where_the_relay_has_the_port()
    {
        Assert.True(DnsName.TryParse("mail.test", out var name, out _));
        var own = new OwnEndpoints(new HashSet<DnsName> { name }, () => [IPEndPoint.Parse("127.0.0.1:2525")], _ => false);

        Assert.True(own.HasName(name, 2525));
        Assert.False(own.HasName(name, 25));
    }
}
