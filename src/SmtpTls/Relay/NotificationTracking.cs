using SmtpTls.Mail;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>Writes the tracking log's entry about a report.</summary>
internal static class NotificationTracking
{
    /// <summary>The entry: that it was queued and under which name, or that it could not be.</summary>
    public static TrackingEvent About(
        ReportedMessage message, string? messageId, ReportedAction action, IReadOnlyList<ReportedRecipient> recipients, Notification? notification, DateTimeOffset now) => new()
        {
            Time = now,
            Kind = TrackingEventKind.Dsn,
            Id = message.Id,
            MessageId = messageId,
            From = message.ReversePath,
            Recipients = recipients.Select(recipient => recipient.Address).ToArray(),
            Code = notification is null ? FindingCode.NoRoute : null,
            Detail = notification is null
            ? $"The sender could not be told that it was {Word(action)}: no route leads to <{message.ReversePath}>."
            : $"The sender is told that it was {Word(action)}, by {notification.Message.Id}.",
            Age = RetrySchedule.Age(message.ReceivedAt, now),
        };

    private static string Word(ReportedAction action) => action switch
    {
        ReportedAction.Failed => "not delivered",
        ReportedAction.Delayed => "delayed",
        _ => "passed on",
    };
}
