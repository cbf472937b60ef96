using System.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>A session that is open, or why there is none, with what was found on the way.</summary>
/// <param name="Session">Open and idle; whoever asked for it disposes it. Null exactly where there is a failure.</param>
/// <param name="Failure">Why there is none.</param>
internal sealed record SessionOpening(ClientSession? Session, SmtpFailure? Failure)
{
    /// <summary>The TLS session, also of a peer that was refused; null where there was none.</summary>
    public TlsEvidence? Tls { get; init; }

    /// <summary>What is to be known of the peer and of what it offered.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Why TLS failed on a connection before this one, which goes without (level Opportunistic); else null.</summary>
    public SmtpFailure? BrokenTls { get; init; }

    /// <summary>What <see cref="BrokenTls"/> means for a message; null where TLS did not fail.</summary>
    /// <param name="endpoint">The endpoint that was dialled.</param>
    /// <param name="host">The server as messages name it.</param>
    /// <param name="wentOut">True where a message was accepted on this session.</param>
    public Finding? FallenBack(string host, IPEndPoint endpoint, bool wentOut) => BrokenTls is not { } broken
        ? null
        : wentOut
            ? new Finding(
                FindingCode.SentInPlainText,
                FindingSeverity.Warning,
                $"The message went to {ClientFailures.Place(host, endpoint)} in plain text, because TLS failed and level Opportunistic allows it.",
                broken.ToString(),
                "Mend the server's TLS, or use level Encrypt or higher so that nothing is sent without it.")
            : new Finding(broken.Code, FindingSeverity.Warning, broken.Message, broken.Cause ?? "", broken.Advice);
}
