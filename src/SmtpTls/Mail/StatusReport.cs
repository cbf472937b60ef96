namespace SmtpTls.Mail;

/// <summary>What a report says became of its recipients (RFC 3464 §2.3.3).</summary>
internal enum ReportedAction
{
    /// <summary>It will not be delivered to them.</summary>
    Failed,

    /// <summary>It is still tried.</summary>
    Delayed,

    /// <summary>It was handed to a server that does not report success.</summary>
    Relayed,
}

/// <summary>What a delivery status notification tells.</summary>
internal sealed record StatusReport
{
    /// <summary>What became of the recipients: one thing for all of them.</summary>
    public required ReportedAction Action { get; init; }

    /// <summary>The report's own name in the queue.</summary>
    public required QueueId Id { get; init; }

    /// <summary>Some random characters for the boundary, so that no message can hold it on purpose.</summary>
    public required string Token { get; init; }

    /// <summary>The host that reports.</summary>
    public required string ReportingHost { get; init; }

    /// <summary>Who is told: the message's reverse-path, without angle brackets.</summary>
    public required string Sender { get; init; }

    /// <summary>The present time.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The message's name in the queue.</summary>
    public required QueueId MessageQueueId { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset ArrivedAt { get; init; }

    /// <summary>The envelope id (ENVID), in xtext, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>True where the message was sent with SMTPUTF8: so its sender can read a report of RFC 6533.</summary>
    public bool Utf8 { get; init; }

    /// <summary>Until when it is tried; for <see cref="ReportedAction.Delayed"/>.</summary>
    public DateTimeOffset? RetryUntil { get; init; }

    /// <summary>The recipients; at least one.</summary>
    public required IReadOnlyList<ReportedRecipient> Recipients { get; init; }

    /// <summary>What of the message goes back with it.</summary>
    public required ReturnedContent Content { get; init; }
}

/// <summary>A recipient in a report.</summary>
/// <param name="Address">The forward-path, without angle brackets.</param>
/// <param name="Status">The status: class 2, 4 or 5.</param>
/// <param name="Reason">One or two sentences in plain words.</param>
internal sealed record ReportedRecipient(string Address, EnhancedStatusCode Status, string Reason)
{
    /// <summary>ORCPT, in xtext, or null.</summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>The reply of the server, or null where none decided.</summary>
    public SmtpReply? Reply { get; init; }

    /// <summary>The server's name, or null.</summary>
    public string? RemoteHost { get; init; }

    /// <summary>When the last attempt was made, or null where none was.</summary>
    public DateTimeOffset? LastAttemptAt { get; init; }
}
