using System.Buffers;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>What the connection has to do after a command was answered.</summary>
internal enum ServerAction
{
    /// <summary>Read the next command.</summary>
    Continue,

    /// <summary>220 was written: begin the TLS handshake, and say <see cref="ServerDialogue.TlsEstablished"/>.</summary>
    StartTls,

    /// <summary>354 was written: read to the final dot, and say <see cref="ServerDialogue.Finish(SmtpReply, IBufferWriter{byte})"/>.</summary>
    ReceiveData,

    /// <summary>Read <see cref="ServerDialogue.ChunkSize"/> octets, and say <see cref="ServerDialogue.ChunkReceived"/>.</summary>
    ReceiveChunk,

    /// <summary>Read <see cref="ServerDialogue.ChunkSize"/> octets and throw them away; the reply is written already.</summary>
    DiscardChunk,

    /// <summary>Verify <see cref="ServerDialogue.TakeCredential"/>, and say <see cref="ServerDialogue.Authenticated"/>.</summary>
    Authenticate,

    /// <summary>The message is whole: deliver it, and say <see cref="ServerDialogue.Finish(SmtpReply, IBufferWriter{byte})"/>.</summary>
    Deliver,

    /// <summary>The last reply was written: close.</summary>
    Close,
}

/// <summary>
/// The server's side of SMTP without a socket or a clock: a command line goes in, a reply and what to do next come
/// out, and the same lines always give the same replies. Which verb is legal when stands in
/// <see cref="SessionStateTable"/>; this class says what the legal ones do.
/// </summary>
/// <param name="profile">What all sessions of the listener share.</param>
/// <param name="offer">Whether STARTTLS is offered here.</param>
/// <param name="requireTls">Refuse mail before STARTTLS, where that is offered.</param>
/// <param name="mayReceive">Asked about each recipient: the refusal, or null. Null: whoever is named may receive.</param>
internal sealed partial class ServerDialogue(ServerProfile profile, StartTlsOffer offer, bool requireTls, Func<string, SmtpReply?>? mayReceive = null)
{
    private int _errors;

    // Commands since the last message that bring none nearer.
    private int _idle;
    private bool _isTls;
    private bool _hasClientCertificate;
    private bool _lastChunk;

    public SessionState State { get; private set; }

    /// <summary>What the client called itself, as it said it; null before it did.</summary>
    public string? HelloName { get; private set; }

    /// <summary>True where it said EHLO, false where it said HELO.</summary>
    public bool IsExtended { get; private set; }

    /// <summary>The transaction under way.</summary>
    public ReceivedEnvelope? Envelope { get; private set; }

    /// <summary>Octets of the chunk that BDAT announced.</summary>
    public long ChunkSize { get; private set; }

    /// <summary>Why the server ended the session, where the client's own bytes were the reason; null elsewhere. For the log.</summary>
    public string? Complaint { get; private set; }

    /// <summary>True between MAIL and the reply to the message: a graceful stop lets this come to its end.</summary>
    public bool IsInTransaction => State is SessionState.Sender or SessionState.Recipients or SessionState.Chunks or SessionState.Data;

    /// <summary>Writes the 220 banner.</summary>
    public void Greet(IBufferWriter<byte> output) => output.Write(profile.Greeting);

    /// <summary>Answers one command line, given without its CRLF.</summary>
    public ServerAction Accept(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        if (State == SessionState.Authentication)
        {
            return AuthLine(line, output);
        }

        var command = CommandLine.Parse(line);
        if (command.Verb == SmtpVerb.Unknown)
        {
            return Unknown(line, output);
        }

        // RFC 5321 §4.1.1: commands are printable US-ASCII. Octets above 127 may only stand in the paths that
        // SMTPUTF8 allows; those two commands look for themselves.
        if (HasForbiddenOctet(command))
        {
            return Error(output, "500 5.5.2 The command holds an octet that is not printable US-ASCII\r\n"u8);
        }

        var refusal = Refusal(command.Verb);
        var action = command.Verb == SmtpVerb.Bdat ? Bdat(command.Argument, refusal, output)
            : refusal.IsEmpty ? Run(command, output)
            : Error(output, refusal);
        return SessionStateTable.BringsNothing(command.Verb) ? CountIdle(action, output) : action;
    }

    /// <summary>Answers a line that is longer than the limit; its bytes were thrown away.</summary>
    public ServerAction LineTooLong(IBufferWriter<byte> output)
    {
        if (State == SessionState.Authentication)
        {
            EndExchange();
            return Error(output, "500 5.5.6 The line of the authentication exchange is too long\r\n"u8);
        }

        return Error(output, "500 5.5.2 The command line is too long\r\n"u8);
    }

    /// <summary>Ends the session of a client whose command line does not end.</summary>
    public ServerAction LineWithoutEnd(IBufferWriter<byte> output)
    {
        Complaint = "The client sent a command line without end";
        return Shutdown(new EnhancedStatusCode(4, 7, 0), "the command line does not end; closing", output);
    }

    /// <summary>Answers a command line whose LF had no CR before it (RFC 5321 §2.3.8).</summary>
    public ServerAction BareLineFeed(IBufferWriter<byte> output)
    {
        EndExchange();
        return Error(output, "500 5.5.2 A command line must end with CR LF; this one ended with LF alone\r\n"u8);
    }

    /// <summary>
    /// Answers STARTTLS that came with more bytes behind it in the same breath: what a client sends before the
    /// handshake must not be taken for said inside TLS (CVE-2011-0411), and an honest client waits.
    /// </summary>
    public ServerAction InjectionBeforeTls(IBufferWriter<byte> output)
    {
        output.Write("554 5.7.0 Plain text followed STARTTLS before the handshake; closing\r\n"u8);
        return Closed();
    }

    /// <summary>The handshake is done: all that was said before it is forgotten (RFC 3207 §4.2).</summary>
    /// <param name="hasClientCertificate">The client showed a certificate in it.</param>
    public void TlsEstablished(bool hasClientCertificate = false)
    {
        _isTls = true;
        _hasClientCertificate = hasClientCertificate;
        HelloName = null;
        Forget();
        State = SessionState.Connected;
    }

    /// <summary>The chunk's octets have arrived; <paramref name="refusal"/> is what is wrong with the message so far, or empty.</summary>
    public ServerAction ChunkReceived(ReadOnlySpan<byte> refusal, IBufferWriter<byte> output)
    {
        if (_lastChunk)
        {
            return ServerAction.Deliver;
        }

        if (!refusal.IsEmpty)
        {
            // The transaction is over; BDATs still on their way are answered with 503 (RFC 3030 §2).
            Forget();
            return Error(output, refusal);
        }

        ReplyFormat.Write(output, 250, new EnhancedStatusCode(2, 0, 0), FormattableString.Invariant($"{ChunkSize} octets received"));
        return ChunkSize == 0 ? CountIdle(ServerAction.Continue, output) : ServerAction.Continue;
    }

    /// <summary>Answers the message, and ends the transaction.</summary>
    public ServerAction Finish(SmtpReply reply, IBufferWriter<byte> output)
    {
        Forget();
        _idle = reply.IsPositive ? 0 : _idle;
        ReplyFormat.Write(output, reply);
        return ServerAction.Continue;
    }

    /// <summary>Answers the message with ready-made bytes, and ends the transaction.</summary>
    public ServerAction Finish(ReadOnlySpan<byte> reply, IBufferWriter<byte> output)
    {
        Forget();
        output.Write(reply);
        return ServerAction.Continue;
    }

    /// <summary>Ends the session from the server's side (RFC 5321 §3.8): time-out, shutdown, overload.</summary>
    public ServerAction Shutdown(EnhancedStatusCode enhanced, string reason, IBufferWriter<byte> output)
    {
        ReplyFormat.Write(output, 421, enhanced, $"{profile.HostName} {reason}");
        return Closed();
    }

    // What speaks against the verb here and now; empty where nothing does.
    private ReadOnlySpan<byte> Refusal(SmtpVerb verb)
    {
        if (requireTls && !_isTls && offer == StartTlsOffer.Offered && !SessionStateTable.IsLegalBeforeTls(verb))
        {
            return "530 5.7.0 Must issue a STARTTLS command first\r\n"u8;
        }

        return verb switch
        {
            SmtpVerb.StartTls when _isTls => "503 5.5.1 TLS is active already\r\n"u8,
            SmtpVerb.StartTls when offer == StartTlsOffer.WithheldOnLoopback =>
                "502 5.5.1 STARTTLS is withheld on loopback connections by design; connect to this server's host name or address\r\n"u8,
            SmtpVerb.StartTls when offer != StartTlsOffer.Offered => "502 5.5.1 STARTTLS is not configured here\r\n"u8,
            SmtpVerb.Auth when !RefusalOfAuth().IsEmpty => RefusalOfAuth(),
            _ when !SessionStateTable.IsLegal(State, verb) => SessionStateTable.OutOfOrder(State),
            SmtpVerb.Mail => RefusalOfMail(),
            _ => default,
        };
    }

    private ServerAction Run(CommandLine command, IBufferWriter<byte> output)
    {
        switch (command.Verb)
        {
            case SmtpVerb.Ehlo or SmtpVerb.Helo:
                return Hello(command, output);
            case SmtpVerb.Auth:
                return Auth(command.Argument, output);
            case SmtpVerb.Mail:
                return Mail(command.Argument, output);
            case SmtpVerb.Rcpt:
                return Rcpt(command.Argument, output);
            case SmtpVerb.Data when command.Argument.IsEmpty:
                State = SessionState.Data;
                output.Write("354 End the message with <CRLF>.<CRLF>\r\n"u8);
                return ServerAction.ReceiveData;
            case SmtpVerb.StartTls when command.Argument.IsEmpty:
                output.Write("220 2.0.0 Ready to start TLS\r\n"u8);
                return ServerAction.StartTls;
            case SmtpVerb.Data or SmtpVerb.StartTls:
                return Error(output, "501 5.5.4 This command takes no parameter\r\n"u8);
            case SmtpVerb.Rset:
                Forget();
                return Say(output, "250 2.0.0 Ok\r\n"u8);
            case SmtpVerb.Noop:
                return Say(output, "250 2.0.0 Ok\r\n"u8);
            case SmtpVerb.Vrfy:
                // RFC 5321 §3.5.3: no address is confirmed to whoever asks.
                return Say(output, "252 2.5.0 Send mail to it, and it will be tried\r\n"u8);
            case SmtpVerb.Help:
                return Say(output, "214 2.0.0 EHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP QUIT\r\n"u8);
            case SmtpVerb.Quit:
                output.Write(profile.Farewell);
                return Closed();
            default:
                return Error(output, "502 5.5.1 The command is not implemented\r\n"u8);
        }
    }

    private ServerAction Hello(CommandLine command, IBufferWriter<byte> output)
    {
        // RFC 5321 §4.1.1.1 wants a domain or an address literal. Clients put worse there, and nothing here depends
        // on it; it must be there, and be one word.
        if (command.Argument.IsEmpty || command.Argument.Contains((byte)' ') || command.Argument.Length > 255)
        {
            return Error(output, "501 5.5.4 Give your host name: EHLO mail.example.com\r\n"u8);
        }

        HelloName = Encoding.ASCII.GetString(command.Argument);
        IsExtended = command.Verb == SmtpVerb.Ehlo;
        Forget();
        State = SessionState.Ready;
        if (!IsExtended)
        {
            ReplyFormat.Write(output, 250, null, profile.HostName);
            return ServerAction.Continue;
        }

        output.Write("250-"u8);
        Encoding.ASCII.GetBytes(profile.HostName, output);
        output.Write("\r\n"u8);
        output.Write(profile.Extensions);
        if (profile.OffersDsn)
        {
            output.Write("250-DSN\r\n"u8);
        }

        if (_isTls && profile.OffersAuthentication)
        {
            output.Write("250-AUTH PLAIN LOGIN\r\n"u8);
        }

        output.Write(offer == StartTlsOffer.Offered && !_isTls
            ? "250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n"u8
            : "250 ENHANCEDSTATUSCODES\r\n"u8);
        return ServerAction.Continue;
    }

    private ServerAction Unknown(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        if (line.Length > 2 && line[0] == 0x16 && line[1] == 0x03)
        {
            Complaint = "The client began with TLS, and this port begins in plain text";
            output.Write("554 5.5.0 This port begins in plain text; say EHLO and STARTTLS before TLS\r\n"u8);
            return Closed();
        }

        // Web pages can make a browser send this; nothing good follows it.
        if (line.StartsWith("GET "u8) || line.StartsWith("POST "u8) || line.StartsWith("CONNECT "u8) || line.StartsWith("PUT "u8))
        {
            Complaint = "The client speaks HTTP";
            output.Write("554 5.5.0 This is SMTP, not HTTP\r\n"u8);
            return Closed();
        }

        return Error(output, "500 5.5.2 Command not recognized\r\n"u8);
    }

    private static bool HasForbiddenOctet(CommandLine command) => command.Verb is SmtpVerb.Mail or SmtpVerb.Rcpt
        ? command.Argument.ContainsAnyInRange<byte>(0, 0x1F) || command.Argument.Contains((byte)0x7F)
        : command.Argument.ContainsAnyExceptInRange<byte>(0x20, 0x7E);

    private static ServerAction Say(IBufferWriter<byte> output, ReadOnlySpan<byte> reply)
    {
        output.Write(reply);
        return ServerAction.Continue;
    }

    private ServerAction Error(IBufferWriter<byte> output, ReadOnlySpan<byte> reply)
    {
        output.Write(reply);
        return CountError(output);
    }

    private ServerAction Error(IBufferWriter<byte> output, string reply)
    {
        Encoding.ASCII.GetBytes(reply, output);
        return Error(output, "\r\n"u8);
    }

    private ServerAction CountIdle(ServerAction action, IBufferWriter<byte> output) =>
        action == ServerAction.Continue && ++_idle > profile.Limits.MaximumIdleCommands ? CountError(output) : action;

    private ServerAction CountError(IBufferWriter<byte> output)
    {
        if (++_errors < profile.Limits.MaximumErrors)
        {
            return ServerAction.Continue;
        }

        Complaint = FormattableString.Invariant($"The client made {_errors} errors");
        return Shutdown(new EnhancedStatusCode(4, 7, 0), "too many errors; closing", output);
    }

    private void Forget()
    {
        Envelope = null;
        ChunkSize = 0;
        _lastChunk = false;
        if (State is not (SessionState.Connected or SessionState.Closed))
        {
            State = SessionState.Ready;
        }
    }

    private ServerAction Closed()
    {
        Envelope = null;
        State = SessionState.Closed;
        return ServerAction.Close;
    }
}
