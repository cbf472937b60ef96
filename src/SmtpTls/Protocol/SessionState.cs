namespace SmtpTls.Protocol;

/// <summary>Where a server session stands (RFC 5321 §4.1.4).</summary>
internal enum SessionState
{
    /// <summary>Greeted; the client has not introduced itself, or must do so again after STARTTLS.</summary>
    Connected,

    /// <summary>Introduced, no mail transaction.</summary>
    Ready,

    /// <summary>AUTH has begun: lines are answers, not commands (RFC 4954 §4), or the credential is being verified.</summary>
    Authentication,

    /// <summary>MAIL was accepted, no recipient yet.</summary>
    Sender,

    /// <summary>At least one recipient was accepted.</summary>
    Recipients,

    /// <summary>BDAT has begun and not ended (RFC 3030).</summary>
    Chunks,

    /// <summary>354 was sent; message bytes follow.</summary>
    Data,

    /// <summary>The last reply was sent; nothing more is read.</summary>
    Closed,
}

/// <summary>
/// Which command is legal in which state, as data. A verb that a row does not list is answered with that row's
/// out-of-order reply; unknown verbs never come here.
/// </summary>
internal static class SessionStateTable
{
    // Legal anywhere in a session (RFC 5321 §4.1.4), also inside a transaction.
    private static readonly SmtpVerb[] Always =
        [SmtpVerb.Helo, SmtpVerb.Ehlo, SmtpVerb.Noop, SmtpVerb.Rset, SmtpVerb.Quit, SmtpVerb.Vrfy, SmtpVerb.Expn, SmtpVerb.Help];

    private static readonly Row[] Rows =
    [
        new(SessionState.Connected, "waiting for EHLO", l => l.CommandTimeout,
            "503 5.5.1 Say EHLO first\r\n", []),
        new(SessionState.Ready, "waiting for MAIL", l => l.CommandTimeout,
            "503 5.5.1 Say MAIL first\r\n", [SmtpVerb.StartTls, SmtpVerb.Auth, SmtpVerb.Mail]),
        new(SessionState.Authentication, "authenticating", l => l.AuthenticationTimeout,
            "503 5.5.1 An authentication is under way\r\n", []),
        new(SessionState.Sender, "waiting for RCPT", l => l.CommandTimeout,
            "503 5.5.1 Say RCPT first\r\n", [SmtpVerb.Rcpt]),
        new(SessionState.Recipients, "waiting for RCPT or DATA", l => l.CommandTimeout,
            "503 5.5.1 A transaction is open; say DATA or RSET\r\n", [SmtpVerb.Rcpt, SmtpVerb.Data, SmtpVerb.Bdat]),
        new(SessionState.Chunks, "waiting for BDAT", l => l.CommandTimeout,
            "503 5.5.1 The message has begun with BDAT; go on with BDAT or say RSET\r\n", [SmtpVerb.Bdat]),
        new(SessionState.Data, "receiving a message", l => l.DataBlockTimeout,
            "503 5.5.1 A message is being received\r\n", []),
        new(SessionState.Closed, "closed", l => l.CommandTimeout,
            "503 5.5.1 The session has ended\r\n", []),
    ];

    // RFC 3207 §4: what a server that requires TLS answers before it. RSET and HELP change and reveal nothing.
    private static readonly SmtpVerb[] BeforeTls =
        [SmtpVerb.Helo, SmtpVerb.Ehlo, SmtpVerb.StartTls, SmtpVerb.Noop, SmtpVerb.Rset, SmtpVerb.Help, SmtpVerb.Quit];

    private static readonly SmtpVerb[] Idle =
        [SmtpVerb.Helo, SmtpVerb.Ehlo, SmtpVerb.Noop, SmtpVerb.Rset, SmtpVerb.Vrfy, SmtpVerb.Expn, SmtpVerb.Help];

    /// <summary>What the server does in the state, for a person: "timed out while …".</summary>
    public static string Phrase(SessionState state) => Rows[(int)state].Phrase;

    /// <summary>How long the server waits in the state.</summary>
    public static TimeSpan Timeout(SessionState state, ListenerLimits limits) => Rows[(int)state].Timeout(limits);

    public static bool IsLegal(SessionState state, SmtpVerb verb) => Rows[(int)state].Verbs.Contains(verb);

    /// <summary>True for the commands that bring no message nearer, of which a session gets only so many.</summary>
    public static bool BringsNothing(SmtpVerb verb) => Idle.Contains(verb);

    public static bool IsLegalBeforeTls(SmtpVerb verb) => BeforeTls.Contains(verb);

    /// <summary>The reply to a verb that is not legal in the state.</summary>
    public static ReadOnlySpan<byte> OutOfOrder(SessionState state) => Rows[(int)state].Reply;

    private sealed class Row(SessionState state, string phrase, Func<ListenerLimits, TimeSpan> timeout, string outOfOrder, SmtpVerb[] legal)
    {
        public string Phrase { get; } = phrase;

        public Func<ListenerLimits, TimeSpan> Timeout { get; } = timeout;

        public byte[] Reply { get; } = System.Text.Encoding.ASCII.GetBytes(outOfOrder);

        public VerbSet Verbs { get; } = new(state is SessionState.Authentication or SessionState.Data or SessionState.Closed ? legal : [.. Always, .. legal]);
    }

    /// <summary>A set of verbs as bits: it is asked once a command.</summary>
    private readonly struct VerbSet(SmtpVerb[] verbs)
    {
        private readonly uint _bits = verbs.Aggregate(0u, (bits, verb) => bits | (1u << (int)verb));

        public bool Contains(SmtpVerb verb) => (_bits & (1u << (int)verb)) != 0;
    }
}
