using SmtpTls.Queue;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

public sealed class DeliveryLanesTests
{
    private static readonly DateTimeOffset Now = QueueSamples.Noon;

    private readonly DeliveryLanes _lanes = new(new RunnerLimits { Active = 6, ActivePerNextHop = 4, WaitingPerNextHop = 10, Waiting = 15 }, new RetryOptions { Jitter = 0 });
    private long _last;

    [Fact]
    public void Turns_go_round_whatever_each_next_hop_has()
    {
        _lanes.Add([.. Leases("big", 9), .. Leases("small", 2)], Now);

        Assert.Equal("big small big small big big", string.Join(' ', TakeAll().Select(held => held.Lease.NextHop)));
    }

    [Fact]
    public void No_more_than_the_bounds_are_under_way_and_an_end_makes_room()
    {
        _lanes.Add([.. Leases("one", 9), .. Leases("two", 5)], Now);
        var taken = TakeAll();

        Assert.Equal(6, taken.Count);
        Assert.False(_lanes.TryTake(out _, out _));
        _lanes.End(taken[0]);
        Assert.True(_lanes.TryTake(out _, out _));
        Assert.False(_lanes.TryTake(out _, out _));
    }

    [Fact]
    public void Room_is_kept_for_what_was_promised()
    {
        Assert.Equal(10, _lanes.Room("one", Now));
        for (var i = 0; i < 10; i++)
        {
            Assert.Single(_lanes.Reserve(["one"]));
        }

        Assert.Empty(_lanes.Reserve(["one"]));
        Assert.Equal("two", Assert.Single(_lanes.Reserve(["one", "two"])));
        Assert.Equal(4, _lanes.Room("three", Now));
        _lanes.Unreserve(new HashSet<string>(["one"], StringComparer.Ordinal));
        Assert.Single(_lanes.Reserve(["one"]));
    }

    [Fact]
    public void Nothing_is_offered_past_what_waits_in_the_queue()
    {
        _lanes.SetStored("one", hasStored: true);
        Assert.Empty(_lanes.Reserve(["one"]));

        _lanes.SetStoredOnly(new HashSet<string>(StringComparer.Ordinal));
        Assert.Single(_lanes.Reserve(["one"]));
    }

    [Fact]
    public void A_delivery_that_is_held_is_not_taken_twice_when_its_lease_ran_out()
    {
        var lease = Leases("one", 1)[0];
        _lanes.Add([lease], Now);
        _lanes.Add([lease with { Until = Now.AddHours(1) }], Now);

        Assert.Equal(Now.AddHours(1), Assert.Single(TakeAll()).Until);
        Assert.Equal(1, _lanes.Held);
    }

    [Fact]
    public void A_next_hop_that_fails_gets_nothing_until_its_time_and_then_one()
    {
        _lanes.Add(Leases("one", 3), Now);
        Assert.True(_lanes.TryTake(out var first, out _));

        var backoff = _lanes.Fail(first, "down", Now, 0.5, out var released);
        _lanes.End(first);
        _lanes.Drop(first);
        _lanes.StateStored(first.Lane);

        Assert.Equal(new NextHopBackoff(Now.AddMinutes(1), 1, "down"), backoff);
        Assert.Equal(2, released.Count);
        Assert.Equal(0, _lanes.Room("one", Now));
        Assert.Empty(_lanes.Reserve(["one"]));
        Assert.Equal(2, _lanes.Add(Leases("one", 2), Now).Count);
        Assert.Equal(1, _lanes.Room("one", Now.AddMinutes(1)));
        Assert.Single(_lanes.Add(Leases("one", 2), Now.AddMinutes(1)));
    }

    [Fact]
    public void Deliveries_that_began_before_the_failure_do_not_count_again()
    {
        _lanes.Add(Leases("one", 3), Now);
        var taken = TakeAll();

        Assert.NotNull(_lanes.Fail(taken[0], "down", Now, 0.5, out _));
        Assert.Null(_lanes.Fail(taken[1], "down", Now, 0.5, out _));
        Assert.False(_lanes.Succeed(taken[2]));
        Assert.Equal(1, _lanes.Backoff("one", Now)!.Failures);
    }

    [Fact]
    public void A_next_hop_that_serves_some_and_turns_others_away_is_given_half_as_many()
    {
        _lanes.Add(Leases("one", 8), Now);
        var taken = TakeAll();
        Assert.Equal(4, taken.Count);
        Assert.False(_lanes.Succeed(taken[0]));

        Assert.Null(_lanes.Fail(taken[1], "421 too many connections", Now, 0.5, out var released));
        taken.ForEach(held => _lanes.End(held));

        Assert.Empty(released);
        Assert.Null(_lanes.Backoff("one", Now));
        var next = TakeAll();
        Assert.Equal(2, next.Count);

        // Failing again without having served one, it is left alone.
        Assert.NotNull(_lanes.Fail(next[0], "down", Now, 0.5, out _));
    }

    [Fact]
    public void A_limit_that_was_shown_grows_again_while_the_next_hop_serves()
    {
        _lanes.Add(Leases("one", 4), Now);
        var taken = TakeAll();
        _lanes.Succeed(taken[0]);
        _lanes.Fail(taken[1], "421", Now, 0.5, out _);

        // One stays under way: what has nothing to do is forgotten, and begins anew.
        taken[..3].ForEach(held => _lanes.End(held));
        for (var i = 0; i < 20; i++)
        {
            _lanes.Add(Leases("one", 1), Now);
            Assert.True(_lanes.TryTake(out var held, out _));
            _lanes.Succeed(held);
            _lanes.End(held);
        }

        _lanes.Add(Leases("one", 5), Now);
        Assert.Equal(2, TakeAll().Count);
    }

    [Fact]
    public void A_stop_begins_nothing_and_gives_back_what_waits()
    {
        _lanes.Add(Leases("one", 3), Now);
        Assert.True(_lanes.TryTake(out _, out _));

        Assert.Equal(2, _lanes.Stop().Count);
        Assert.False(_lanes.TryTake(out _, out _));
        Assert.Empty(_lanes.Reserve(["one"]));
        Assert.Single(_lanes.Add(Leases("two", 1), Now));
    }

    private List<HeldDelivery> TakeAll()
    {
        var all = new List<HeldDelivery>();
        while (_lanes.TryTake(out var held, out _))
        {
            all.Add(held);
        }

        return all;
    }

    private DeliveryLease[] Leases(string nextHop, int count) => Enumerable.Range(0, count).Select(_ => new DeliveryLease
    {
        Delivery = ++_last,
        Id = new QueueId(_last),
        Until = Now.AddMinutes(2),
        Domain = nextHop,
        NextHop = nextHop,
        Attempt = 1,
        ReversePath = "a@test",
        Recipients = [new LeasedRecipient(0, "b@one.test", DsnNotify.Unspecified, null)],
        Size = 1,
        ReceivedAt = Now,
    }).ToArray();
}
