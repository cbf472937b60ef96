using SmtpTls.Protocol;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>Writes the tracking log's entries about an attempt: one for all recipients who share fate and reply.</summary>
internal static class AttemptTracking
{
    /// <summary>The entries, in the order delivered, refused, given up, deferred.</summary>
    public static List<TrackingEvent> Of(DeliveryLease lease, DeliveryReport report, AttemptVerdict verdict, TlsLevel level, DateTimeOffset now)
    {
        var events = new List<TrackingEvent>(1);
        var common = new TrackingEvent
        {
            Time = now,
            Kind = TrackingEventKind.Send,
            Id = lease.Id,
            MessageId = lease.MessageId,
            From = lease.ReversePath,
            Recipients = [],
            Size = lease.Size,
            NextHop = lease.NextHop,
            Host = report.Host,
            EndPoint = report.EndPoint,
            Attempt = lease.Attempt,
            TlsLevel = level,
            Tls = report.Tls,
            Age = RetrySchedule.Age(lease.ReceivedAt, now),
        };
        Add(events, common with { RemoteQueueId = report.RemoteQueueId, Detail = Remark(report) }, verdict.Delivered);
        Add(events, common with { Kind = TrackingEventKind.Fail }, verdict.Failed);
        Add(events, common with { Kind = TrackingEventKind.Expire, Code = FindingCode.MessageExpired }, verdict.Expired);
        Add(events, common with { Kind = TrackingEventKind.Defer, Code = report.MayHaveBeenDelivered ? FindingCode.OutcomeUnknown : null }, verdict.Deferred);
        return events;
    }

    /// <summary>A failure as the sentence that the queue and the log keep.</summary>
    public static string Sentence(SmtpFailure failure) => Printable.Line(failure.Message);

    /// <summary>Why a recipient was not served, as the sentence that the queue and the log keep.</summary>
    public static string Sentence(RecipientOutcome outcome) =>
        Printable.Line(outcome.Failure?.Message ?? outcome.Reply?.ToString() ?? "The next hop gave no reason.");

    private static void Add(List<TrackingEvent> events, TrackingEvent common, IReadOnlyList<RecipientOutcome> outcomes)
    {
        if (outcomes.Count == 1)
        {
            events.Add(About(common, outcomes[0], [outcomes[0].Recipient.Address]));
            return;
        }

        foreach (var same in outcomes.GroupBy(outcome => (outcome.Reply?.ToString(), outcome.Failure?.Code)))
        {
            events.Add(About(common, same.First(), same.Select(outcome => outcome.Recipient.Address).ToArray()));
        }
    }

    private static TrackingEvent About(TrackingEvent common, RecipientOutcome outcome, string[] recipients) => common with
    {
        Recipients = recipients,
        Reply = outcome.Reply?.ToString(),
        Code = common.Code ?? outcome.Failure?.Code,
        Detail = outcome.Fate == RecipientFate.Delivered ? common.Detail : Explain(common, outcome),
    };

    private static string Explain(TrackingEvent common, RecipientOutcome outcome) => common.Code switch
    {
        FindingCode.OutcomeUnknown =>
            $"{Sentence(outcome)} The message may have been taken all the same; it is sent again, so the recipient may have it twice.",
        FindingCode.MessageExpired => $"The time for attempts is over. The last one: {Sentence(outcome)}",
        _ => Sentence(outcome),
    };

    private static string? Remark(DeliveryReport report) =>
        report.Findings.FirstOrDefault(finding => finding.Severity != FindingSeverity.Information)?.Message;
}
