namespace SmtpTls.Protocol;

/// <summary>A mail transaction's envelope (RFC 5321 §2.3.1).</summary>
internal sealed class ReceivedEnvelope(MailPath reversePath, MailParameters parameters)
{
    private readonly List<EnvelopeRecipient> _recipients = [];

    public MailPath ReversePath { get; } = reversePath;

    public MailParameters Parameters { get; } = parameters;

    public IReadOnlyList<EnvelopeRecipient> Recipients => _recipients;

    public void Add(MailPath recipient, RecipientParameters parameters) => _recipients.Add(new EnvelopeRecipient(recipient, parameters));
}

/// <summary>A recipient with what was said of it.</summary>
internal readonly record struct EnvelopeRecipient(MailPath Path, RecipientParameters Parameters);
