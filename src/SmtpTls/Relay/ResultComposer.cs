using SmtpTls.Mail;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>Turns what an attempt came to into what the queue records: who is done, who waits until when, the tracking log's entries, the reports.</summary>
/// <param name="owner">Who holds the leases.</param>
/// <param name="retry">The schedule.</param>
/// <param name="notifier">Makes the reports.</param>
/// <param name="clock">The clock.</param>
/// <param name="random">For the schedule. Used under a lock.</param>
internal sealed class ResultComposer(string owner, RetryOptions retry, Notifier notifier, TimeProvider clock, Random random)
{
    // RFC 3463 §3.5: delivery time expired. Class 4, because nothing but time was against it (RFC 3464 §2.3.4 allows it with "failed").
    private static readonly EnhancedStatusCode TimeIsOver = new(4, 4, 7);

    /// <summary>The result of an attempt.</summary>
    /// <param name="lease">The delivery.</param>
    /// <param name="report">What it came to.</param>
    /// <param name="level">The level that had to be reached.</param>
    /// <param name="cancellationToken">Ends the reading of a message that goes back.</param>
    public ValueTask<DeliveryResult> ComposeAsync(DeliveryLease lease, DeliveryReport report, TlsLevel level, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var verdict = AttemptVerdict.Of(lease, report.Recipients, retry, now, Chance());
        var events = AttemptTracking.Of(lease, report, verdict, level, now);
        var result = Result(lease, verdict, events);
        return NeedsReport(lease, report, verdict)
            ? AddReportsAsync(lease, report, verdict, result, events, cancellationToken)
            : ValueTask.FromResult(result);
    }

    /// <summary>The result of an attempt without any report: where writing one met a fault, what was delivered must not be delivered again for it.</summary>
    public DeliveryResult ComposeWithoutReports(DeliveryLease lease, DeliveryReport report, TlsLevel level)
    {
        var now = clock.GetUtcNow();
        var verdict = AttemptVerdict.Of(lease, report.Recipients, retry, now, Chance());
        return Result(lease, verdict, AttemptTracking.Of(lease, report, verdict, level, now));
    }

    /// <summary>The result for a delivery that nobody tried and that is old: its sender is told, and where its time is over it is given up.</summary>
    /// <param name="lease">The delivery.</param>
    /// <param name="failures">Why each recipient waits, by number.</param>
    /// <param name="cancellationToken">Ends the reading of a message that goes back.</param>
    public async ValueTask<DeliveryResult> ComposeAgedAsync(DeliveryLease lease, IReadOnlyDictionary<int, string> failures, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var report = new DeliveryReport
        {
            Recipients = lease.Recipients.Select(r => new RecipientOutcome(r, RecipientFate.Deferred, null, new SmtpFailure
            {
                Code = FindingCode.MessageExpired,
                Message = failures.GetValueOrDefault(r.Number, "It has not been tried yet."),
            })).ToArray(),
            Untried = true,
        };
        var verdict = AttemptVerdict.Of(lease, report.Recipients, retry, now, Chance()) with { TellOfDelay = !lease.DelayNotified };
        var events = verdict.Expired.Count == 0 ? [] : AttemptTracking.Of(lease with { Attempt = lease.Attempt - 1 }, report, verdict, default, now)
            .ConvertAll(entry => entry with { TlsLevel = null });
        var result = Result(lease, verdict, events) with
        {
            Deferred = [],
            Untried = true,
            DelayNotified = true,

            // As soon as its next hop is tried again: the back-off holds it until then.
            NextAttemptAt = verdict.NextAttemptAt is null ? null : now,
        };
        return NeedsReport(lease, report, verdict)
            ? await AddReportsAsync(lease, report, verdict, result, events, cancellationToken).ConfigureAwait(false)
            : result;
    }

    /// <summary>The result for a delivery that was not begun, to be tried after a pause.</summary>
    public DeliveryResult Postponed(DeliveryLease lease, TimeSpan pause) => new()
    {
        Delivery = lease.Delivery,
        Id = lease.Id,
        Owner = owner,
        Done = [],
        NextAttemptAt = clock.GetUtcNow() + pause,
        DelayNotified = lease.DelayNotified,
        Untried = true,
    };

    private DeliveryResult Result(DeliveryLease lease, AttemptVerdict verdict, List<TrackingEvent> events) => new()
    {
        Delivery = lease.Delivery,
        Id = lease.Id,
        Owner = owner,
        Done = verdict.Delivered.Concat(verdict.Failed).Concat(verdict.Expired).Select(outcome => outcome.Recipient.Number).ToArray(),
        Deferred = verdict.Deferred.Select(outcome => new DeferredRecipient(outcome.Recipient.Number, AttemptTracking.Sentence(outcome))).ToArray(),
        NextAttemptAt = verdict.NextAttemptAt,

        // Also where the sender did not want to hear of it: it is said once, or never.
        DelayNotified = lease.DelayNotified || verdict.TellOfDelay,
        Events = events,
    };

    private static bool NeedsReport(DeliveryLease lease, DeliveryReport report, AttemptVerdict verdict) =>
        lease.ReversePath.Length > 0
        && (verdict.Failed.Count > 0 || verdict.Expired.Count > 0 || verdict.TellOfDelay
            || (!report.OfferedDsn && verdict.Delivered.Any(outcome => outcome.Recipient.Notify.HasFlag(DsnNotify.Success))));

    private async ValueTask<DeliveryResult> AddReportsAsync(
        DeliveryLease lease, DeliveryReport report, AttemptVerdict verdict, DeliveryResult result, List<TrackingEvent> events, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        ReportedRecipient[] failed =
        [
            .. Reported(lease, report, verdict.Failed, ReportedAction.Failed, now),
            .. Reported(lease, report, verdict.Expired, ReportedAction.Failed, now).Select(r => r with { Status = TimeIsOver }),
        ];
        var delayed = verdict.TellOfDelay ? Reported(lease, report, verdict.Deferred, ReportedAction.Delayed, now).ToArray() : [];

        // RFC 3461 §5.2.2: where the next hop offers DSN, success is its to report.
        var relayed = report.OfferedDsn ? [] : Reported(lease, report, verdict.Delivered, ReportedAction.Relayed, now).ToArray();
        var notifications = new List<Notification>();
        foreach (var (action, recipients) in new[] { (ReportedAction.Failed, failed), (ReportedAction.Delayed, delayed), (ReportedAction.Relayed, relayed) })
        {
            if (recipients.Length > 0)
            {
                await ReportAsync(lease, action, recipients, notifications, events, cancellationToken).ConfigureAwait(false);
            }
        }

        return result with { Notifications = notifications };
    }

    private async ValueTask ReportAsync(
        DeliveryLease lease, ReportedAction action, ReportedRecipient[] recipients, List<Notification> notifications, List<TrackingEvent> events, CancellationToken cancellationToken)
    {
        var message = new ReportedMessage(lease.Id, lease.ReversePath, lease.ReceivedAt)
        {
            EnvelopeId = lease.EnvelopeId,
            Return = lease.Return,
            NeedsSmtpUtf8 = lease.NeedsSmtpUtf8,
        };
        var notification = await notifier.ReportAsync(message, action, recipients, lease.ReceivedAt + retry.GiveUpAfter, cancellationToken).ConfigureAwait(false);
        if (notification is not null)
        {
            notifications.Add(notification);
        }

        events.Add(NotificationTracking.About(message, lease.MessageId, action, recipients, notification, clock.GetUtcNow()));
    }

    private static IEnumerable<ReportedRecipient> Reported(
        DeliveryLease lease, DeliveryReport report, IReadOnlyList<RecipientOutcome> outcomes, ReportedAction action, DateTimeOffset now) =>
        from outcome in outcomes
        where Notifier.Wants(lease.ReversePath, outcome.Recipient.Notify, action)
        let bySystem = outcome.Failure is not null && report.EndPoint is null
        select new ReportedRecipient(outcome.Recipient.Address, Status(outcome, action), Reason(outcome, action))
        {
            OriginalRecipient = outcome.Recipient.OriginalRecipient,
            Reply = bySystem ? null : outcome.Reply,
            RemoteHost = bySystem ? null : report.Host,
            LastAttemptAt = report.Untried ? null : now,
        };

    // The class says what is told: a 4xx that goes on to be tried is 4, whatever the server wrote.
    private static EnhancedStatusCode Status(RecipientOutcome outcome, ReportedAction action)
    {
        var given = outcome.Reply?.Enhanced;
        var @class = action switch { ReportedAction.Relayed => 2, ReportedAction.Delayed => 4, _ => 5 };
        return given is { } code && (code.Class == @class || action == ReportedAction.Failed) ? code : new EnhancedStatusCode(@class, 0, 0);
    }

    private static string Reason(RecipientOutcome outcome, ReportedAction action) => action == ReportedAction.Relayed
        ? "It was passed on to the next server."
        : AttemptTracking.Sentence(outcome);

    private double Chance()
    {
        lock (random)
        {
            return random.NextDouble();
        }
    }
}
