namespace SmtpTls;

/// <summary>
/// How long a client waits in each phase. From MAIL on the defaults are the minima of RFC 5321 §4.5.3.2. Before that
/// they are shorter than the RFC's five minutes for the greeting: somebody sits in front of a prompt, and a port that
/// says nothing has to be reported while he still remembers the question.
/// </summary>
public sealed record ClientTimeouts
{
    /// <summary>Looking up the host's addresses. 30 seconds: the system's resolver asks each name server several times at 5 seconds each (resolv.conf(5)).</summary>
    public TimeSpan Resolve { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Opening the TCP connection to one address. 30 seconds, as Postfix's smtp_connect_timeout.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The server's whole greeting. 30 seconds; RFC 5321 §4.5.3.2.1 gives a mail server's own client 5 minutes.</summary>
    public TimeSpan Greeting { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>EHLO or HELO and its whole reply, in plain text and inside TLS. 1 minute; the RFC names none.</summary>
    public TimeSpan Hello { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>STARTTLS and its reply. 30 seconds; the RFC names none.</summary>
    public TimeSpan StartTls { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The TLS handshake. 30 seconds.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Each step of AUTH. 1 minute: a directory may be asked behind it.</summary>
    public TimeSpan Authenticate { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>MAIL (and RSET) and its reply. 5 minutes (RFC 5321 §4.5.3.2.2).</summary>
    public TimeSpan MailFrom { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Each RCPT and its reply. 5 minutes (RFC 5321 §4.5.3.2.3).</summary>
    public TimeSpan RcptTo { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>DATA and its 354. 2 minutes (RFC 5321 §4.5.3.2.4).</summary>
    public TimeSpan Data { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Each block of the message, of at most 64 KiB, until the system has taken it. 3 minutes (RFC 5321 §4.5.3.2.5).</summary>
    public TimeSpan DataBlock { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The reply to the final dot. 10 minutes (RFC 5321 §4.5.3.2.6): giving up earlier is how messages are sent twice.</summary>
    public TimeSpan FinalReply { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>QUIT and its reply. 5 seconds: by then everything is decided, so there is little to wait for.</summary>
    public TimeSpan Quit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// One limit for every wait, as somebody at a prompt or a runbook asks for it. Blocks of the message and the reply to
    /// it keep their defaults where those are longer: RFC 5321 §4.5.3.2, because who gives up there sends messages twice.
    /// QUIT keeps its default where that is shorter.
    /// </summary>
    /// <param name="limit">Above zero.</param>
    public static ClientTimeouts Each(TimeSpan limit)
    {
        var usual = new ClientTimeouts();
        return new ClientTimeouts
        {
            Resolve = limit,
            Connect = limit,
            Greeting = limit,
            Hello = limit,
            StartTls = limit,
            Handshake = limit,
            Authenticate = limit,
            MailFrom = limit,
            RcptTo = limit,
            Data = limit,
            DataBlock = limit > usual.DataBlock ? limit : usual.DataBlock,
            FinalReply = limit > usual.FinalReply ? limit : usual.FinalReply,
            Quit = limit < usual.Quit ? limit : usual.Quit,
        };
    }

    // What a timer takes: 2^32 - 2 milliseconds (CancellationTokenSource).
    internal static TimeSpan Longest => TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>The name of the first time-out that is not above zero or longer than a timer takes; null where all are good.</summary>
    internal string? FirstUnusable()
    {
        (string Name, TimeSpan Value)[] all =
        [
            (nameof(Resolve), Resolve), (nameof(Connect), Connect), (nameof(Greeting), Greeting), (nameof(Hello), Hello),
            (nameof(StartTls), StartTls), (nameof(Handshake), Handshake), (nameof(Authenticate), Authenticate),
            (nameof(MailFrom), MailFrom), (nameof(RcptTo), RcptTo), (nameof(Data), Data), (nameof(DataBlock), DataBlock),
            (nameof(FinalReply), FinalReply), (nameof(Quit), Quit),
        ];
        foreach (var (name, value) in all)
        {
            if (value <= TimeSpan.Zero || value > Longest)
            {
                return name;
            }
        }

        return null;
    }
}
