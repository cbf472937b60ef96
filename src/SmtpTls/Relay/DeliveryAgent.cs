using SmtpTls.Net;

namespace SmtpTls.Relay;

/// <summary>Delivers: finds the hosts, takes a connection for each attempt, and gives it back for the next.</summary>
/// <param name="resolver">Knows whom to dial.</param>
/// <param name="opener">Opens sessions.</param>
/// <param name="profile">What is the same for every delivery.</param>
/// <param name="clock">The clock.</param>
internal sealed class DeliveryAgent(INextHopResolver resolver, SessionOpener opener, DeliveryProfile profile, TimeProvider clock)
    : IDeliveryAgent, IAsyncDisposable
{
    private readonly ConnectionPool _pool = new(profile.Limits, clock);

    /// <summary>Deliveries that hold a connection now.</summary>
    public int ConnectionsInUse => _pool.InUse;

    /// <summary>Connections that wait for another message.</summary>
    public int ConnectionsIdle => _pool.Idle;

    public async Task<DeliveryReport> DeliverAsync(DeliveryJob job, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var answer = await resolver.ResolveAsync(job.Route, job.Lease.Domain, cancellationToken).ConfigureAwait(false);
        if (answer.Failure is { } nowhere)
        {
            return NotFound(job, nowhere) with { Elapsed = clock.GetElapsedTime(began) };
        }

        using var permit = await _pool.EnterAsync(job.Lease.NextHop, cancellationToken).ConfigureAwait(false);
        var report = permit is null
            ? Report(job, NoConnection(job), RecipientFate.Deferred, reply: null) with { Untried = true }
            : await new DeliveryAttempt(job, answer, opener, _pool, profile, clock).RunAsync(cancellationToken).ConfigureAwait(false);
        return report with { Elapsed = clock.GetElapsedTime(began) };
    }

    /// <summary>Takes leave on every connection that rests. Deliveries under way come to their end by themselves.</summary>
    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    // Only a name server's word that there is nobody returns mail; that it did not answer does not (RFC 5321 §5.1).
    private static DeliveryReport NotFound(DeliveryJob job, SmtpFailure failure) => failure.Permanent
        ? Report(job, failure, RecipientFate.Failed, failure.Reply)
        : Report(job, failure, RecipientFate.Deferred, failure.Reply) with { NextHopFailure = failure };

    private static DeliveryReport Report(DeliveryJob job, SmtpFailure failure, RecipientFate fate, SmtpReply? reply) => new()
    {
        Recipients = job.Lease.Recipients.Select(r => new RecipientOutcome(r, fate, reply, failure)).ToArray(),
    };

    private SmtpFailure NoConnection(DeliveryJob job) => new()
    {
        Code = FindingCode.TimedOut,
        Message = $"All connections were in use for {Deadline.Show(profile.Limits.ConnectionWait)}; the delivery to {job.Lease.NextHop} was put back untried.",
        Advice = "Nothing is lost. Where it happens often, raise Connections or ConnectionsPerNextHop of the delivery limits.",
        Phase = SmtpPhase.Connect,
        Host = job.Lease.NextHop,
    };
}
