using System.Collections.Concurrent;
using SmtpTls.Queue;
using SmtpTls.Relay;

namespace SmtpTls.Tests.Support;

/// <summary>Delivers as a test says, and remembers what it was given. By default every recipient is served.</summary>
internal sealed class FakeAgent : IDeliveryAgent
{
    private readonly ConcurrentQueue<DeliveryLease> _jobs = new();
    private int _active;

    /// <summary>What becomes of a delivery.</summary>
    public Func<DeliveryJob, CancellationToken, Task<DeliveryReport>> Answer { get; set; } = (job, _) => Task.FromResult(Delivered(job.Lease));

    /// <summary>What was begun, in order.</summary>
    public IReadOnlyList<DeliveryLease> Jobs => [.. _jobs];

    /// <summary>The most deliveries at a time.</summary>
    public int Peak { get; private set; }

    public async Task<DeliveryReport> DeliverAsync(DeliveryJob job, CancellationToken cancellationToken)
    {
        _jobs.Enqueue(job.Lease);
        lock (_jobs)
        {
            Peak = Math.Max(Peak, ++_active);
        }

        try
        {
            return await Answer(job, cancellationToken);
        }
        finally
        {
            lock (_jobs)
            {
                _active--;
            }
        }
    }

    public static DeliveryReport Delivered(DeliveryLease lease) => Each(lease, r => new RecipientOutcome(r, RecipientFate.Delivered, new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), ["Ok: queued as AB12"]), null)) with
    {
        RemoteQueueId = "AB12",
    };

    public static DeliveryReport Deferred(DeliveryLease lease, string text = "Try later") => Each(lease, r => Deferred(r, text));

    public static DeliveryReport Failed(DeliveryLease lease) => Each(lease, Failed);

    /// <summary>The next hop itself cannot be reached.</summary>
    public static DeliveryReport Unreachable(DeliveryLease lease)
    {
        var failure = new SmtpFailure { Code = FindingCode.ConnectFailed, Message = $"{lease.NextHop} refused the connection.", Phase = SmtpPhase.Connect };
        return new DeliveryReport
        {
            Recipients = lease.Recipients.Select(r => new RecipientOutcome(r, RecipientFate.Deferred, null, failure)).ToArray(),
            NextHopFailure = failure,
        };
    }

    public static RecipientOutcome Deferred(LeasedRecipient recipient, string text = "Try later")
    {
        var reply = new SmtpReply(451, new EnhancedStatusCode(4, 3, 0), [text]);
        return new RecipientOutcome(recipient, RecipientFate.Deferred, reply, new SmtpFailure { Code = FindingCode.RecipientRefused, Message = $"The server answered: {reply}", Reply = reply });
    }

    public static RecipientOutcome Failed(LeasedRecipient recipient)
    {
        var reply = new SmtpReply(550, new EnhancedStatusCode(5, 1, 1), ["No such user"]);
        return new RecipientOutcome(recipient, RecipientFate.Failed, reply, new SmtpFailure { Code = FindingCode.RecipientRefused, Message = $"The server answered: {reply}", Reply = reply, Permanent = true });
    }

    public static DeliveryReport Each(DeliveryLease lease, Func<LeasedRecipient, RecipientOutcome> outcome) => new()
    {
        Recipients = lease.Recipients.Select(outcome).ToArray(),
        Host = $"mx.{lease.Domain}",
        EndPoint = "192.0.2.1:25",
        Elapsed = TimeSpan.FromMilliseconds(5),
    };
}
