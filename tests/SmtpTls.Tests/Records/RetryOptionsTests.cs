namespace SmtpTls.Tests.Records;

public sealed class RetryOptionsTests
{
    [Fact]
    public void Defaults_are_good() => new RetryOptions().Validate();

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_value_that_cannot_be_used_is_named(string name, object options)
    {
        var error = Assert.Throws<SmtpException>(((RetryOptions)options).Validate);

        Assert.Equal(FindingCode.InvalidInput, error.Failure.Code);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, object> Bad() => new()
    {
        { "Schedule", new RetryOptions { Schedule = [] } },
        { "Schedule", new RetryOptions { Schedule = [TimeSpan.FromMinutes(1), TimeSpan.Zero] } },
        { "Schedule", new RetryOptions { Schedule = [TimeSpan.FromDays(31)] } },
        { "Jitter", new RetryOptions { Jitter = -0.1 } },
        { "Jitter", new RetryOptions { Jitter = 0.6 } },
        { "Jitter", new RetryOptions { Jitter = double.NaN } },
        { "GiveUpAfter", new RetryOptions { GiveUpAfter = TimeSpan.Zero } },
        { "DelayWarningAfter", new RetryOptions { DelayWarningAfter = TimeSpan.FromSeconds(-1) } },
    };
}
