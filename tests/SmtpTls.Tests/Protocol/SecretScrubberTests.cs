using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class SecretScrubberTests
{
    private static readonly SaslCredential Credential = new("user", "secret-password");
    private static readonly SecretScrubber Scrubber = new(Credential);

    [Fact]
    public void Password_and_encoded_forms_are_taken_out()
    {
        var plain = SaslExchange.Plain(Credential);
        var login = SaslExchange.Base64(Credential.Password);

        Assert.Equal("got [redacted] here", Scrubber.Scrub("got secret-password here"));
        Assert.Equal("got [redacted] here", Scrubber.Scrub("got SECRET-Password here"));
        Assert.Equal("AUTH PLAIN [redacted]", Scrubber.Scrub($"AUTH PLAIN {plain}"));
        Assert.Equal("([redacted])", Scrubber.Scrub($"({login})"));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(20)]
    public void A_piece_as_a_cut_off_echo_leaves_it_is_taken_out(int length)
    {
        var plain = SaslExchange.Plain(Credential);

        Assert.Equal("unrecognized: [redacted]", Scrubber.Scrub($"unrecognized: {plain[..length]}"));
        Assert.Equal("unrecognized: [redacted]...", Scrubber.Scrub($"unrecognized: {plain[..length]}..."));
        Assert.Equal("[redacted]", Scrubber.Scrub(plain[^length..]));
    }

    [Theory]
    [InlineData("5.7.8 Authentication credentials invalid")]
    [InlineData("Ok: queued as 4XyZ12")]
    [InlineData("")]
    public void Other_text_stays_as_it_is(string text) => Assert.Equal(text, Scrubber.Scrub(text));

    [Fact]
    public void A_password_as_short_as_a_word_is_not_searched_for_in_words()
    {
        // Cutting "ok" out of "ok" everywhere would tell what it is.
        Assert.Equal("ok: look", new SecretScrubber(new SaslCredential("u", "ok")).Scrub("ok: look"));
    }

    [Fact]
    public void A_reply_is_scrubbed_in_every_line_and_keeps_its_codes()
    {
        var reply = Scrubber.Scrub(new SmtpReply(535, new EnhancedStatusCode(5, 7, 8), ["no", "secret-password"]));

        Assert.Equal("535 5.7.8 no [redacted]", reply.ToString());
    }
}
