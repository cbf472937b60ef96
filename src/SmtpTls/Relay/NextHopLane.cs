using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>A delivery that this relay holds the lease on.</summary>
internal sealed class HeldDelivery(DeliveryLease lease, NextHopLane lane) : IDisposable
{
    private readonly CancellationTokenSource _abort = new();

    public DeliveryLease Lease { get; } = lease;

    public NextHopLane Lane { get; } = lane;

    /// <summary>When the lease ends; written by whoever renews it.</summary>
    public DateTimeOffset Until { get; set; } = lease.Until;

    /// <summary>The state of the next hop when the delivery began: what it tells of the next hop counts only while that lasts.</summary>
    public int Epoch { get; set; }

    /// <summary>True once somebody else took it, or the message was removed: nothing more is to be done with it.</summary>
    public bool Lost { get; private set; }

    /// <summary>Ends the delivery before its final dot.</summary>
    public CancellationToken Aborted => _abort.Token;

    /// <summary>Ends it: the lease is lost.</summary>
    public void Lose()
    {
        Lost = true;
        Abort();
    }

    /// <summary>Ends it: the relay stops.</summary>
    public void Abort()
    {
        try
        {
            _abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has come to its end meanwhile.
        }
    }

    public void Dispose() => _abort.Dispose();
}

/// <summary>What the relay has in memory for one next hop. Belongs to <see cref="DeliveryLanes"/>, which guards it.</summary>
internal sealed class NextHopLane(string nextHop, int limit)
{
    public string NextHop { get; } = nextHop;

    /// <summary>Leased, and waiting for a turn.</summary>
    public Queue<HeldDelivery> Waiting { get; } = new();

    /// <summary>Under way.</summary>
    public int Active { get; set; }

    /// <summary>How many may be under way; fewer than the bound where the next hop showed that it does not take so many.</summary>
    public int Limit { get; set; } = limit;

    /// <summary>Deliveries that the next hop took part in since it last failed.</summary>
    public int Served { get; set; }

    /// <summary>Promised to messages that are being stored.</summary>
    public int Reserved { get; set; }

    /// <summary>True where there may be more in the queue that is due: that goes first, so nothing is offered.</summary>
    public bool HasStored { get; set; }

    /// <summary>True while it stands in line for a turn.</summary>
    public bool InLine { get; set; }

    /// <summary>Failures of the next hop itself in a row.</summary>
    public int Failures { get; set; }

    /// <summary>Its last failure.</summary>
    public string LastFailure { get; set; } = "";

    /// <summary>Until when it is left alone; past it, one delivery at a time is tried until one gets through.</summary>
    public DateTimeOffset? BackedOffUntil { get; set; }

    /// <summary>Changes of its state that are not in the queue yet: until then what the queue says of it is old.</summary>
    public int Unstored { get; set; }

    /// <summary>Rises whenever the next hop fails or works again.</summary>
    public int Epoch { get; set; }

    /// <summary>True where nothing is known of it that has to be remembered.</summary>
    public bool IsIdle => Waiting.Count == 0 && Active == 0 && Reserved == 0 && Failures == 0 && Unstored == 0 && !HasStored;
}
