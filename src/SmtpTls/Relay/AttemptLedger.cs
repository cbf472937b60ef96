using SmtpTls.Net;
using SmtpTls.Protocol;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>
/// What an attempt has come to so far: who is decided about and how, who is pending, and what stood in the way. What is
/// decided stays decided, whatever happens at the next place.
/// </summary>
/// <param name="lease">The delivery.</param>
internal sealed class AttemptLedger(DeliveryLease lease)
{
    private readonly RecipientOutcome?[] _outcomes = new RecipientOutcome?[lease.Recipients.Count];
    private readonly List<int> _pending = [.. Enumerable.Range(0, lease.Recipients.Count)];
    private readonly List<Setback> _setbacks = [];
    private readonly List<Finding> _findings = [];
    private DeliveryReport _report = new() { Recipients = [] };

    /// <summary>Recipients' places in the lease, of those who wait for a decision.</summary>
    public IReadOnlyList<int> Pending => _pending;

    /// <summary>True where somebody is decided about.</summary>
    public bool HasDecided => _pending.Count < _outcomes.Length;

    /// <summary>One recipient's fate.</summary>
    public void Decide(int recipient, RecipientFate fate, SmtpReply? reply, SmtpFailure? failure)
    {
        _outcomes[recipient] = new RecipientOutcome(lease.Recipients[recipient], fate, reply, failure);
        _pending.Remove(recipient);
    }

    /// <summary>The place that was tried last: what a report tells of it.</summary>
    public void Visit(PoolKey place, SessionOpening opening, bool wentOut)
    {
        var fallenBack = opening.FallenBack(place.Host, place.Endpoint, wentOut);
        _report = _report with
        {
            Host = place.Host,
            EndPoint = place.Endpoint.ToString(),
            Tls = opening.Tls,
            Findings = fallenBack is null ? opening.Findings : opening.Findings.Append(fallenBack).ToArray(),
            OfferedDsn = opening.Session?.Dialogue.Offered.Has("DSN") ?? false,
        };
    }

    /// <summary>Each recipient's own answer.</summary>
    /// <param name="place">Who gave it.</param>
    /// <param name="batch">The recipients' places in the lease.</param>
    /// <param name="outcome">The transaction.</param>
    /// <returns>How many were served.</returns>
    public int Record(PoolKey place, int[] batch, TransactionOutcome outcome)
    {
        var served = outcome.Recipients.Count(r => r.Accepted);
        for (var i = 0; i < batch.Length; i++)
        {
            var result = outcome.Recipients[i];
            if (result.Accepted)
            {
                Decide(batch[i], RecipientFate.Delivered, result.Reply, failure: null);
            }
            else if (result.Reply is { } refusal && !ReferenceEquals(refusal, outcome.Reply) && !(served > 0 && SaysTooMany(refusal)))
            {
                Decide(batch[i], refusal.IsPermanent ? RecipientFate.Failed : RecipientFate.Deferred, refusal, Refused(place, result.Recipient, refusal));
            }
        }

        _report = _report with { RemoteQueueId = outcome.QueueId ?? _report.RemoteQueueId };
        return served;
    }

    /// <summary>Something is to be known beside the outcome.</summary>
    public void Note(Finding finding) => _findings.Add(finding);

    /// <summary>The connection ended between the message and its reply.</summary>
    public void MayHaveBeenDelivered() => _report = _report with { MayHaveBeenDelivered = true };

    /// <summary>Nobody who is pending can be served at this place.</summary>
    /// <returns>True where no other place is to be tried.</returns>
    public bool Settle(Setback setback)
    {
        _setbacks.Add(setback);
        return !setback.Rule.AnotherPlace;
    }

    /// <summary>The report. Whoever is still pending has what stood in the way for a reason.</summary>
    public DeliveryReport Conclude()
    {
        if (_pending.Count > 0)
        {
            var last = _setbacks[^1];
            var bounces = last.Bounces && (!last.Rule.AnotherPlace || _setbacks.TrueForAll(s => s.Bounces));

            // Where one place refuses for good and another may come back, the one that may come back is why it waits.
            var told = bounces ? last : _setbacks.FindLast(s => !s.Bounces) ?? last;
            var failure = PassedOver.Tell(told.Failure, _setbacks.Where(s => s != told).Select(s => s.Failure).ToArray()) with { Permanent = bounces };
            foreach (var recipient in _pending.ToArray())
            {
                Decide(recipient, bounces ? RecipientFate.Failed : RecipientFate.Deferred, told.Reply, failure);
            }

            _report = _report with { NextHopFailure = _setbacks.TrueForAll(s => s.Rule.BlamesNextHop) ? failure : null };
        }

        return _report with
        {
            Recipients = Array.ConvertAll(_outcomes, outcome => outcome!),
            Findings = _findings.Count == 0 ? _report.Findings : _report.Findings.Concat(_findings).ToArray(),
        };
    }

    // RFC 5321 §4.5.3.1.10: 452, or 552 of old servers, which is to be taken for 452. With a status it has to be "too many
    // recipients" (RFC 3463 §3.6): a full mailbox has the same codes.
    private static bool SaysTooMany(SmtpReply reply) => reply.Code is 452 or 552 && reply.Enhanced is null or { Subject: 5, Detail: 3 };

    private static SmtpFailure Refused(PoolKey place, string recipient, SmtpReply reply) => new()
    {
        Code = FindingCode.RecipientRefused,
        Message = $"{ClientFailures.Place(place.Host, place.Endpoint)} refused the recipient <{Printable.Line(recipient, 320)}>: {ClientFailures.Show(reply)}",
        Advice = reply.IsPermanent ? "Correct the address, or ask the recipient's administrator." : "It is tried again.",
        Permanent = reply.IsPermanent,
        Phase = SmtpPhase.RcptTo,
        Host = place.Host,
        Endpoint = place.Endpoint.ToString(),
        Command = $"RCPT TO:<{recipient}>",
        Reply = reply,
    };
}
