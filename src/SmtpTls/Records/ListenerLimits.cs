namespace SmtpTls;

/// <summary>
/// What a listener bears, each bound with the source of its default. A client that goes past one is told so with a
/// 4xx or 5xx reply; the process does not grow.
/// </summary>
public sealed record ListenerLimits
{
    private const string Kind = "listener";

    /// <summary>Open connections over all endpoints. Default 1,000 (Exchange's MaxInboundConnection is 5,000, Postfix's default_process_limit 100).</summary>
    public int MaximumConnections { get; init; } = 1_000;

    /// <summary>Open connections from one client address. Default 50 (Postfix: smtpd_client_connection_count_limit).</summary>
    public int MaximumConnectionsPerClient { get; init; } = 50;

    /// <summary>Bytes of one message, announced as SIZE (RFC 1870). Default 50 MiB: some 36 MB of attachments in base64 (Postfix: message_size_limit is 10,240,000).</summary>
    public long MaximumMessageSize { get; init; } = 50L * 1024 * 1024;

    /// <summary>Recipients of one message. Default 1,000 (Postfix: smtpd_recipient_limit; RFC 5321 §4.5.3.1.8 asks for at least 100).</summary>
    public int MaximumRecipients { get; init; } = 1_000;

    /// <summary>Octets of one command line with its CRLF. Default 2,048 (Postfix: line_length_limit; RFC 5321 §4.5.3.1.4 asks for 512 and more with extensions).</summary>
    public int MaximumCommandLength { get; init; } = 2_048;

    /// <summary>
    /// Octets of one line of a message. Default 1 MiB: RFC 5321 §4.5.3.1.6 promises 1,000, real mail goes beyond, and
    /// what reads the message next by lines must hold one.
    /// </summary>
    public int MaximumLineLength { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a message that are held in memory; beyond, it goes to a temporary file. Default 1 MiB.</summary>
    public int MaximumMessageInMemory { get; init; } = 1024 * 1024;

    /// <summary>Commands answered with an error before the session is ended with 421. Default 20 (Postfix: smtpd_hard_error_limit).</summary>
    public int MaximumErrors { get; init; } = 20;

    /// <summary>
    /// Commands without a message (EHLO, NOOP, RSET, VRFY, HELP, empty chunks) before each further one counts as an error.
    /// Default 100 (Postfix: smtpd_junk_command_limit): a session is not kept open by saying nothing in many words.
    /// </summary>
    public int MaximumIdleCommands { get; init; } = 100;

    /// <summary>Wrong credentials in one session before it is ended with 421. Default 6 (OpenSSH: MaxAuthTries).</summary>
    public int MaximumAuthenticationFailures { get; init; } = 6;

    /// <summary>
    /// Wrong credentials from one client address (IPv6: from one /64), whatever the session, before more are answered with
    /// 421 unseen. They are forgotten when none came for 15 minutes. Default 50: a guesser gets some 5,000 guesses a day.
    /// </summary>
    public int MaximumAuthenticationFailuresPerClient { get; init; } = 50;

    /// <summary>
    /// Credentials that are verified at a time, each at the cost of a processor for some tenths of a second. Default: half
    /// of the processors, at least one, so that mail goes on while somebody guesses.
    /// </summary>
    public int MaximumVerifications { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Time a client may take for a command line to be complete. Default 5 minutes (RFC 5321 §4.5.3.2.7).</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time between two blocks of a message. Default 3 minutes (RFC 5321 §4.5.3.2.5).</summary>
    public TimeSpan DataBlockTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Time for a whole message, so that a trickle ends too. Default 1 hour: 50 MiB at 15 KB/s.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time for a TLS handshake. Default 30 seconds (Postfix's smtpd_starttls_timeout is 300 seconds, and 10 under stress).</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time for one answer in an AUTH exchange, and again for its verification with the delay before it and the wait for
    /// others. Default 2 minutes: four times the longest delay.
    /// </summary>
    public TimeSpan AuthenticationTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Time for a reply to be taken by a client that does not read. Default 5 minutes (Postfix: smtpd_timeout).</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Throws where a bound is not a positive number, or a time is longer than 49 days, which is what a timer takes.</summary>
    /// <exception cref="SmtpException">Names the limit and what it may be.</exception>
    public void Validate()
    {
        LimitCheck.RequirePositive(MaximumConnections, Kind, nameof(MaximumConnections));
        LimitCheck.RequirePositive(MaximumConnectionsPerClient, Kind, nameof(MaximumConnectionsPerClient));
        LimitCheck.RequirePositive(MaximumMessageSize, Kind, nameof(MaximumMessageSize));
        LimitCheck.RequirePositive(MaximumRecipients, Kind, nameof(MaximumRecipients));
        LimitCheck.RequirePositive(MaximumLineLength, Kind, nameof(MaximumLineLength));
        LimitCheck.RequirePositive(MaximumMessageInMemory, Kind, nameof(MaximumMessageInMemory));
        LimitCheck.RequirePositive(MaximumErrors, Kind, nameof(MaximumErrors));
        LimitCheck.RequirePositive(MaximumIdleCommands, Kind, nameof(MaximumIdleCommands));
        LimitCheck.RequirePositive(MaximumAuthenticationFailures, Kind, nameof(MaximumAuthenticationFailures));
        LimitCheck.RequirePositive(MaximumAuthenticationFailuresPerClient, Kind, nameof(MaximumAuthenticationFailuresPerClient));
        LimitCheck.RequirePositive(MaximumVerifications, Kind, nameof(MaximumVerifications));
        LimitCheck.RequireTime(CommandTimeout, Kind, nameof(CommandTimeout));
        LimitCheck.RequireTime(DataBlockTimeout, Kind, nameof(DataBlockTimeout));
        LimitCheck.RequireTime(MessageTimeout, Kind, nameof(MessageTimeout));
        LimitCheck.RequireTime(HandshakeTimeout, Kind, nameof(HandshakeTimeout));
        LimitCheck.RequireTime(AuthenticationTimeout, Kind, nameof(AuthenticationTimeout));
        LimitCheck.RequireTime(WriteTimeout, Kind, nameof(WriteTimeout));

        // RFC 5321 §4.5.3.1.4: a server must take command lines of 512 octets.
        if (MaximumCommandLength is < 512 or > 65_536)
        {
            throw LimitCheck.Invalid(Kind, nameof(MaximumCommandLength), "between 512 and 65,536");
        }
    }
}
