namespace SmtpTls.Tests.Net;

public sealed class ListenerLimitsTests
{
    // One that a timer cannot count would be over as soon as it began.
    public static TheoryData<string, ListenerLimits> EndlessTimes => new()
    {
        { nameof(ListenerLimits.CommandTimeout), new ListenerLimits { CommandTimeout = TimeSpan.MaxValue } },
        { nameof(ListenerLimits.DataBlockTimeout), new ListenerLimits { DataBlockTimeout = TimeSpan.MaxValue } },
        { nameof(ListenerLimits.MessageTimeout), new ListenerLimits { MessageTimeout = TimeSpan.MaxValue } },
        { nameof(ListenerLimits.HandshakeTimeout), new ListenerLimits { HandshakeTimeout = TimeSpan.MaxValue } },
        { nameof(ListenerLimits.WriteTimeout), new ListenerLimits { WriteTimeout = TimeSpan.MaxValue } },
    };

    [Theory]
    [MemberData(nameof(EndlessTimes), DisableDiscoveryEnumeration = true)]
    public void A_time_that_cannot_be_counted_is_refused_by_name(string name, ListenerLimits limits)
    {
        var refusal = Assert.Throws<SmtpException>(limits.Validate);
        Assert.Equal(FindingCode.InvalidInput, refusal.Failure.Code);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }
}
