using System.Globalization;
using SmtpTls.Mail;
using SmtpTls.Protocol;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>What a report needs to know of the message that it is about.</summary>
internal sealed record ReportedMessage(QueueId Id, string ReversePath, DateTimeOffset ReceivedAt)
{
    /// <summary>The envelope id (ENVID), in xtext, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>What the sender wants back on failure.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>True where it was sent with SMTPUTF8.</summary>
    public bool NeedsSmtpUtf8 { get; init; }
}

/// <summary>Makes the delivery status notifications of a relay, ready to be queued.</summary>
/// <param name="hostName">The name by which it reports.</param>
/// <param name="nextHopOf">A domain's next hop; null where no route leads there.</param>
/// <param name="ids">Names for the reports.</param>
/// <param name="clock">The clock.</param>
/// <param name="random">For boundaries. Used under a lock.</param>
/// <param name="openContent">Opens the message that a report is about; null where it is gone.</param>
internal sealed class Notifier(
    string hostName,
    Func<string, string?> nextHopOf,
    QueueIdSource ids,
    TimeProvider clock,
    Random random,
    Func<QueueId, CancellationToken, ValueTask<Stream?>> openContent)
{
    /// <summary>True where the sender is to hear of this recipient (RFC 3461 §4.1, §5.2); never where there is no sender.</summary>
    public static bool Wants(string reversePath, DsnNotify notify, ReportedAction action) => reversePath.Length > 0 && action switch
    {
        ReportedAction.Relayed => notify.HasFlag(DsnNotify.Success),
        ReportedAction.Delayed => notify == DsnNotify.Unspecified || notify.HasFlag(DsnNotify.Delay),
        _ => notify == DsnNotify.Unspecified || notify.HasFlag(DsnNotify.Failure),
    };

    /// <summary>A report about recipients who share one fate; null where no route leads to the sender.</summary>
    /// <param name="message">The message.</param>
    /// <param name="action">What became of the recipients.</param>
    /// <param name="recipients">Those whose sender wants to hear of them; at least one.</param>
    /// <param name="retryUntil">Until when they are tried; for <see cref="ReportedAction.Delayed"/>.</param>
    /// <param name="cancellationToken">Ends the reading of the message.</param>
    public async ValueTask<Notification?> ReportAsync(
        ReportedMessage message, ReportedAction action, IReadOnlyList<ReportedRecipient> recipients, DateTimeOffset? retryUntil, CancellationToken cancellationToken)
    {
        if (!RouteTable.TryDomainOf(message.ReversePath, out var domain) || nextHopOf(domain) is not { } nextHop)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var report = new StatusReport
        {
            Action = action,
            Id = ids.Next(),
            Token = Token(),
            ReportingHost = hostName,
            Sender = message.ReversePath,
            Time = now,
            MessageQueueId = message.Id,
            ArrivedAt = message.ReceivedAt,
            EnvelopeId = message.EnvelopeId,
            Utf8 = message.NeedsSmtpUtf8,
            RetryUntil = retryUntil,
            Recipients = recipients,

            // RET is about failures only (RFC 3461 §4.3); who asked for nothing gets the header, so that forged senders are not sent whole messages.
            Content = await ReadAsync(message.Id, action == ReportedAction.Failed && message.Return == DsnReturn.Full, cancellationToken).ConfigureAwait(false),
        };
        var bytes = DeliveryStatusNotification.Compose(report);
        return new Notification(Describe(report, bytes, new NewRecipient(message.ReversePath, domain, nextHop)), bytes);
    }

    private static NewMessage Describe(StatusReport report, byte[] bytes, NewRecipient sender)
    {
        var origin = new MessageOrigin { Kind = MessageSourceKind.Relay };
        var messageId = $"<{report.Id}.{report.Token}@{report.ReportingHost}>";
        return new NewMessage
        {
            Id = report.Id,
            ReversePath = "",

            // Nobody is to hear of what becomes of a report (RFC 3461 §6.1 and §5.2.7, by NOTIFY=NEVER where DSN is offered).
            Recipients = [sender with { Notify = DsnNotify.Never }],
            Size = bytes.Length,
            ReceivedAt = report.Time,
            Origin = origin,
            HasEightBit = bytes.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)0x7F),
            NeedsSmtpUtf8 = MailPath.TryParse(sender.Address, out var path, out _) && path.NeedsSmtpUtf8,
            Return = DsnReturn.Headers,
            MessageId = messageId,
            Subject = StatusReportText.Subject(report),
            Events =
            [
                new TrackingEvent
                {
                    Time = report.Time,
                    Kind = TrackingEventKind.Receive,
                    Id = report.Id,
                    MessageId = messageId,
                    From = "",
                    Recipients = [sender.Address],
                    Size = bytes.Length,
                    Origin = origin,
                    Detail = $"Report about {report.MessageQueueId}.",
                },
            ],
        };
    }

    // A report without the message says what matters; one that is not sent says nothing.
    private async ValueTask<ReturnedContent> ReadAsync(QueueId id, bool whole, CancellationToken cancellationToken)
    {
        try
        {
            var content = await openContent(id, cancellationToken).ConfigureAwait(false);
            if (content is null)
            {
                return ReturnedContent.None;
            }

            await using (content.ConfigureAwait(false))
            {
                return await ReturnedContent.ReadAsync(content, whole, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (SmtpException)
        {
            // The queue cannot be read now. The report says that the message could not be.
            return ReturnedContent.None;
        }
    }

    private string Token()
    {
        lock (random)
        {
            return random.NextInt64(long.MaxValue).ToString("x16", CultureInfo.InvariantCulture);
        }
    }
}
