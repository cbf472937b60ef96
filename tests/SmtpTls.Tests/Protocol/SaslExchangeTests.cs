using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class SaslExchangeTests
{
    private static readonly SaslCredential Credential = new("user", "secret");

    [Theory]
    [InlineData("PLAIN LOGIN", "PLAIN")]
    [InlineData("LOGIN PLAIN", "PLAIN")]
    [InlineData("login", "LOGIN")]
    [InlineData("CRAM-MD5 GSSAPI", null)]
    [InlineData("", null)]
    public void PLAIN_comes_before_LOGIN_and_nothing_else_is_known(string offered, string? chosen) =>
        Assert.Equal(chosen, SaslExchange.Choose(offered.Split(' '), Credential)?.Mechanism);

    [Fact]
    public void A_response_that_makes_the_line_too_long_waits_for_the_servers_334()
    {
        // 512 octets with CRLF: "AUTH PLAIN " and 499 of base64, of which 496 can be filled.
        var fits = new SaslCredential("user", new string('p', 366));
        var tooLong = new SaslCredential("user", new string('p', 370));

        var first = SaslExchange.Choose(["PLAIN"], fits)!.Start();
        var exchange = SaslExchange.Choose(["PLAIN"], tooLong)!;

        Assert.StartsWith("AUTH PLAIN A", first.Line, StringComparison.Ordinal);
        Assert.InRange(first.Line.Length + 2, 500, SaslExchange.MaximumCommandLine);
        Assert.Equal("AUTH PLAIN", exchange.Start().Line);
        var response = exchange.Respond();
        Assert.Equal($"\0user\0{tooLong.Password}", Encoding.UTF8.GetString(Convert.FromBase64String(response.Line)));
        Assert.Equal("[redacted]", response.Shown);
    }

    [Fact]
    public void LOGIN_answers_user_then_password_then_cancels()
    {
        var exchange = SaslExchange.Choose(["LOGIN"], new SaslCredential("jürgen", "größe"))!;

        Assert.Equal("AUTH LOGIN", exchange.Start().Line);
        Assert.Equal("jürgen", Encoding.UTF8.GetString(Convert.FromBase64String(exchange.Respond().Line)));
        Assert.Equal("größe", Encoding.UTF8.GetString(Convert.FromBase64String(exchange.Respond().Line)));
        Assert.False(exchange.IsCancelled);
        Assert.Equal("*", exchange.Respond().Line);
        Assert.True(exchange.IsCancelled);
    }

    [Fact]
    public void Formatting_a_command_or_a_credential_never_shows_the_secret()
    {
        var command = SaslExchange.Choose(["PLAIN"], Credential)!.Start();

        Assert.Equal("AUTH PLAIN [redacted]", $"{command}");
        Assert.Equal("user", $"{Credential}");
    }
}
