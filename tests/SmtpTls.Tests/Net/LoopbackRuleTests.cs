using System.Net;
using SmtpTls.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Net;

public sealed class LoopbackRuleTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.255.255.254", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::ffff:127.200.0.1", true)]
    [InlineData("128.0.0.1", false)]
    [InlineData("126.255.255.255", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("::ffff:192.0.2.1", false)]
    [InlineData("::", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("fe80::1", false)]
    public void Loopback_is_127_0_0_0_8_and_1_and_what_is_mapped_to_it(string address, bool loopback) =>
        Assert.Equal(loopback, LoopbackRule.IsLoopback(IPAddress.Parse(address)));

    /// <summary>Policy × certificate × both ends, as a golden table.</summary>
    [Theory]
    [InlineData(StartTlsPolicy.ExceptLoopback, true, "192.0.2.1", "192.0.2.2", "Offered")]
    [InlineData(StartTlsPolicy.ExceptLoopback, true, "127.0.0.1", "192.0.2.2", "WithheldOnLoopback")]
    [InlineData(StartTlsPolicy.ExceptLoopback, true, "192.0.2.1", "127.0.0.1", "WithheldOnLoopback")]
    [InlineData(StartTlsPolicy.ExceptLoopback, true, "::1", "::1", "WithheldOnLoopback")]
    [InlineData(StartTlsPolicy.ExceptLoopback, false, "192.0.2.1", "192.0.2.2", "NotConfigured")]
    [InlineData(StartTlsPolicy.Always, true, "127.0.0.1", "127.0.0.1", "Offered")]
    [InlineData(StartTlsPolicy.Always, false, "127.0.0.1", "127.0.0.1", "NotConfigured")]
    [InlineData(StartTlsPolicy.Never, true, "192.0.2.1", "192.0.2.2", "NotConfigured")]
    [InlineData((StartTlsPolicy)99, true, "192.0.2.1", "192.0.2.2", "NotConfigured")]
    public void STARTTLS_is_offered_by_policy_certificate_and_both_ends(
        StartTlsPolicy policy, bool certificate, string local, string remote, string offer) =>
        Assert.Equal(Enum.Parse<StartTlsOffer>(offer), LoopbackRule.Offer(policy, certificate, IPAddress.Parse(local), IPAddress.Parse(remote)));
}
