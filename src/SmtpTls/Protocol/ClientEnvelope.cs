namespace SmtpTls.Protocol;

/// <summary>The envelope of one message, and what of the message matters to the dialogue.</summary>
internal sealed record ClientEnvelope
{
    /// <summary>The reverse-path.</summary>
    public required MailPath From { get; init; }

    /// <summary>The recipients; at least one.</summary>
    public required IReadOnlyList<ClientRecipient> Recipients { get; init; }

    /// <summary>The message's size in bytes, as announced by SIZE (RFC 1870 §6.1: an estimate is allowed).</summary>
    public required long Size { get; init; }

    /// <summary>True where a byte of the message has its high bit set: the server must know 8BITMIME (RFC 6152).</summary>
    public bool HasEightBit { get; init; }

    /// <summary>True where the message's own headers need SMTPUTF8 (RFC 6531), whatever its addresses are.</summary>
    public bool NeedsSmtpUtf8 { get; init; }

    /// <summary>RET (RFC 3461 §4.3). Said only to a server that offers DSN.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>ENVID (RFC 3461 §4.4) in xtext, or null. Said only to a server that offers DSN.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>
    /// Exactly how many octets the message has as BDAT sends it, where the caller holds it ready in memory; null where it
    /// does not: then it goes by DATA.
    /// </summary>
    public int? ChunkSize { get; init; }
}

/// <summary>A recipient of an envelope.</summary>
/// <param name="Path">The forward-path.</param>
/// <param name="Notify">NOTIFY (RFC 3461 §4.1). Said only to a server that offers DSN.</param>
/// <param name="OriginalRecipient">ORCPT (RFC 3461 §4.2) in xtext, or null. Said only to a server that offers DSN.</param>
internal sealed record ClientRecipient(MailPath Path, DsnNotify Notify = DsnNotify.Unspecified, string? OriginalRecipient = null);

/// <summary>How one envelope ended.</summary>
/// <param name="Recipients">One entry a recipient, in the envelope's order.</param>
/// <param name="Reply">The reply to the message itself, where it came to that.</param>
/// <param name="QueueId">The server's name for the message, where its reply tells one.</param>
/// <param name="Failure">Why not every recipient was accepted; null exactly where all were.</param>
internal sealed record TransactionOutcome(
    IReadOnlyList<RecipientResult> Recipients, SmtpReply? Reply, string? QueueId, SmtpFailure? Failure)
{
    /// <summary>True where the server answered MAIL, whatever it said: it knows of this envelope.</summary>
    public bool MailAnswered { get; init; }

    /// <summary>True where the whole message was out and the connection ended before the reply to it: nobody knows whether it was taken.</summary>
    public bool MayHaveBeenTaken { get; init; }
}
