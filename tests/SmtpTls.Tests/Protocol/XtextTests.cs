using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class XtextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("abc", "abc")]
    [InlineData("a+2Bb+3Dc", "a+b=c")]
    [InlineData("a+20b", "a b")]
    [InlineData("+7E", "~")]
    public void A_value_is_decoded(string value, string expected)
    {
        Assert.True(Xtext.TryDecode(value, out var text));
        Assert.Equal(expected, text);
    }

    [Theory]
    [InlineData("a+")]
    [InlineData("a+2")]
    [InlineData("a+2b")] // lower case
    [InlineData("a+GG")]
    [InlineData("a+ 2")]
    [InlineData("a=b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a+0D+0ABcc:+20x")] // a line of its own in a report
    [InlineData("a+00")]
    [InlineData("a+7F")]
    [InlineData("a+FF")]
    public void What_is_no_xtext_or_hides_a_control_character_is_refused(string value) => Assert.False(Xtext.TryDecode(value, out _));
}
