namespace SmtpTls.Protocol;

/// <summary>
/// The client's side of SMTP without a socket and without a clock: what happened goes in, what to do comes out, and
/// the same events always lead to the same steps. It opens a session (greeting, EHLO, STARTTLS, EHLO again, AUTH),
/// then takes envelopes one at a time, then quits. A failure before the first envelope ends the session; a refused
/// envelope does not.
/// </summary>
internal sealed class ClientDialogue
{
    private readonly ClientPlan _plan;
    private readonly ClientFailures _failures;
    private readonly List<Finding> _findings = [];
    private ClientState _state = ClientState.Greeting;
    private EhloResponse _offered = EhloResponse.Hello;
    private SaslExchange? _sasl;
    private ClientTransaction? _transaction;
    private bool _transactionLeftOpen;
    private bool _outOfStep;
    private bool _ready;

    public ClientDialogue(ClientPlan plan)
    {
        _plan = plan;
        _failures = new ClientFailures(plan);
    }

    /// <summary>The greeting, whether it was a 220 or not.</summary>
    public SmtpReply? Banner { get; private set; }

    /// <summary>What EHLO said in plain text. Kept for reports; the dialogue itself forgets it with the handshake.</summary>
    public EhloResponse? EhloBefore { get; private set; }

    /// <summary>What EHLO said inside TLS.</summary>
    public EhloResponse? EhloAfter { get; private set; }

    /// <summary>The reply to STARTTLS, where the command was sent.</summary>
    public SmtpReply? StartTlsReply { get; private set; }

    /// <summary>True from the handshake on.</summary>
    public bool InTls { get; private set; }

    /// <summary>Why the session cannot go on. Decided once; the first failure stays.</summary>
    public SmtpFailure? Failure { get; private set; }

    /// <summary>What the server offers as the session stands: what EHLO said last.</summary>
    public EhloResponse Offered => _offered;

    /// <summary>True where nothing is under way and <see cref="Quit"/> may be said.</summary>
    public bool IsIdle => _ready && Failure is null;

    /// <summary>
    /// True where another envelope may begin. False after a reply that no server may give, or where the server would not
    /// forget the envelope before (RSET): then only <see cref="Quit"/> is left.
    /// </summary>
    public bool MayBegin => IsIdle && !_outOfStep;

    /// <summary>How the last envelope ended; null before and during the first.</summary>
    public TransactionOutcome? Outcome => _transaction?.Outcome;

    /// <summary>What is to be known although the session went on.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>The first step, once the connection is there.</summary>
    public ClientStep Start() => _plan.Need switch
    {
        TlsNeed.Contradictory => Abort(_failures.Contradiction()),
        TlsNeed.FromTheStart => Enter(ClientStep.Do(ClientAction.Handshake, ClientState.Handshake)),
        _ => Enter(ClientStep.Wait(ClientState.Greeting)),
    };

    /// <summary>A reply came.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="moreBuffered">True where bytes beyond it have been received already.</param>
    public ClientStep OnReply(SmtpReply reply, bool moreBuffered = false)
    {
        if (_state == ClientState.Quit)
        {
            return Leave();
        }

        // 421 may come in reply to any command, and the connection is gone after it (RFC 5321 §3.8).
        if (reply.Code == 421 && _state != ClientState.Greeting)
        {
            return Abort(_failures.ServiceRefused(_state, reply, command: null));
        }

        return _state switch
        {
            ClientState.Greeting => OnGreeting(reply),
            ClientState.Ehlo or ClientState.EhloInTls => OnEhlo(reply),
            ClientState.Helo => OnHelo(reply),
            ClientState.StartTls => OnStartTls(reply, moreBuffered),
            ClientState.Authenticate => OnAuthenticate(reply),
            ClientState.Reset or ClientState.MailFrom or ClientState.RcptTo or ClientState.Data or ClientState.FinalReply =>
                Follow(_transaction!.OnReply(reply)),
            _ => throw new InvalidOperationException($"No reply is awaited in state {_state}."),
        };
    }

    /// <summary>The handshake is done and the peer was accepted. All that was said before counts for nothing (RFC 3207 §4.2).</summary>
    public ClientStep OnHandshakeCompleted()
    {
        Expect(_state == ClientState.Handshake);
        InTls = true;
        _offered = EhloResponse.Hello;
        return _plan.Need == TlsNeed.FromTheStart ? Enter(ClientStep.Wait(ClientState.Greeting)) : SayEhlo(ClientState.EhloInTls);
    }

    /// <summary>The message's bytes are sent, with the final dot.</summary>
    public ClientStep OnBodySent()
    {
        Expect(_state == ClientState.Message);
        _transaction!.OnMessageSent();
        return Enter(ClientStep.Wait(ClientState.FinalReply));
    }

    /// <summary>The lines are sent, and the message's bytes behind them.</summary>
    public ClientStep OnChunkSent()
    {
        Expect(_transaction is not null);
        _transaction!.OnMessageSent();
        return ClientStep.Wait(_state);
    }

    /// <summary>Begins an envelope. Only where <see cref="MayBegin"/> says so.</summary>
    public ClientStep Begin(ClientEnvelope envelope)
    {
        Expect(MayBegin);
        _ready = false;
        _transaction = new ClientTransaction(envelope, _offered, _transactionLeftOpen, _failures);
        return Follow(_transaction.Start());
    }

    /// <summary>Ends the session politely. What was decided stays decided, whatever comes back.</summary>
    public ClientStep Quit()
    {
        Expect(_ready);
        _ready = false;
        return Enter(ClientStep.Send(new ClientCommand("QUIT"), ClientState.Quit));
    }

    /// <summary>The connection failed, or may not be used any longer: nothing more is said on it.</summary>
    public ClientStep Abort(SmtpFailure failure)
    {
        // A connection that is lost at QUIT takes nothing away: all was decided before (RFC 5321 §4.1.1.10).
        if (_state == ClientState.Quit)
        {
            return Leave();
        }

        Failure ??= failure;
        _transaction?.Abandon(failure);
        return ClientStep.Do(ClientAction.Failed, _state);
    }

    private ClientStep OnGreeting(SmtpReply reply)
    {
        Banner = reply;
        return reply.Code switch
        {
            220 => SayEhlo(InTls ? ClientState.EhloInTls : ClientState.Ehlo),
            421 => Abort(_failures.ServiceRefused(ClientState.Greeting, reply, command: null)),
            >= 400 => End(_failures.ServiceRefused(ClientState.Greeting, reply, command: null)),
            _ => End(_failures.UnexpectedReply(ClientState.Greeting, reply, "220")),
        };
    }

    private ClientStep SayEhlo(ClientState state) => Enter(ClientStep.Send(new ClientCommand($"EHLO {_plan.HelloName}"), state));

    private ClientStep OnEhlo(SmtpReply reply)
    {
        if (reply.Code == 250)
        {
            _offered = EhloResponse.Parse(reply);
            EhloBefore = InTls ? EhloBefore : _offered;
            EhloAfter = InTls ? _offered : null;
            return InTls ? Authenticate() : DecideTls();
        }

        // An old server does not know EHLO (RFC 5321 §3.2). Falling back to HELO gives up every extension, so only
        // where none is needed.
        var fallBack = reply.Code is 500 or 502 && !InTls && _plan.Need != TlsNeed.Required && _plan.Credential is null;
        return fallBack
            ? Enter(ClientStep.Send(new ClientCommand($"HELO {_plan.HelloName}"), ClientState.Helo))
            : RefusedHello(reply, "EHLO");
    }

    private ClientStep OnHelo(SmtpReply reply)
    {
        if (reply.Code != 250)
        {
            return RefusedHello(reply, "HELO");
        }

        EhloBefore = EhloResponse.Hello;
        return DecideTls();
    }

    private ClientStep RefusedHello(SmtpReply reply, string verb) => End(reply.Code >= 400
        ? _failures.ServiceRefused(_state, reply, $"{verb} {_plan.HelloName}")
        : _failures.UnexpectedReply(_state, reply, "250"));

    private ClientStep DecideTls()
    {
        switch (_plan.Need)
        {
            case TlsNeed.Never:
                return Authenticate();
            case TlsNeed.IfOffered when !_offered.StartTls:
                _findings.Add(Note(_failures.StartTlsNotOffered(_state), FindingSeverity.Information, "EHLO did not list STARTTLS; the level allows plain text.", ""));
                return Authenticate();
            case TlsNeed.Required when !_offered.StartTls && !_plan.AsksUnlistedStartTls:
                return End(_failures.StartTlsNotOffered(_state));
            case TlsNeed.IfOffered or TlsNeed.Required:
                return Enter(ClientStep.Send(new ClientCommand("STARTTLS"), ClientState.StartTls));
            default:
                return End(_failures.Contradiction());
        }
    }

    private ClientStep OnStartTls(SmtpReply reply, bool moreBuffered)
    {
        StartTlsReply = reply;
        if (!_offered.StartTls)
        {
            // Asked only to hear why. After a 220 the server waits for a handshake, so not even QUIT can be said.
            var unlisted = _failures.StartTlsNotOffered(ClientState.Ehlo);
            return reply.Code == 220 ? Abort(unlisted) : End(unlisted);
        }

        // Whatever was sent ahead of the handshake was not sent under its protection; at no level is there a way on.
        if (moreBuffered)
        {
            return Abort(_failures.StartTlsInjection(reply));
        }

        if (reply.Code == 220)
        {
            return Enter(ClientStep.Do(ClientAction.Handshake, ClientState.Handshake));
        }

        if (_plan.Need != TlsNeed.IfOffered)
        {
            return End(_failures.StartTlsRefused(reply));
        }

        _findings.Add(Note(_failures.StartTlsRefused(reply), FindingSeverity.Warning,
            "STARTTLS is offered but was refused; the level allows plain text.", reply.ToString()));
        return Authenticate();
    }

    private Finding Note(SmtpFailure failure, FindingSeverity severity, string message, string evidence) =>
        new(failure.Code, severity, $"{_failures.Where}: {message}", Printable.Line(evidence), failure.Advice);

    private ClientStep Authenticate()
    {
        if (_plan.Credential is null)
        {
            return OnReady();
        }

        if (!InTls)
        {
            return End(_failures.AuthenticationOutsideTls(ClientState.Authenticate));
        }

        _sasl = SaslExchange.Choose(_offered.AuthMechanisms, _plan.Credential);
        return _sasl is null
            ? End(_failures.NoMechanism(ClientState.Authenticate, _offered.AuthMechanisms))
            : Enter(ClientStep.Send(_sasl.Start(), ClientState.Authenticate));
    }

    private ClientStep OnAuthenticate(SmtpReply reply) => reply.Code switch
    {
        235 => OnReady(),
        334 when !_sasl!.IsCancelled => Enter(ClientStep.Send(_sasl.Respond(), ClientState.Authenticate)),
        >= 400 => End(_failures.AuthenticationFailed(reply, _sasl!.Mechanism, _plan.Credential!.UserName)),
        _ => End(_failures.UnexpectedReply(ClientState.Authenticate, reply, "235")),
    };

    private ClientStep OnReady()
    {
        _ready = true;
        return ClientStep.Do(ClientAction.Ready, _state);
    }

    // A transaction's step is the session's, except that its end leaves the session idle.
    private ClientStep Follow(ClientStep step)
    {
        if (step.Next == ClientAction.Failed)
        {
            return Abort(_transaction!.Outcome!.Failure!);
        }

        if (step.Next != ClientAction.Ready)
        {
            return Enter(step);
        }

        _outOfStep |= _transaction!.IsOutOfStep;

        // A transaction that objected before its first command has not sent the RSET that it was given, either.
        _transactionLeftOpen = _transaction.IsOpen || (_transactionLeftOpen && !_transaction.WasSent);
        return OnReady();
    }

    private ClientStep Enter(ClientStep step)
    {
        _state = step.State;
        return step;
    }

    // The session failed, but the connection is sound: say so and leave.
    private ClientStep End(SmtpFailure failure)
    {
        Failure = failure;
        return Enter(ClientStep.Send(new ClientCommand("QUIT"), ClientState.Quit));
    }

    private ClientStep Leave() => ClientStep.Do(Failure is null ? ClientAction.Finished : ClientAction.Failed, ClientState.Quit);

    private static void Expect(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("The dialogue was driven out of its order.");
        }
    }
}
