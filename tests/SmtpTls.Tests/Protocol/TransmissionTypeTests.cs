using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class TransmissionTypeTests
{
    [Theory]
    [InlineData(false, false, false, false, "SMTP")]
    [InlineData(false, false, true, true, "SMTP")]
    [InlineData(true, false, false, false, "ESMTP")]
    [InlineData(true, false, true, false, "ESMTPS")]
    [InlineData(true, false, false, true, "ESMTPA")]
    [InlineData(true, false, true, true, "ESMTPSA")]
    [InlineData(true, true, false, false, "UTF8SMTP")]
    [InlineData(true, true, true, false, "UTF8SMTPS")]
    [InlineData(true, true, false, true, "UTF8SMTPA")]
    [InlineData(true, true, true, true, "UTF8SMTPSA")]
    public void The_name_is_the_registered_one(bool extended, bool utf8, bool tls, bool authenticated, string expected) =>
        Assert.Equal(expected, TransmissionType.Of(extended, utf8, tls, authenticated));
}
