using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class PrintableTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("Grüße €", "Grüße €")]
    [InlineData("a\r\nb", @"a\x0D\x0Ab")]
    [InlineData("\u001b[31mred\u0007", @"\x1B[31mred\x07")]
    [InlineData("right\u202eleft", @"right\x202Eleft")]
    [InlineData("\u0085\u2028\0", @"\x85\x2028\x00")]
    [InlineData("", "")]
    public void What_a_terminal_would_obey_is_shown_and_not_done(string text, string shown) => Assert.Equal(shown, Printable.Line(text));

    [Fact]
    public void A_long_text_is_cut_and_says_so()
    {
        Assert.Equal(new string('x', 1000), Printable.Line(new string('x', 1000)));
        Assert.Equal(new string('x', 999) + "…", Printable.Line(new string('x', 1001)));
        Assert.Equal(@"\x00…", Printable.Line("\0\0\0", 8));
    }
}
