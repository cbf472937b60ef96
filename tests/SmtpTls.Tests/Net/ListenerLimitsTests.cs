using System.Net;
using SmtpTls.Tests.Support;

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

    [Fact]
    public async Task The_largest_message_size_there_is_takes_a_message()
    {
        await using var listener = SmtpListener.Start(new SmtpListenerOptions
        {
            Addresses = [IPAddress.Loopback],
            Limits = new ListenerLimits { MaximumMessageSize = long.MaxValue },
        });
        using var client = await RawClient.GreetedAsync(listener.Port);
        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SayAsync("DATA");

        // More than one read takes in.
        var line = new string('x', 998) + "\r\n";
        Assert.StartsWith("250 2.0.0 Ok: queued", await client.SayAsync(string.Concat(Enumerable.Repeat(line, 300)) + "."), StringComparison.Ordinal);
    }
}
