namespace SmtpTls.Tests.Records;

public class DurationTextTests
{
    [Theory]
    [InlineData("30s", "00:00:30")]
    [InlineData("5m", "00:05:00")]
    [InlineData("5min", "00:05:00")]
    [InlineData("60M", "01:00:00")]
    [InlineData("1h30m", "01:30:00")]
    [InlineData("4d", "4.00:00:00")]
    [InlineData("1d2h3m4s5ms", "1.02:03:04.005")]
    [InlineData("250ms", "00:00:00.250")]
    [InlineData(" 90s ", "00:01:30")]
    [InlineData("0s", "00:00:00")]
    [InlineData("PT5M", "00:05:00")]
    [InlineData("P4D", "4.00:00:00")]
    [InlineData("P1DT2H", "1.02:00:00")]
    [InlineData("PT0.5S", "00:00:00.5")]
    public void A_length_of_time_is_read(string text, string expected)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("5 m")]
    [InlineData("-5m")]
    [InlineData("1.5h")]
    [InlineData("30m1h")]
    [InlineData("5m5m")]
    [InlineData("5w")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1M")]
    [InlineData("P1Y")]
    [InlineData("-PT5M")]
    [InlineData("999999999d")]
    public void What_is_no_length_of_time_is_refused(string? text)
    {
        Assert.False(DurationText.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.Zero, duration);
    }
}
