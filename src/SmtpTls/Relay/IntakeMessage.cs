namespace SmtpTls.Relay;

/// <summary>A message that wants into the queue, by whatever door.</summary>
internal sealed record IntakeMessage
{
    /// <summary>Its name in the queue, where that was made before it came here; null: it is made here.</summary>
    public QueueId? Id { get; init; }

    /// <summary>The reverse-path, without angle brackets; empty for the null reverse-path.</summary>
    public required string ReversePath { get; init; }

    /// <summary>The recipients; at least one.</summary>
    public required IReadOnlyList<IntakeRecipient> Recipients { get; init; }

    /// <summary>Opens header and body from the beginning, without our trace header. Called twice: what is read first is the header.</summary>
    public required Func<Stream> OpenContent { get; init; }

    /// <summary>Bytes that <see cref="OpenContent"/> gives.</summary>
    public required long Size { get; init; }

    /// <summary>When its last byte arrived.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>How it came in.</summary>
    public required MessageOrigin Origin { get; init; }

    /// <summary>The transmission type for the trace header (RFC 3848: <c>ESMTPSA</c> and the like); null where it did not come by SMTP.</summary>
    public string? Protocol { get; init; }

    /// <summary>True where a byte of it has its high bit set.</summary>
    public bool HasEightBit { get; init; }

    /// <summary>True where it was sent with SMTPUTF8, or would have to be.</summary>
    public bool NeedsSmtpUtf8 { get; init; }

    /// <summary>What the sender wants back on failure.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>The envelope id (ENVID), in xtext, or null.</summary>
    public string? EnvelopeId { get; init; }
}

/// <summary>A recipient of a message that wants into the queue.</summary>
/// <param name="Address">The forward-path, without angle brackets.</param>
internal sealed record IntakeRecipient(string Address)
{
    /// <summary>When the sender wants to hear of it.</summary>
    public DsnNotify Notify { get; init; }

    /// <summary>ORCPT, in xtext, or null.</summary>
    public string? OriginalRecipient { get; init; }
}

/// <summary>What became of it.</summary>
/// <param name="Id">Its name in the queue, where it is there.</param>
/// <param name="Failure">Why it is not; its <see cref="SmtpFailure.Reply"/> is what a client hears. Null exactly where it is.</param>
internal sealed record IntakeAnswer(QueueId? Id, SmtpFailure? Failure);
