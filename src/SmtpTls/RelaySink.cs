using SmtpTls.Relay;

namespace SmtpTls;

/// <summary>Takes what a listener receives into a relay's queue. 250 is said when the queue has it on disk, and not before.</summary>
/// <param name="intake">The way into the queue.</param>
/// <param name="listener">The listener's name, for the tracking log; null where it has none of its own.</param>
/// <param name="failed">Told of each failure of the queue, before the client hears 4xx.</param>
internal sealed class RelaySink(RelayIntake intake, string? listener, Action<SmtpFailure>? failed = null) : IMessageSink
{
    private static readonly SmtpReply TryAgain = new(451, new EnhancedStatusCode(4, 3, 0), ["The message could not be queued; try again later"]);

    /// <inheritdoc/>
    public async ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        using (message)
        {
            try
            {
                var answer = await intake.AcceptAsync(Describe(message), cancellationToken).ConfigureAwait(false);
                if (answer.Id is not { } id)
                {
                    return answer.Failure!.Reply!;
                }

                message.Id = id.ToString();
                return new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), [$"Ok: queued as {id}"]);
            }
            catch (SmtpException e)
            {
                // The client keeps its message; whoever runs the relay is told why.
                failed?.Invoke(e.Failure);
                return e.Failure.Reply ?? TryAgain;
            }
        }
    }

    private IntakeMessage Describe(ReceivedMessage message) => new()
    {
        ReversePath = message.From,
        Recipients = message.Recipients
            .Select(r => new IntakeRecipient(r.Recipient) { Notify = r.Notify, OriginalRecipient = r.OriginalRecipient })
            .ToArray(),
        OpenContent = message.OpenRead,
        Size = message.Size,
        ReceivedAt = message.ReceivedAt,
        Protocol = message.Protocol,
        HasEightBit = message.HasEightBit,
        NeedsSmtpUtf8 = message.NeedsSmtpUtf8,
        Return = message.Return,
        EnvelopeId = message.EnvelopeId,
        Origin = new MessageOrigin
        {
            Kind = MessageSourceKind.Smtp,
            Source = listener,
            RemoteEndPoint = message.RemoteEndPoint,
            HelloName = message.HelloName,
            User = message.User,
            Tls = message.Tls,
            ClientCertificateSha256 = message.ClientCertificateSha256,
        },
    };
}
