using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class DsnParametersTests
{
    [Theory]
    [InlineData("", DsnReturn.Unspecified, null)]
    [InlineData(" RET=FULL", DsnReturn.Full, null)]
    [InlineData(" ret=hdrs ENVID=QQ314159", DsnReturn.Headers, "QQ314159")]
    [InlineData(" ENVID=a+2Bb SIZE=10", DsnReturn.Unspecified, "a+2Bb")]
    public void RET_and_ENVID_are_kept(string text, DsnReturn wanted, string? id)
    {
        Assert.True(MailParameters.TryParse(Encoding.ASCII.GetBytes(text), OfferedParameters.Dsn, out var parameters, out _));
        Assert.Equal((wanted, id), (parameters.Return, parameters.EnvelopeId));
    }

    [Theory]
    [InlineData("RET=")]
    [InlineData("RET=ALL")]
    [InlineData("RET=FULL RET=FULL")]
    [InlineData("ENVID=")]
    [InlineData("ENVID=a ENVID=b")]
    [InlineData("ENVID=a+0Ab")]
    [InlineData("ENVID=a=b")]
    public void RET_and_ENVID_that_are_none_are_501(string text)
    {
        Assert.False(MailParameters.TryParse(Encoding.ASCII.GetBytes(text), OfferedParameters.Dsn, out _, out var error));
        Assert.StartsWith("501 5.5.4", error, StringComparison.Ordinal);
    }

    [Fact]
    public void ENVID_may_have_100_characters_and_not_one_more()
    {
        Assert.True(MailParameters.TryParse(Encoding.ASCII.GetBytes($"ENVID={new string('a', 100)}"), OfferedParameters.Dsn, out _, out _));
        Assert.False(MailParameters.TryParse(Encoding.ASCII.GetBytes($"ENVID={new string('a', 101)}"), OfferedParameters.Dsn, out _, out _));
    }

    [Theory]
    [InlineData("RET=FULL")]
    [InlineData("ENVID=a")]
    [InlineData("AUTH=<>")]
    public void What_is_not_offered_is_555(string text)
    {
        Assert.False(MailParameters.TryParse(Encoding.ASCII.GetBytes(text), OfferedParameters.None, out _, out var error));
        Assert.StartsWith("555 5.5.4", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", DsnNotify.Unspecified, null)]
    [InlineData(" NOTIFY=NEVER", DsnNotify.Never, null)]
    [InlineData(" notify=success,Failure ORCPT=rfc822;b@test", DsnNotify.Success | DsnNotify.Failure, "rfc822;b@test")]
    [InlineData(" NOTIFY=DELAY,DELAY", DsnNotify.Delay, null)]
    [InlineData(" ORCPT=x-local;a+2Bb", DsnNotify.Unspecified, "x-local;a+2Bb")]
    [InlineData(" ORCPT=utf-8;jürgen@test", DsnNotify.Unspecified, "utf-8;jürgen@test")]
    [InlineData(" ORCPT=utf-8;j\\x{FC}rgen@test", DsnNotify.Unspecified, "utf-8;j\\x{FC}rgen@test")]
    public void NOTIFY_and_ORCPT_are_kept(string text, DsnNotify notify, string? original)
    {
        Assert.True(RecipientParameters.TryParse(Encoding.UTF8.GetBytes(text), OfferedParameters.Dsn, smtpUtf8: true, out var parameters, out _));
        Assert.Equal((notify, original), (parameters.Notify, parameters.OriginalRecipient));
    }

    [Theory]
    [InlineData("NOTIFY=")]
    [InlineData("NOTIFY=ALWAYS")]
    [InlineData("NOTIFY=NEVER,FAILURE")]
    [InlineData("NOTIFY=FAILURE,")]
    [InlineData("NOTIFY=,FAILURE")]
    [InlineData("NOTIFY=NEVER NOTIFY=NEVER")]
    [InlineData("ORCPT=")]
    [InlineData("ORCPT=b@test")]
    [InlineData("ORCPT=;b@test")]
    [InlineData("ORCPT=rfc822;")]
    [InlineData("ORCPT=rfc 822;b@test")]
    [InlineData("ORCPT=rfc+822;b@test")]
    [InlineData("ORCPT=rfc822;b@test+0D+0ATo:+20c")]
    [InlineData("ORCPT=rfc822;b@test ORCPT=rfc822;b@test")]
    [InlineData("ORCPT=rfc822;jürgen@test")]
    [InlineData("ORCPT=utf-8;j\u0085rgen@test")]
    public void NOTIFY_and_ORCPT_that_are_none_are_refused(string text)
    {
        Assert.False(RecipientParameters.TryParse(Encoding.UTF8.GetBytes(text), OfferedParameters.Dsn, smtpUtf8: true, out _, out var error));
        Assert.Matches("^(501|555) 5.5.4 ", error);
    }

    [Fact]
    public void ORCPT_in_UTF8_needs_SMTPUTF8() =>
        Assert.False(RecipientParameters.TryParse("ORCPT=utf-8;jürgen@test"u8, OfferedParameters.Dsn, smtpUtf8: false, out _, out _));
}
