using System.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>A message as it came in, with how it came. Whoever gets it disposes it.</summary>
internal sealed class ReceivedMail(ReceivedEnvelope envelope, MessageSpool body, SessionFacts session) : IDisposable
{
    public ReceivedEnvelope Envelope { get; } = envelope;

    public MessageSpool Body { get; } = body;

    public SessionFacts Session { get; } = session;

    public void Dispose() => Body.Dispose();
}

/// <summary>What is known of the session that a message came through.</summary>
internal sealed record SessionFacts(IPEndPoint Remote, IPEndPoint Local)
{
    public string? HelloName { get; init; }

    /// <summary>True where the client said EHLO, false where it said HELO.</summary>
    public bool IsExtended { get; init; }

    public TlsEvidence? Tls { get; init; }

    public string? User { get; init; }

    /// <summary>The certificate that the client showed, or null.</summary>
    public PresentedClientCertificate? ClientCertificate { get; init; }
}
