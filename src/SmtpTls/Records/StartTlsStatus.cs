namespace SmtpTls;

/// <summary>What a probe found when it asked for STARTTLS.</summary>
public enum StartTlsStatus
{
    /// <summary>EHLO listed STARTTLS, the command was answered with 220 and the handshake completed.</summary>
    Offered,

    /// <summary>EHLO did not list STARTTLS, and nothing explains why.</summary>
    NotOffered,

    /// <summary>EHLO did not list STARTTLS, and the reason is known: the server withholds it on loopback connections.</summary>
    Withheld,

    /// <summary>EHLO listed STARTTLS, but the command was answered with something other than 220.</summary>
    Refused,

    /// <summary>STARTTLS was answered with 220, but the TLS handshake failed.</summary>
    HandshakeFailed,

    /// <summary>There was no SMTP session to ask in: the name, the connection, the greeting or EHLO failed.</summary>
    Unreachable,

    /// <summary>The connection was in TLS from its first byte (implicit TLS, RFC 8314), where STARTTLS has no place.</summary>
    NotApplicable,
}
