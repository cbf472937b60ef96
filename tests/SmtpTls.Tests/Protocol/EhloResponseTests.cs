using System.Globalization;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class EhloResponseTests
{
    // RFC 5321 appendix D.1, and what a mail system of today offers.
    [Fact]
    public void A_reply_to_EHLO_tells_what_is_offered()
    {
        var response = Parse("mail.contoso.com Hello [192.0.2.1]", "PIPELINING", "SIZE 37748736", "STARTTLS",
            "AUTH PLAIN LOGIN XOAUTH2", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES", "X-EXPS GSSAPI NTLM");

        Assert.True(response.StartTls);
        Assert.True(response.Pipelining);
        Assert.True(response.EightBitMime);
        Assert.True(response.SmtpUtf8);
        Assert.True(response.Chunking);
        Assert.True(response.EnhancedStatusCodes);
        Assert.True(response.Has("x-exps"));
        Assert.Equal(37_748_736, response.MaximumSize);
        Assert.Equal(["PLAIN", "LOGIN", "XOAUTH2"], response.AuthMechanisms);
        Assert.Equal(9, response.Lines.Count);
        Assert.Equal("AUTH PLAIN LOGIN XOAUTH2", response.Lines[3]);
    }

    [Fact]
    public void The_greeting_line_offers_nothing()
    {
        var response = Parse("STARTTLS");
        Assert.False(response.StartTls);
        Assert.Empty(response.Lines);
    }

    [Fact]
    public void HELO_offers_nothing()
    {
        var hello = EhloResponse.Hello;
        Assert.False(hello.StartTls || hello.Pipelining || hello.EightBitMime || hello.SmtpUtf8 || hello.Chunking || hello.EnhancedStatusCodes);
        Assert.Null(hello.MaximumSize);
        Assert.Empty(hello.AuthMechanisms);
        Assert.Empty(hello.Lines);
    }

    [Theory]
    [InlineData("STARTTLS")]
    [InlineData("starttls")]
    [InlineData("StartTLS")]
    [InlineData("STARTTLS ")]
    [InlineData("  STARTTLS")]
    [InlineData("STARTTLS REQUIRED")]
    [InlineData("STARTTLS\tREQUIRED")]
    public void A_keyword_counts_in_any_case_and_with_parameters(string line) => Assert.True(Parse("hi", line).StartTls);

    [Theory]
    [InlineData("XSTARTTLS")]
    [InlineData("STARTTLSX")]
    [InlineData("STARTTLS=1")]
    [InlineData("X STARTTLS")]
    [InlineData("")]
    [InlineData("250 STARTTLS")]
    [InlineData("XXXXXXXA")]
    public void A_keyword_within_something_else_does_not_count(string line) => Assert.False(Parse("hi", line).StartTls);

    [Theory]
    [InlineData("SIZE 0", null)]
    [InlineData("SIZE", null)]
    [InlineData("SIZE ", null)]
    [InlineData("SIZE 1", 1L)]
    [InlineData("size 52428800", 52_428_800L)]
    [InlineData("SIZE 9223372036854775807", long.MaxValue)]
    [InlineData("SIZE 9223372036854775808", null)]
    [InlineData("SIZE 99999999999999999999999999", null)]
    [InlineData("SIZE -1", null)]
    [InlineData("SIZE +1", null)]
    [InlineData("SIZE 1k", null)]
    [InlineData("SIZE 1 2", null)]
    [InlineData("SIZES 1", null)]
    public void Only_a_number_that_means_a_limit_is_a_maximum_size(string line, long? expected) =>
        Assert.Equal(expected, Parse("hi", line).MaximumSize);

    [Fact]
    public void SIZE_without_a_number_is_still_offered() => Assert.True(Parse("hi", "SIZE").Has("SIZE"));

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", null, "PLAIN LOGIN")]
    [InlineData("AUTH=PLAIN LOGIN", null, "PLAIN LOGIN")]
    [InlineData("auth=login", null, "LOGIN")]
    [InlineData("AUTH LOGIN", "AUTH=LOGIN PLAIN", "LOGIN PLAIN")]
    [InlineData("AUTH   login\tplain LOGIN", null, "LOGIN PLAIN")]
    [InlineData("AUTH", null, "")]
    [InlineData("AUTH=", null, "")]
    [InlineData("XAUTH LOGIN", null, "")]
    public void Mechanisms_are_read_in_both_forms_each_once(string first, string? second, string expected)
    {
        var response = second is null ? Parse("hi", first) : Parse("hi", first, second);
        Assert.Equal(expected, string.Join(' ', response.AuthMechanisms));
    }

    [Fact]
    public void The_legacy_form_counts_as_AUTH() => Assert.True(Parse("hi", "AUTH=LOGIN").Has("AUTH"));

    // A reply has 128 lines at most, and none of them may be any trouble.
    [Fact]
    public void Random_lines_never_throw()
    {
        var random = new Random(1869);
        const string Alphabet = "AUTHSIZE =\t10-?ü";
        for (var round = 0; round < 5_000; round++)
        {
            var lines = new string[random.Next(0, 5)];
            for (var line = 0; line < lines.Length; line++)
            {
                lines[line] = Fuzz.Text(random, random.Next(0, 12), Alphabet);
            }

            var response = EhloResponse.Parse(new SmtpReply(250, null, lines));
            Assert.Equal(Math.Max(lines.Length - 1, 0), response.Lines.Count);
            Assert.True(response.MaximumSize is null or > 0, response.MaximumSize?.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static EhloResponse Parse(params string[] lines) => EhloResponse.Parse(new SmtpReply(250, null, lines));
}
