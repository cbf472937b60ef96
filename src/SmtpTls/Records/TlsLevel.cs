namespace SmtpTls;

/// <summary>What must hold of TLS before mail goes out, with Postfix's meanings (smtp_tls_security_level).</summary>
public enum TlsLevel
{
    /// <summary>TLS is not used, even where it is offered.</summary>
    None,

    /// <summary>
    /// TLS where it is offered; the certificate is reported and not enforced (RFC 7435). After a failed handshake a
    /// new connection may go in plain text, at this level only, and the result says so.
    /// </summary>
    Opportunistic,

    /// <summary>TLS is required; the certificate is reported and not enforced.</summary>
    Encrypt,

    /// <summary>TLS is required and the peer's certificate or public key has one of the given SHA-256 fingerprints; names and chains do not matter.</summary>
    Fingerprint,

    /// <summary>TLS is required, the chain is trusted (RFC 5280) and a name in the certificate matches the host name of the server (RFC 9525).</summary>
    Verify,

    /// <summary>TLS is required, the chain is trusted and a name in the certificate matches the next-hop domain or the given server name, never what DNS answered.</summary>
    Secure,
}
