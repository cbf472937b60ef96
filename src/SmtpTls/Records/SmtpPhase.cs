namespace SmtpTls;

/// <summary>The steps of a client's way to a server, in their order. Failures and timings name them.</summary>
public enum SmtpPhase
{
    /// <summary>Looking up the addresses of the host.</summary>
    Resolve,

    /// <summary>Opening the TCP connection.</summary>
    Connect,

    /// <summary>Waiting for the server's 220 banner.</summary>
    Greeting,

    /// <summary>EHLO (or HELO) and its reply, in plain text.</summary>
    Hello,

    /// <summary>The STARTTLS command and its reply.</summary>
    StartTls,

    /// <summary>The TLS handshake and the verification of the peer.</summary>
    Handshake,

    /// <summary>EHLO again, inside TLS.</summary>
    HelloAfterTls,

    /// <summary>AUTH and its exchange.</summary>
    Authenticate,

    /// <summary>MAIL FROM and its reply.</summary>
    MailFrom,

    /// <summary>RCPT TO and its reply.</summary>
    RcptTo,

    /// <summary>DATA (or BDAT) and its 354 reply.</summary>
    Data,

    /// <summary>Sending the message's bytes.</summary>
    Message,

    /// <summary>Waiting for the reply to the final dot (or BDAT LAST).</summary>
    FinalReply,

    /// <summary>QUIT and its reply.</summary>
    Quit,
}
