namespace SmtpTls.Protocol;

/// <summary>Where a client stands: each state is a wait for one thing from the other side.</summary>
internal enum ClientState
{
    Resolve,
    Connect,
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Handshake,
    EhloInTls,
    Authenticate,
    Reset,
    MailFrom,
    RcptTo,
    Data,
    Message,
    FinalReply,
    Quit,
}

/// <summary>What is known of a state beforehand.</summary>
/// <param name="State">The state.</param>
/// <param name="Phase">The phase that failures and timings name.</param>
/// <param name="Phrase">What the client does meanwhile, as it follows "while".</param>
/// <param name="Timeout">Which of the time-outs holds.</param>
internal sealed record ClientStateRow(ClientState State, SmtpPhase Phase, string Phrase, Func<ClientTimeouts, TimeSpan> Timeout);

/// <summary>The client's states as a table.</summary>
internal static class ClientStates
{
    private static readonly ClientStateRow[] Rows =
    [
        new(ClientState.Resolve, SmtpPhase.Resolve, "looking up the host's addresses", t => t.Resolve),
        new(ClientState.Connect, SmtpPhase.Connect, "connecting", t => t.Connect),
        new(ClientState.Greeting, SmtpPhase.Greeting, "waiting for the greeting", t => t.Greeting),
        new(ClientState.Ehlo, SmtpPhase.Hello, "waiting for the reply to EHLO", t => t.Hello),
        new(ClientState.Helo, SmtpPhase.Hello, "waiting for the reply to HELO", t => t.Hello),
        new(ClientState.StartTls, SmtpPhase.StartTls, "waiting for the reply to STARTTLS", t => t.StartTls),
        new(ClientState.Handshake, SmtpPhase.Handshake, "performing the TLS handshake", t => t.Handshake),
        new(ClientState.EhloInTls, SmtpPhase.HelloAfterTls, "waiting for the reply to EHLO inside TLS", t => t.Hello),
        new(ClientState.Authenticate, SmtpPhase.Authenticate, "authenticating", t => t.Authenticate),
        new(ClientState.Reset, SmtpPhase.MailFrom, "waiting for the reply to RSET", t => t.MailFrom),
        new(ClientState.MailFrom, SmtpPhase.MailFrom, "waiting for the reply to MAIL", t => t.MailFrom),
        new(ClientState.RcptTo, SmtpPhase.RcptTo, "waiting for the reply to RCPT", t => t.RcptTo),
        new(ClientState.Data, SmtpPhase.Data, "waiting for the reply to DATA", t => t.Data),
        new(ClientState.Message, SmtpPhase.Message, "sending the message", t => t.DataBlock),
        new(ClientState.FinalReply, SmtpPhase.FinalReply, "waiting for the reply to the message", t => t.FinalReply),
        new(ClientState.Quit, SmtpPhase.Quit, "waiting for the reply to QUIT", t => t.Quit),
    ];

    /// <summary>All rows, in the order of the enumeration.</summary>
    public static IReadOnlyList<ClientStateRow> All => Rows;

    /// <summary>The row of a state.</summary>
    public static ClientStateRow Of(ClientState state) => Rows[(int)state];
}
