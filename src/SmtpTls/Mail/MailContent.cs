namespace SmtpTls;

/// <summary>
/// What a message to be composed says: the header fields and a text. Every text may hold any Unicode character except
/// control characters, so that nothing given here can add a header field; line breaks belong into the body alone.
/// </summary>
public sealed record MailContent
{
    /// <summary>The author, <c>a@contoso.com</c> or <c>Jürgen &lt;a@contoso.com&gt;</c> (RFC 5322 §3.6.2).</summary>
    public required string From { get; init; }

    /// <summary>The primary recipients, one mailbox an entry, each with or without a display name. Default: none.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>The other recipients that everyone may see. Default: none.</summary>
    public IReadOnlyList<string> Cc { get; init; } = [];

    /// <summary>Where answers shall go instead of to <see cref="From"/>. Default: none.</summary>
    public IReadOnlyList<string> ReplyTo { get; init; } = [];

    /// <summary>The subject. Default: empty, and then the message has no such field.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The body as plain text. Line breaks may be CRLF, LF or CR; each becomes CRLF (RFC 5322 §2.3). Default: empty.</summary>
    public string TextBody { get; init; } = "";

    /// <summary>The time of writing. Default: now, with the local time zone's offset (RFC 5322 §3.3).</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>The message's identifier, with or without its angle brackets. Default: a random one at the domain of <see cref="From"/> (RFC 5322 §3.6.4).</summary>
    public string? MessageId { get; init; }

    /// <summary>
    /// Further header fields, name to value. The fields that are made from the other properties, the MIME fields and Bcc
    /// cannot be given here. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
}
