using System.Net;

namespace SmtpTls;

/// <summary>Says for whom a listener takes mail.</summary>
public interface IRecipientPolicy
{
    /// <summary>Decides about one RCPT. An exception is answered with 451. Called on the session's thread; must return at once.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="recipient">The forward-path, without angle brackets.</param>
    /// <returns>The refusal, 4xx or 5xx; null to accept.</returns>
    SmtpReply? Check(SessionIdentity client, string recipient);
}

/// <summary>What is known of a client when it names a recipient. Holds no secret.</summary>
public sealed record SessionIdentity
{
    /// <summary>The client's address and port.</summary>
    public required IPEndPoint Remote { get; init; }

    /// <summary>The address and port that it connected to.</summary>
    public required IPEndPoint Local { get; init; }

    /// <summary>What it called itself, or null.</summary>
    public string? HelloName { get; init; }

    /// <summary>The user that authenticated, or null.</summary>
    public string? User { get; init; }

    /// <summary>SHA-256 over the certificate that it showed and whose key it proved to hold, in hexadecimal, or null.</summary>
    public string? ClientCertificateSha256 { get; init; }

    /// <summary>SHA-256 over that certificate's public key (SubjectPublicKeyInfo) in hexadecimal, which a renewal may keep; or null.</summary>
    public string? ClientPublicKeySha256 { get; init; }

    /// <summary>The TLS session, or null in plain text.</summary>
    public TlsEvidence? Tls { get; init; }
}
