namespace SmtpTls;

/// <summary>What a server said to one recipient.</summary>
/// <param name="Recipient">The forward-path, without angle brackets.</param>
/// <param name="Accepted">True only where the recipient was accepted and the message after it.</param>
/// <param name="Reply">The reply that decided: to RCPT where it refused, else to the message; null where it never came to that.</param>
public sealed record RecipientResult(string Recipient, bool Accepted, SmtpReply? Reply)
{
    /// <summary>Recipient, outcome and reply in one line.</summary>
    public override string ToString() => $"{Recipient}: {(Accepted ? "accepted" : "not accepted")}{(Reply is null ? "" : $", {Reply}")}";
}

/// <summary>How sending one message went.</summary>
public sealed record SendResult
{
    /// <summary>The server that was asked for, as it was given.</summary>
    public required string Server { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>The address that was dialled last, or null where it never came to that.</summary>
    public string? Address { get; init; }

    /// <summary>The reverse-path, without angle brackets; empty for the null reverse-path.</summary>
    public required string From { get; init; }

    /// <summary>One entry a recipient, in the order given.</summary>
    public required IReadOnlyList<RecipientResult> Recipients { get; init; }

    /// <summary>True where every recipient was accepted.</summary>
    public bool Accepted => Recipients.Count > 0 && Recipients.All(r => r.Accepted);

    /// <summary>The Message-ID header's value, where the message was composed here.</summary>
    public string? MessageId { get; init; }

    /// <summary>The server's reply to the message.</summary>
    public SmtpReply? Reply { get; init; }

    /// <summary>The queue id, as far as the server's reply names one.</summary>
    public string? QueueId { get; init; }

    /// <summary>The TLS session, or null where the message did not go through TLS.</summary>
    public TlsEvidence? Tls { get; init; }

    /// <summary>Time a phase, in the order they were gone through.</summary>
    public IReadOnlyList<PhaseTiming> Timings { get; init; } = [];

    /// <summary>What is to be known although (or because) of the outcome.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Why not every recipient was accepted; null exactly where <see cref="Accepted"/> is true.</summary>
    public SmtpFailure? Failure { get; init; }

    /// <summary>Outcome, server and recipients in one line.</summary>
    public override string ToString() => Failure is null
        ? $"Accepted by {Server} for {string.Join(", ", Recipients.Select(r => r.Recipient))}"
        : $"Not accepted by {Server}: {Failure.Code}";
}
