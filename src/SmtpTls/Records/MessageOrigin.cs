namespace SmtpTls;

/// <summary>The door by which a message came into the queue.</summary>
public enum MessageSourceKind
{
    /// <summary>By SMTP.</summary>
    Smtp,

    /// <summary>From the pickup folder.</summary>
    Pickup,

    /// <summary>By an administrator's import.</summary>
    Import,

    /// <summary>The relay itself wrote it: a delivery status notification.</summary>
    Relay,
}

/// <summary>How a message came into the queue. Holds no secret.</summary>
public sealed record MessageOrigin
{
    /// <summary>The door.</summary>
    public required MessageSourceKind Kind { get; init; }

    /// <summary>The listener's name, the file's name, or null.</summary>
    public string? Source { get; init; }

    /// <summary>The client's address and port, or null.</summary>
    public string? RemoteEndPoint { get; init; }

    /// <summary>What the client called itself in EHLO, or null.</summary>
    public string? HelloName { get; init; }

    /// <summary>The user that authenticated, or null.</summary>
    public string? User { get; init; }

    /// <summary>The TLS session that it came through, or null where it came in plain text or not by SMTP.</summary>
    public TlsEvidence? Tls { get; init; }

    /// <summary>SHA-256 over the certificate that the client showed, in hexadecimal, or null where it showed none.</summary>
    public string? ClientCertificateSha256 { get; init; }
}
