namespace SmtpTls;

/// <summary>How TLS begins on a connection.</summary>
public enum TlsMode
{
    /// <summary>The session begins in plain text and is upgraded by the STARTTLS command (RFC 3207).</summary>
    StartTls,

    /// <summary>The TLS handshake is the first thing on the connection (RFC 8314 §3.3, port 465).</summary>
    Implicit,

    /// <summary>No TLS.</summary>
    None,
}
