using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class QueueIdFinderTests
{
    [Theory]
    [InlineData("2.0.0 Ok: queued as 4XyZ12abc", "4XyZ12abc")] // Postfix; the enhanced code is left in where it stands in the text
    [InlineData("Ok: queued as 3A1B2C.", "3A1B2C")]
    [InlineData("Message queued as <abc-1@mail.test>", "abc-1@mail.test")]
    [InlineData("OK id=1rAbCd-000000012-Xy", "1rAbCd-000000012-Xy")] // Exim
    [InlineData("id=1rAbCd", "1rAbCd")]
    [InlineData("24KABC12 Message accepted for delivery", "24KABC12")] // Sendmail
    [InlineData("<x@test> [InternalId=12345, Hostname=ex.test] Queued mail for delivery", "12345")] // Exchange
    [InlineData("OK 1700000000 a1b2c3 - gsmtp", null)]
    [InlineData("ok", null)]
    [InlineData("", null)]
    [InlineData("Your Message accepted", null)]
    [InlineData("Ok: queued as ", null)]
    [InlineData("Ok: queued as \u001b[31m", null)]
    [InlineData("valid=no", null)]
    public void An_id_is_read_only_where_there_is_no_doubt(string text, string? id) =>
        Assert.Equal(id, QueueIdFinder.Find(new SmtpReply(250, null, [text])));

    [Fact]
    public void A_refusal_has_no_id() => Assert.Null(QueueIdFinder.Find(new SmtpReply(550, null, ["not queued as X"])));

    [Fact]
    public void An_id_without_end_is_none() => Assert.Null(QueueIdFinder.Find(new SmtpReply(250, null, ["queued as " + new string('A', 129)])));
}
