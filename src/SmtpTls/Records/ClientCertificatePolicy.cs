namespace SmtpTls;

/// <summary>Whether a listener asks clients for a certificate (RFC 8446 §4.3.2).</summary>
public enum ClientCertificatePolicy
{
    /// <summary>It does not ask.</summary>
    None,

    /// <summary>It asks; who shows none is served all the same.</summary>
    Request,

    /// <summary>
    /// It asks, and refuses mail from who shows none: 530 at MAIL, also where a connection has no TLS. The handshake itself
    /// completes, so that the client reads why; a handshake that is cut off looks to it like a lost connection. Whose
    /// certificate it is decides nothing here: any one will do, and permissions go by its fingerprint.
    /// </summary>
    Require,
}
