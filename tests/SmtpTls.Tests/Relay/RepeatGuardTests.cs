using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

public class RepeatGuardTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public void The_like_is_held_back_for_a_time_and_counted()
    {
        var guard = new RepeatGuard(_clock, TimeSpan.FromSeconds(10));

        Assert.True(guard.LetsThrough(FindingCode.QueueUnavailable, out var heldBack));
        Assert.Equal(0, heldBack);
        Assert.False(guard.LetsThrough(FindingCode.QueueUnavailable, out _));
        Assert.False(guard.LetsThrough(FindingCode.QueueUnavailable, out _));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.True(guard.LetsThrough(FindingCode.QueueUnavailable, out heldBack));
        Assert.Equal(2, heldBack);
    }

    [Fact]
    public void Something_else_goes_through_at_once()
    {
        var guard = new RepeatGuard(_clock, TimeSpan.FromSeconds(10));

        Assert.True(guard.LetsThrough(FindingCode.QueueUnavailable, out _));
        Assert.True(guard.LetsThrough(FindingCode.InvalidInput, out var heldBack));
        Assert.Equal(0, heldBack);
    }
}
