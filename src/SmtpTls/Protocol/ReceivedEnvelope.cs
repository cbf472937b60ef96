namespace SmtpTls.Protocol;

/// <summary>A mail transaction's envelope (RFC 5321 §2.3.1).</summary>
internal sealed class ReceivedEnvelope(MailPath reversePath, MailParameters parameters)
{
    private readonly List<MailPath> _recipients = [];

    public MailPath ReversePath { get; } = reversePath;

    public MailParameters Parameters { get; } = parameters;

    public IReadOnlyList<MailPath> Recipients => _recipients;

    public void Add(MailPath recipient) => _recipients.Add(recipient);
}
