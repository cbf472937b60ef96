using System.Net;
using SmtpTls.Relay;

namespace SmtpTls.Tests.Relay;

public class RelayPermissionTests
{
    private static readonly string Fingerprint = new('A', 64);
    private static readonly string KeyFingerprint = new('B', 64);

    private readonly RelayPermission _permission = new(
        new RouteTable([new SmtpRoute { Domains = ["test", "*.test"] }]),
        "relay.test",
        [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("2001:db8::/32")],
        [string.Join(':', Fingerprint.Chunk(2).Select(c => new string(c))).ToLowerInvariant(), KeyFingerprint]);

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.1.2.3", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("192.0.2.77", true)]
    [InlineData("::ffff:192.0.2.77", true)]
    [InlineData("2001:db8:1::1", true)]
    [InlineData("198.51.100.1", false)]
    [InlineData("::ffff:198.51.100.1", false)]
    [InlineData("2001:db9::1", false)]
    public void Loopback_and_the_networks_allowed_may_relay(string address, bool allowed) => AssertRelay(allowed, Client(address));

    [Fact]
    public void Users_and_allowed_certificates_may_relay_from_anywhere()
    {
        var stranger = Client("198.51.100.1");
        AssertRelay(true, stranger with { User = "ann" });
        AssertRelay(true, stranger with { ClientCertificateSha256 = Fingerprint });
        AssertRelay(true, stranger with { ClientPublicKeySha256 = KeyFingerprint });
        AssertRelay(false, stranger with { ClientCertificateSha256 = new string('C', 64), ClientPublicKeySha256 = new string('C', 64) });
    }

    [Theory]
    [InlineData("b@test", null)]
    [InlineData("b@sub.TEST", null)]
    [InlineData("postmaster", null)] // postmaster@relay.test
    [InlineData("b@example", "550 5.4.4 No route leads to b@example")]
    [InlineData("b@[192.0.2.1]", "550 5.4.4 No route leads to b@[192.0.2.1]")]
    public void A_recipient_without_a_route_is_refused(string recipient, string? refusal) =>
        Assert.Equal(refusal, _permission.Check(Client("127.0.0.1"), recipient)?.ToString());

    [Fact]
    public void A_stranger_does_not_learn_the_routes() =>
        Assert.Equal("554 5.7.1 b@example: Relay access denied", _permission.Check(Client("198.51.100.1"), "b@example")!.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("AB:CD")]
    [InlineData("xyz")]
    public void A_fingerprint_that_is_none_is_refused_at_the_start(string fingerprint)
    {
        var refused = Assert.Throws<SmtpException>(() => new RelayPermission(new RouteTable([new SmtpRoute { Domains = ["*"] }]), "relay.test", [], [fingerprint]));
        Assert.Equal(FindingCode.InvalidInput, refused.Failure.Code);
    }

    private static SessionIdentity Client(string address) =>
        new() { Remote = new IPEndPoint(IPAddress.Parse(address), 4711), Local = new IPEndPoint(IPAddress.Loopback, 25) };

    private void AssertRelay(bool allowed, SessionIdentity client) =>
        Assert.Equal(allowed ? null : "554 5.7.1 b@test: Relay access denied", _permission.Check(client, "b@test")?.ToString());
}
