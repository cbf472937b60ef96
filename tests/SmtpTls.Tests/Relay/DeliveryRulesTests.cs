using SmtpTls.Relay;

namespace SmtpTls.Tests.Relay;

/// <summary>The table of failures, read aloud.</summary>
public class DeliveryRulesTests
{
    [Theory]
    [InlineData(FindingCode.ConnectFailed, SmtpPhase.Connect, "another place, next hop, waits, -")]
    [InlineData(FindingCode.TimedOut, SmtpPhase.Connect, "another place, next hop, waits, -")]
    [InlineData(FindingCode.TimedOut, SmtpPhase.Greeting, "another place, next hop, waits, 4.4.2")]
    [InlineData(FindingCode.TimedOut, SmtpPhase.MailFrom, "another place, next hop, waits, 4.4.2")]
    [InlineData(FindingCode.TimedOut, SmtpPhase.Message, "decided, message, waits, 4.4.2")]
    [InlineData(FindingCode.ConnectionLost, SmtpPhase.Greeting, "another place, next hop, waits, 4.4.2")]
    [InlineData(FindingCode.ConnectionLost, SmtpPhase.RcptTo, "another place, message, waits, 4.4.2")]
    [InlineData(FindingCode.ConnectionLost, SmtpPhase.Data, "another place, message, waits, 4.4.2")]
    [InlineData(FindingCode.ConnectionLost, SmtpPhase.Message, "decided, message, waits, 4.4.2")]
    [InlineData(FindingCode.OutcomeUnknown, SmtpPhase.FinalReply, "decided, message, waits, 4.4.2")]
    [InlineData(FindingCode.NotSmtp, SmtpPhase.Greeting, "another place, next hop, waits, -")]
    [InlineData(FindingCode.ServiceRefused, SmtpPhase.Greeting, "another place, next hop, waits, -")]
    [InlineData(FindingCode.ServiceRefused, SmtpPhase.Hello, "another place, next hop, waits, -")]
    [InlineData(FindingCode.ServiceRefused, SmtpPhase.FinalReply, "another place, next hop, waits, -")]
    [InlineData(FindingCode.StartTlsNotOffered, SmtpPhase.Hello, "another place, next hop, waits, 4.7.4")]
    [InlineData(FindingCode.StartTlsWithheldOnLoopback, SmtpPhase.Hello, "another place, next hop, waits, 4.7.4")]
    [InlineData(FindingCode.StartTlsRefused, SmtpPhase.StartTls, "another place, next hop, waits, 4.7.4")]
    [InlineData(FindingCode.StartTlsInjection, SmtpPhase.StartTls, "another place, next hop, waits, 4.7.5")]
    [InlineData(FindingCode.HandshakeFailed, SmtpPhase.Handshake, "another place, next hop, waits, 4.7.5")]
    [InlineData(FindingCode.NameMismatch, SmtpPhase.Handshake, "another place, next hop, waits, 4.7.5")]
    [InlineData(FindingCode.UntrustedRoot, SmtpPhase.Handshake, "another place, next hop, waits, 4.7.5")]
    [InlineData(FindingCode.TimedOut, SmtpPhase.Handshake, "another place, next hop, waits, 4.7.5")]
    [InlineData(FindingCode.AuthenticationFailed, SmtpPhase.Authenticate, "decided, next hop, waits, 4.7.8")]
    [InlineData(FindingCode.AuthenticationUnavailable, SmtpPhase.Authenticate, "another place, next hop, waits, 4.7.4")]
    [InlineData(FindingCode.ExtensionMissing, SmtpPhase.MailFrom, "another place, message, bounces, 5.6.3")]
    [InlineData(FindingCode.MessageTooLarge, SmtpPhase.MailFrom, "another place, message, bounces, 5.3.4")]
    [InlineData(FindingCode.MessageTooLarge, SmtpPhase.FinalReply, "decided, message, bounces, 5.3.4")]
    [InlineData(FindingCode.SenderRefused, SmtpPhase.MailFrom, "decided, message, bounces, -")]
    [InlineData(FindingCode.RecipientRefused, SmtpPhase.RcptTo, "decided, message, bounces, -")]
    [InlineData(FindingCode.MessageRefused, SmtpPhase.Data, "decided, message, bounces, -")]
    [InlineData(FindingCode.MessageRefused, SmtpPhase.FinalReply, "decided, message, bounces, -")]
    [InlineData(FindingCode.ProtocolError, SmtpPhase.MailFrom, "another place, next hop, waits, 4.5.0")]
    [InlineData(FindingCode.InvalidInput, SmtpPhase.Message, "decided, message, waits, 4.3.0")]
    [InlineData(FindingCode.QueueUnavailable, null, "decided, message, waits, -")]
    [InlineData(FindingCode.Cancelled, null, "decided, message, waits, -")]
    public void A_failure_means(FindingCode code, SmtpPhase? phase, string meaning)
    {
        var rule = DeliveryRules.Of(new SmtpFailure { Code = code, Phase = phase, Message = "x", Permanent = true });

        Assert.Equal(
            meaning,
            $"{(rule.AnotherPlace ? "another place" : "decided")}, {(rule.BlamesNextHop ? "next hop" : "message")}, {(rule.MayBounce ? "bounces" : "waits")}, {rule.Status ?? "-"}");
    }

    [Fact]
    public void Nothing_before_the_envelope_ever_bounces_a_message()
    {
        foreach (var code in Enum.GetValues<FindingCode>().Except([FindingCode.ExtensionMissing, FindingCode.MessageTooLarge, FindingCode.SenderRefused, FindingCode.RecipientRefused, FindingCode.MessageRefused]))
        {
            foreach (var phase in Enum.GetValues<SmtpPhase>())
            {
                Assert.False(DeliveryRules.Of(new SmtpFailure { Code = code, Phase = phase, Message = "x" }).MayBounce, $"{code} at {phase}");
            }
        }
    }

    [Fact]
    public void Where_the_next_hop_is_to_blame_nothing_ever_bounces() =>
        Assert.All(DeliveryRules.All, rule => Assert.False(rule is { BlamesNextHop: true, MayBounce: true }));

    [Theory]
    [InlineData("4.7.5")]
    [InlineData("5.6.3")]
    [InlineData("4.4.2")]
    public void A_status_is_one(string status) => Assert.Contains(DeliveryRules.All, rule => rule.Status == status && EnhancedStatusCode.TryParse(status, out _));
}
