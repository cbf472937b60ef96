namespace SmtpTls.Tests.Records;

public class DeliveryLimitsTests
{
    public static TheoryData<string, Func<DeliveryLimits, DeliveryLimits>> Unusable() => new()
    {
        { nameof(DeliveryLimits.MessagesPerConnection), l => l with { MessagesPerConnection = 0 } },
        { nameof(DeliveryLimits.ConnectionsPerNextHop), l => l with { ConnectionsPerNextHop = -1 } },
        { nameof(DeliveryLimits.Connections), l => l with { Connections = 0 } },
        { nameof(DeliveryLimits.IdleTime), l => l with { IdleTime = TimeSpan.Zero } },
        { nameof(DeliveryLimits.ConnectionWait), l => l with { ConnectionWait = TimeSpan.FromDays(50) } },
        { nameof(DeliveryLimits.RecipientsPerTransaction), l => l with { RecipientsPerTransaction = 0 } },
        { nameof(DeliveryLimits.AddressesPerAttempt), l => l with { AddressesPerAttempt = 0 } },
    };

    [Fact]
    public void The_defaults_can_be_used() => new DeliveryLimits().Validate();

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_limit_that_cannot_be_used_is_named(string name, Func<DeliveryLimits, DeliveryLimits> change)
    {
        var failure = Assert.Throws<SmtpException>(() => change(new DeliveryLimits()).Validate()).Failure;

        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.StartsWith($"The delivery limit {name} must be ", failure.Message, StringComparison.Ordinal);
    }
}
