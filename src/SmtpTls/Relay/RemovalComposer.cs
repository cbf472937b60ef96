using SmtpTls.Mail;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>Says what is recorded of a message that an administrator removes, and writes the report to its sender.</summary>
/// <param name="notifier">Makes the reports.</param>
/// <param name="clock">The clock.</param>
internal sealed class RemovalComposer(Notifier notifier, TimeProvider clock)
{
    private const string Reason = "It was removed from the queue by an administrator and will not be delivered.";

    // RFC 3463 §3.4: the system does not take the message; what Exchange says of messages that its queue tools delete.
    private static readonly EnhancedStatusCode Removed = new(5, 3, 2);

    /// <summary>The removal of a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="report">True to tell the sender, as far as the sender wants to hear of it (RFC 3461 §4.1).</param>
    /// <param name="by">Who removes it, or null.</param>
    /// <param name="cancellationToken">Ends the reading of the message.</param>
    public async ValueTask<MessageRemoval> ComposeAsync(QueuedMessage message, bool report, string? by, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var events = new List<TrackingEvent>
        {
            new()
            {
                Time = now,
                Kind = TrackingEventKind.Remove,
                Id = message.Id,
                MessageId = message.MessageId,
                From = message.From,
                Recipients = message.Recipients.Select(recipient => recipient.Recipient).ToArray(),
                Size = message.Size,
                Detail = $"Removed{(string.IsNullOrWhiteSpace(by) ? "" : $" by {Protocol.Printable.Line(by, 200)}")}{(report ? ", with a report to the sender" : "")}.",
                Age = RetrySchedule.Age(message.ReceivedAt, now),
            },
        };
        var told = !report ? [] : message.Recipients
            .Where(recipient => Notifier.Wants(message.From, recipient.Notify, ReportedAction.Failed))
            .Select(recipient => new ReportedRecipient(recipient.Recipient, Removed, Reason) { OriginalRecipient = recipient.OriginalRecipient })
            .ToArray();
        if (told.Length == 0)
        {
            return new MessageRemoval(message.Id) { Events = events };
        }

        var reported = new ReportedMessage(message.Id, message.From, message.ReceivedAt)
        {
            EnvelopeId = message.EnvelopeId,
            Return = message.Return,
            NeedsSmtpUtf8 = message.NeedsSmtpUtf8,
        };
        var notification = await notifier.ReportAsync(reported, ReportedAction.Failed, told, retryUntil: null, cancellationToken).ConfigureAwait(false);
        events.Add(NotificationTracking.About(reported, message.MessageId, ReportedAction.Failed, told, notification, now));
        return new MessageRemoval(message.Id) { Events = events, Notifications = notification is null ? [] : [notification] };
    }
}
