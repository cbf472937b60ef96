namespace SmtpTls;

/// <summary>What kind of thing happened at a listener.</summary>
public enum ListenerEventKind
{
    /// <summary>A connection was opened.</summary>
    Connected,

    /// <summary>A connection was turned away with 421: a limit was reached.</summary>
    TurnedAway,

    /// <summary>A TLS handshake completed.</summary>
    TlsEstablished,

    /// <summary>A TLS handshake failed, or plain text came where TLS was to begin.</summary>
    TlsFailed,

    /// <summary>A user authenticated.</summary>
    Authenticated,

    /// <summary>A credential was wrong, could not be verified, or came after too many wrong ones.</summary>
    AuthenticationFailed,

    /// <summary>A recipient was refused by the listener's policy.</summary>
    RecipientRefused,

    /// <summary>A message was accepted with 250.</summary>
    MessageAccepted,

    /// <summary>A message was refused.</summary>
    MessageRefused,

    /// <summary>A session ended otherwise than by QUIT.</summary>
    SessionAborted,

    /// <summary>A connection was closed.</summary>
    Disconnected,

    /// <summary>A certificate's file changed and could not be read again; the old certificate stays in use.</summary>
    Certificate,

    /// <summary>The listener itself has trouble: a connection could not be accepted, a message not be stored, or a session met a fault of ours.</summary>
    ListenerFault,
}

/// <summary>Something that happened at a listener, for a log. Holds no secret and no message content.</summary>
/// <param name="Time">When.</param>
/// <param name="Kind">What kind of thing.</param>
/// <param name="RemoteEndPoint">The client's address and port, empty where no client is involved.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Code">The finding, where one explains it.</param>
public sealed record ListenerEvent(DateTimeOffset Time, ListenerEventKind Kind, string RemoteEndPoint, string Message, FindingCode? Code = null);
