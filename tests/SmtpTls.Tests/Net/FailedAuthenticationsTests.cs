using System.Net;
using SmtpTls.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

public class FailedAuthenticationsTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public void The_delay_grows_and_is_bounded()
    {
        int[] seconds = [.. Enumerable.Range(0, 9).Select(n => (int)FailedAuthentications.Delay(n).TotalSeconds)];
        Assert.Equal([0, 1, 2, 4, 8, 16, 30, 30, 30], seconds);
        Assert.Equal(30, FailedAuthentications.Delay(int.MaxValue).TotalSeconds);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:db8::2:3:4:5", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    public void Addresses_of_one_client_count_together(string failed, string asked, bool same)
    {
        var failures = new FailedAuthentications(_clock);
        failures.Add(IPAddress.Parse(failed));
        failures.Add(IPAddress.Parse(failed));
        Assert.Equal(same ? 2 : 0, failures.Count(IPAddress.Parse(asked)));
    }

    [Fact]
    public void A_client_that_fails_no_more_is_forgotten()
    {
        var failures = new FailedAuthentications(_clock);
        var client = IPAddress.Parse("192.0.2.1");
        failures.Add(client);
        _clock.Advance(FailedAuthentications.Memory - TimeSpan.FromSeconds(1));
        Assert.Equal(1, failures.Count(client));
        failures.Add(client);
        Assert.Equal(2, failures.Count(client));
        _clock.Advance(FailedAuthentications.Memory);
        Assert.Equal(0, failures.Count(client));
        failures.Add(client);
        Assert.Equal(1, failures.Count(client));
    }

    [Fact]
    public void The_table_is_bounded_and_the_quietest_client_goes()
    {
        var failures = new FailedAuthentications(_clock);
        for (var i = 0; i < FailedAuthentications.MaximumClients; i++)
        {
            failures.Add(new IPAddress(0x0A000000L + i));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        failures.Add(IPAddress.Parse("192.0.2.1"));
        Assert.Equal(0, failures.Count(new IPAddress(0x0A000000L)));
        Assert.Equal(1, failures.Count(new IPAddress(0x0A000001L)));
        Assert.Equal(1, failures.Count(IPAddress.Parse("192.0.2.1")));
    }
}
