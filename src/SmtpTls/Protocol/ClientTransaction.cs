using System.Globalization;

namespace SmtpTls.Protocol;

/// <summary>
/// One mail transaction (RFC 5321 §3.3): MAIL, a RCPT for each recipient, DATA, the message. Where the server
/// pipelines (RFC 2920) they go out in groups; each reply is matched with its command in turn. Where it takes chunks as
/// well, and the message is at hand, all of it is one group that ends with BDAT (RFC 3030 §4.2): one round trip in all.
/// </summary>
internal sealed class ClientTransaction
{
    /// <summary>
    /// Commands in one group. 50 replies of at most 512 octets fit into the smallest usual receive window (64 KiB), so
    /// neither side can block writing while the other one does (RFC 2920 §3.1).
    /// </summary>
    public const int MaximumGroup = 50;

    private readonly ClientEnvelope _envelope;
    private readonly EhloResponse _offered;
    private readonly EnvelopeCommands _commands;
    private readonly ClientFailures _failures;
    private readonly Queue<Planned> _toSend = new();
    private readonly Queue<Planned> _unanswered = new();
    private readonly SmtpReply?[] _replies;
    private bool _mailAccepted;
    private bool _bodyIsEmpty;
    private bool _mailAnswered;
    private bool _messageIsOut;
    private bool _messageEnded;
    private SmtpFailure? _failure;
    private SmtpReply? _messageReply;

    public ClientTransaction(ClientEnvelope envelope, EhloResponse offered, bool resetFirst, ClientFailures failures)
    {
        _envelope = envelope;
        _offered = offered;
        _commands = new EnvelopeCommands(envelope, offered);
        _failures = failures;
        _replies = new SmtpReply?[envelope.Recipients.Count];
        if (resetFirst)
        {
            _toSend.Enqueue(new Planned(new ClientCommand("RSET"), ClientState.Reset));
        }
    }

    /// <summary>Set once everything is decided.</summary>
    public TransactionOutcome? Outcome { get; private set; }

    /// <summary>True once a command went out.</summary>
    public bool WasSent { get; private set; }

    /// <summary>True where the server still has a transaction open that it must forget before the next one.</summary>
    public bool IsOpen => _mailAccepted && !_messageEnded;

    /// <summary>
    /// True where the server gave a reply that no server may give there, or would not forget the envelope before: what
    /// else is said on this connection may be taken for something else.
    /// </summary>
    public bool IsOutOfStep { get; private set; }

    /// <summary>True where an envelope with so many recipients and a message in memory goes out as one group.</summary>
    public static bool TakesChunk(EhloResponse offered, int recipients) =>
        offered.Chunking && offered.Pipelining && recipients <= MaximumGroup - 2 /* MAIL, BDAT */;

    public ClientStep Start()
    {
        _failure = _commands.Objection(_failures);
        if (_failure is not null)
        {
            return Decide(ClientState.MailFrom);
        }

        _toSend.Enqueue(new Planned(_commands.Mail(), ClientState.MailFrom));
        for (var i = 0; i < _envelope.Recipients.Count; i++)
        {
            _toSend.Enqueue(new Planned(_commands.Rcpt(_envelope.Recipients[i]), ClientState.RcptTo, i));
        }

        _toSend.Enqueue(_envelope.ChunkSize is { } octets && TakesChunk(_offered, _envelope.Recipients.Count)
            ? new Planned(new ClientCommand(string.Create(CultureInfo.InvariantCulture, $"BDAT {octets} LAST")), ClientState.FinalReply)
            : new Planned(new ClientCommand("DATA"), ClientState.Data));
        return SendGroup();
    }

    public ClientStep OnReply(SmtpReply reply)
    {
        if (!_unanswered.TryDequeue(out var asked))
        {
            return OnFinalReply(reply);
        }

        switch (asked.State)
        {
            case ClientState.Reset when !reply.IsPositive:
                IsOutOfStep = true;
                _failure ??= _failures.UnexpectedReply(ClientState.Reset, reply, "250");
                break;
            case ClientState.MailFrom:
                OnMailReply(reply);
                break;
            case ClientState.RcptTo:
                IsOutOfStep |= reply.IsIntermediate;
                _replies[asked.Recipient] = _mailAccepted ? reply : null;
                break;
            case ClientState.Data:
                return OnDataReply(reply);
            case ClientState.FinalReply:
                return OnChunkReply(reply);
        }

        return _unanswered.TryPeek(out var next) ? ClientStep.Wait(next.State) : SendGroup();
    }

    /// <summary>The whole message is on its way, with what ends it.</summary>
    public void OnMessageSent() => _messageIsOut = true;

    /// <summary>The session ends in the middle of the transaction: what is known so far stays, the rest failed.</summary>
    public void Abandon(SmtpFailure failure)
    {
        if (Outcome is null)
        {
            // 421 is an answer: the message was not taken (RFC 5321 §4.2.5).
            var unknown = _messageIsOut && !_bodyIsEmpty && failure.Code != FindingCode.ServiceRefused && !WasRefused;
            _failure = failure;
            Decide(ClientState.Quit);
            Outcome = Outcome! with { MayHaveBeenTaken = unknown };
        }
    }

    // With BDAT the message may be out, and refused by what was answered so far.
    private bool WasRefused => (_mailAnswered && !_mailAccepted) || _replies.All(r => r is { IsPositive: false });

    private bool AnyAccepted => _replies.Any(r => r is { IsPositive: true });

    // Only called with nothing unanswered.
    private ClientStep SendGroup()
    {
        if (_failure is not null || (_toSend.Peek().State == ClientState.Data && !AnyAccepted && _mailAccepted))
        {
            return Decide(ClientState.RcptTo);
        }

        // RSET goes alone: what follows must not reach a server that refused to forget the last envelope.
        var size = _offered.Pipelining && _toSend.Peek().State != ClientState.Reset ? MaximumGroup : 1;
        var group = new List<ClientCommand>(Math.Min(size, _toSend.Count));
        while (group.Count < size && _toSend.TryDequeue(out var planned))
        {
            group.Add(planned.Command);
            _unanswered.Enqueue(planned);
        }

        WasSent = true;
        var next = group[^1].Line.StartsWith("BDAT", StringComparison.Ordinal) ? ClientAction.SendChunk : ClientAction.ReadReply;
        return new ClientStep(group, next, _unanswered.Peek().State);
    }

    private void OnMailReply(SmtpReply reply)
    {
        _mailAnswered = true;
        _mailAccepted = reply.IsPositive;
        IsOutOfStep |= reply.IsIntermediate;
        if (!_mailAccepted)
        {
            _failure ??= reply.IsIntermediate
                ? _failures.UnexpectedReply(ClientState.MailFrom, reply, "250")
                : _failures.Refused(SaysTooLarge(reply) ? FindingCode.MessageTooLarge : FindingCode.SenderRefused, ClientState.MailFrom, reply,
                    $"MAIL FROM:<{_envelope.From.Address}>", SaysTooLarge(reply) ? "the message for its size" : $"the sender <{_envelope.From.Address}>");
        }
    }

    private ClientStep OnDataReply(SmtpReply reply)
    {
        var wanted = _failure is null && AnyAccepted;
        if (reply.Code == 354 && !_mailAccepted)
        {
            // It refused MAIL and takes a message all the same: whatever an empty one would do there, it is not meant.
            Decide(ClientState.Data);
            return ClientStep.Do(ClientAction.Failed, ClientState.Data);
        }

        if (reply.Code == 354)
        {
            // The server waits for a message that has nowhere to go; RFC 2920 §3.1 has the client send an empty one.
            _bodyIsEmpty = !wanted;
            return wanted
                ? ClientStep.Do(ClientAction.SendBody, ClientState.Message)
                : ClientStep.Send(new ClientCommand("."), ClientState.FinalReply);
        }

        IsOutOfStep |= reply.IsPositive;
        if (wanted)
        {
            _failure = reply.IsTransient || reply.IsPermanent
                ? _failures.Refused(FindingCode.MessageRefused, ClientState.Data, reply, "DATA", "to take the message")
                : _failures.UnexpectedReply(ClientState.Data, reply, "354");
            _messageReply = reply;
        }

        return Decide(ClientState.Data);
    }

    private ClientStep OnFinalReply(SmtpReply reply)
    {
        _messageReply = reply;
        _messageEnded = true;
        IsOutOfStep |= reply.IsIntermediate;
        if (!_bodyIsEmpty && !reply.IsPositive)
        {
            _failure ??= reply.IsIntermediate
                ? _failures.UnexpectedReply(ClientState.FinalReply, reply, "250")
                : _failures.Refused(SaysTooLarge(reply) ? FindingCode.MessageTooLarge : FindingCode.MessageRefused,
                    ClientState.FinalReply, reply, "the message", SaysTooLarge(reply) ? "the message for its size" : "the message");
        }

        return Decide(ClientState.FinalReply);
    }

    private ClientStep OnChunkReply(SmtpReply reply)
    {
        if (_failure is null && AnyAccepted)
        {
            var step = OnFinalReply(reply);

            // After a refused chunk nothing but RSET (or QUIT) is legal (RFC 3030 §2).
            _messageEnded = reply.IsPositive;
            return step;
        }

        // Nobody was there to take it. A server that says it did knows something that we do not.
        IsOutOfStep |= !reply.IsTransient && !reply.IsPermanent;
        return Decide(ClientState.FinalReply);
    }

    private ClientStep Decide(ClientState state)
    {
        var taken = _failure is null && _messageReply is { IsPositive: true } && !_bodyIsEmpty;
        var about = _bodyIsEmpty ? null : _messageReply;
        var recipients = _envelope.Recipients
            .Select((recipient, i) => _replies[i] is { IsPositive: false } refusal
                ? new RecipientResult(recipient.Path.Address, Accepted: false, refusal)
                : new RecipientResult(recipient.Path.Address, taken, about))
            .ToArray();

        var refused = recipients.Where((_, i) => _replies[i] is { IsPositive: false }).Select(r => (r.Recipient, r.Reply!)).ToArray();
        _failure ??= refused.Length > 0 ? _failures.RecipientsRefused(refused, recipients.Length) : null;
        Outcome = new TransactionOutcome(recipients, about, taken ? QueueIdFinder.Find(_messageReply!) : null, _failure)
        {
            MailAnswered = _mailAnswered,
        };
        return ClientStep.Do(ClientAction.Ready, state);
    }

    // 5.3.4 is "message too big for system" (RFC 3463 §3.4); a bare 552 to MAIL or the message means the same (RFC 1870 §6.1).
    private static bool SaysTooLarge(SmtpReply reply) =>
        reply.Enhanced is { Subject: 3, Detail: 4 } || (reply.Code == 552 && reply.Enhanced is null);

    private sealed record Planned(ClientCommand Command, ClientState State, int Recipient = -1);
}
