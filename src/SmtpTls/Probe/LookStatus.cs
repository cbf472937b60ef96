using SmtpTls.Protocol;

namespace SmtpTls.Probe;

/// <summary>From what a session came to, to the one word for it.</summary>
internal static class LookStatus
{
    /// <summary>The status of a session that ended.</summary>
    /// <param name="mode">How TLS was to begin.</param>
    /// <param name="dialogue">What was said.</param>
    /// <param name="inTls">True where the handshake completed.</param>
    public static StartTlsStatus Of(TlsMode mode, ClientDialogue dialogue, bool inTls)
    {
        var failure = dialogue.Failure;

        // In TLS 1.3 the server may refuse the client after the client's side of the handshake is done.
        if (failure is { Code: FindingCode.HandshakeFailed } or { Phase: SmtpPhase.Handshake })
        {
            return StartTlsStatus.HandshakeFailed;
        }

        if (inTls)
        {
            return mode == TlsMode.Implicit ? StartTlsStatus.NotApplicable : StartTlsStatus.Offered;
        }

        if (dialogue.EhloBefore is not { } offered)
        {
            return IsBeforeEhlo(failure) ? StartTlsStatus.NotOffered : StartTlsStatus.Unreachable;
        }

        if (!offered.StartTls)
        {
            return StartTlsStatus.NotOffered;
        }

        // 220 and no handshake: something stood in its way, such as plain text behind the reply.
        return dialogue.StartTlsReply is { Code: 220 } ? StartTlsStatus.HandshakeFailed : StartTlsStatus.Refused;
    }

    /// <summary>True where the server is one that does not know EHLO (RFC 5321 §3.2), and so has no extension at all.</summary>
    public static bool IsBeforeEhlo(SmtpFailure? failure) =>
        failure is { Code: FindingCode.ServiceRefused, Phase: SmtpPhase.Hello, Reply.Code: 500 or 502 };
}
