namespace SmtpTls;

/// <summary>Where a listener offers STARTTLS.</summary>
public enum StartTlsPolicy
{
    /// <summary>
    /// Everywhere but on connections with a loopback address (127.0.0.0/8, ::1, ::ffff:127.0.0.0/104) at either end.
    /// The default, after the Internet Mail Service of Exchange Server 5.5.
    /// </summary>
    ExceptLoopback,

    /// <summary>On every connection.</summary>
    Always,

    /// <summary>On none, though a certificate may be configured.</summary>
    Never,
}
