namespace SmtpTls.Tests.Support;

public sealed class FakeClockTests
{
    [Fact]
    public void Timers_fire_in_order_and_each_at_its_own_moment()
    {
        var clock = new FakeClock();
        var start = clock.GetUtcNow();
        var fired = new List<double>();
        using var late = clock.CreateTimer(_ => fired.Add((clock.GetUtcNow() - start).TotalSeconds), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var often = clock.CreateTimer(_ => fired.Add((clock.GetUtcNow() - start).TotalSeconds), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal([2, 4, 5, 6], fired);
        Assert.Equal(TimeSpan.FromSeconds(6), clock.GetUtcNow() - start);
        Assert.Equal(1, clock.PendingTimers);
    }

    [Fact]
    public async Task A_delay_on_it_ends_when_time_is_moved_past_it()
    {
        var clock = new FakeClock();
        var delay = Task.Delay(TimeSpan.FromMinutes(5), clock, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromMinutes(4));
        Assert.False(delay.IsCompleted);
        clock.Advance(TimeSpan.FromMinutes(1));
        await delay;
        Assert.Equal(0, clock.PendingTimers);
    }

    [Fact]
    public async Task A_cancellation_source_on_it_is_cancelled_in_time()
    {
        var clock = new FakeClock();
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(30), clock);
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(source.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(source.IsCancellationRequested);
        await Assert.ThrowsAsync<TaskCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, clock, source.Token));
    }
}
