namespace SmtpTls;

/// <summary>A recipient of a message that a listener received.</summary>
/// <param name="Recipient">The forward-path, without angle brackets.</param>
public sealed record ReceivedRecipient(string Recipient)
{
    /// <summary>When the sender wants to hear of it (RFC 3461 §4.1, NOTIFY).</summary>
    public DsnNotify Notify { get; init; }

    /// <summary>The original recipient (RFC 3461 §4.2, ORCPT) as it was given, in xtext, for example <c>rfc822;a@test</c>; null where none was.</summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>The address.</summary>
    public override string ToString() => Recipient;
}
