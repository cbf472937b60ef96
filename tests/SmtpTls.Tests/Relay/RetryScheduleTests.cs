using SmtpTls.Relay;

namespace SmtpTls.Tests.Relay;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset Received = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    // A middle that neither lengthens nor shortens.
    private const double Middle = 0.5;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(3, 15)]
    [InlineData(4, 30)]
    [InlineData(5, 60)]
    [InlineData(6, 60)]
    [InlineData(95, 60)]
    [InlineData(0, 1)]
    public void The_waits_are_those_of_the_schedule_and_the_last_repeats(int attempts, int minutes)
    {
        var now = Received.AddMinutes(10);

        var decision = RetrySchedule.Decide(new RetryOptions(), attempts, Received, now, delayNotified: false, Middle);

        Assert.Equal(now.AddMinutes(minutes), decision.NextAttemptAt);
        Assert.False(decision.TellOfDelay);
    }

    [Theory]
    [InlineData(0.0, 54)]
    [InlineData(0.25, 57)]
    [InlineData(1.0, 66)]
    public void A_wait_is_longer_or_shorter_by_a_tenth_at_most(double random, int minutes) =>
        Assert.Equal(TimeSpan.FromMinutes(minutes), RetrySchedule.Wait(new RetryOptions(), 5, random));

    [Fact]
    public void The_last_attempt_is_when_the_time_is_over()
    {
        var now = Received.AddDays(4).AddMinutes(-7);

        Assert.Equal(Received.AddDays(4), RetrySchedule.Decide(new RetryOptions(), 99, Received, now, delayNotified: true, Middle).NextAttemptAt);
    }

    [Theory]
    [InlineData(4 * 24)]
    [InlineData(400 * 24)]
    public void Then_it_is_given_up(int hours)
    {
        var decision = RetrySchedule.Decide(new RetryOptions(), 99, Received, Received.AddHours(hours), delayNotified: false, Middle);

        Assert.Null(decision.NextAttemptAt);
        Assert.False(decision.TellOfDelay);
    }

    [Theory]
    [InlineData(3.9, false, false)]
    [InlineData(4.0, false, true)]
    [InlineData(5.0, true, false)]
    public void The_sender_is_told_of_a_delay_after_four_hours_once(double hours, bool told, bool tell) =>
        Assert.Equal(tell, RetrySchedule.Decide(new RetryOptions(), 9, Received, Received.AddHours(hours), told, Middle).TellOfDelay);

    [Fact]
    public void Without_a_delay_warning_nobody_is_told() =>
        Assert.False(RetrySchedule.Decide(new RetryOptions { DelayWarningAfter = TimeSpan.Zero }, 9, Received, Received.AddDays(1), delayNotified: false, Middle).TellOfDelay);

    [Fact]
    public void A_clock_that_was_put_back_before_the_time_of_acceptance_makes_the_message_new_and_not_old()
    {
        var now = Received.AddHours(-1);

        var decision = RetrySchedule.Decide(new RetryOptions(), 1, Received, now, delayNotified: false, Middle);

        Assert.Equal(now.AddMinutes(1), decision.NextAttemptAt);
        Assert.False(decision.TellOfDelay);
    }
}
