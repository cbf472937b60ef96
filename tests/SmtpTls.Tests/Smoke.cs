namespace SmtpTls.Tests;

public class Smoke
{
    [Fact]
    public void One() => Assert.NotNull(new SmtpReply(250, null, ["ok"]).Text);
}
