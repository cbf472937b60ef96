namespace SmtpTls.Tests.Records;

public class EnhancedStatusCodeTests
{
    [Theory]
    [InlineData("2.0.0", 2, 0, 0)]
    [InlineData("4.4.1", 4, 4, 1)]
    [InlineData("5.7.1", 5, 7, 1)]
    [InlineData("5.7.10", 5, 7, 10)]
    [InlineData("5.999.999", 5, 999, 999)]
    public void A_status_code_is_read_and_written_alike(string text, int @class, int subject, int detail)
    {
        Assert.True(EnhancedStatusCode.TryParse(text, out var code));
        Assert.Equal(new EnhancedStatusCode(@class, subject, detail), code);
        Assert.Equal(text, code.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5.7")]
    [InlineData("5.7.")]
    [InlineData("5..1")]
    [InlineData(".7.1")]
    [InlineData("5.7.1.")]
    [InlineData("5.7.1.2")]
    [InlineData("5.7.1.2.3")]
    [InlineData("0.7.1")]
    [InlineData("1.7.1")]
    [InlineData("3.7.1")]
    [InlineData("6.7.1")]
    [InlineData("25.7.1")]
    [InlineData("05.7.1")]
    [InlineData("5.07.1")]
    [InlineData("5.7.01")]
    [InlineData("5.1000.1")]
    [InlineData("5.7.1000")]
    [InlineData("-5.7.1")]
    [InlineData("5.+7.1")]
    [InlineData("5. 7.1")]
    [InlineData(" 5.7.1")]
    [InlineData("5.7.1 ")]
    [InlineData("5.7.1\0")]
    [InlineData("5\0.7.1")]
    [InlineData("#5.7.1")]
    [InlineData("5.7.x")]
    [InlineData("٥.٧.١")]
    public void Anything_else_is_none(string text)
    {
        Assert.False(EnhancedStatusCode.TryParse(text, out var code));
        Assert.Equal(default, code);
    }
}
