using System.Globalization;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>
/// One mail transaction (RFC 5321 §3.3): MAIL, a RCPT for each recipient, DATA, the message. Where the server
/// pipelines (RFC 2920) they go out in groups; each reply is matched with its command in turn.
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
    private readonly ClientFailures _failures;
    private readonly Queue<Planned> _toSend = new();
    private readonly Queue<Planned> _unanswered = new();
    private readonly SmtpReply?[] _replies;
    private bool _mailAccepted;
    private bool _bodyIsEmpty;
    private bool _messageEnded;
    private SmtpFailure? _failure;
    private SmtpReply? _messageReply;

    public ClientTransaction(ClientEnvelope envelope, EhloResponse offered, bool resetFirst, ClientFailures failures)
    {
        _envelope = envelope;
        _offered = offered;
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

    public ClientStep Start()
    {
        _failure = Objection();
        if (_failure is not null)
        {
            return Decide(ClientState.MailFrom);
        }

        var ascii = !MustUseSmtpUtf8;
        _toSend.Enqueue(new Planned(MailCommand(ascii), ClientState.MailFrom));
        for (var i = 0; i < _envelope.Recipients.Count; i++)
        {
            _toSend.Enqueue(new Planned(new ClientCommand($"RCPT TO:<{OnTheWire(_envelope.Recipients[i], ascii)}>"), ClientState.RcptTo, i));
        }

        _toSend.Enqueue(new Planned(new ClientCommand("DATA"), ClientState.Data));
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
                _failure ??= _failures.UnexpectedReply(ClientState.Reset, reply, "250");
                break;
            case ClientState.MailFrom:
                OnMailReply(reply);
                break;
            case ClientState.RcptTo when _mailAccepted:
                _replies[asked.Recipient] = reply;
                break;
            case ClientState.Data:
                return OnDataReply(reply);
        }

        return _unanswered.TryPeek(out var next) ? ClientStep.Wait(next.State) : SendGroup();
    }

    /// <summary>The session ends in the middle of the transaction: what is known so far stays, the rest failed.</summary>
    public void Abandon(SmtpFailure failure)
    {
        if (Outcome is null)
        {
            _failure = failure;
            Decide(ClientState.Quit);
        }
    }

    private bool AnyAccepted => _replies.Any(r => r is { IsPositive: true });

    // Domains go out as A-labels wherever that is enough (RFC 6531 §3.3 leaves the choice), so the extension is needed
    // only for what has no ASCII form.
    private bool MustUseSmtpUtf8 =>
        _envelope.NeedsSmtpUtf8 || !_envelope.From.TryToAscii(out _) || _envelope.Recipients.Any(r => !r.TryToAscii(out _));

    private static string OnTheWire(MailPath path, bool ascii) =>
        ascii && path.TryToAscii(out var downgraded) ? downgraded.Address : path.Address;

    private SmtpFailure? Objection()
    {
        if (_envelope.Recipients.Count == 0)
        {
            return _failures.Make(FindingCode.InvalidInput, ClientState.RcptTo, "The message has no recipient; nothing was sent.", "Name at least one recipient.");
        }

        if (_offered.MaximumSize is > 0 and var maximum && _envelope.Size > maximum)
        {
            return _failures.TooLarge(_envelope.Size, maximum);
        }

        // Before the bytes of the message: those can be encoded otherwise, an address cannot.
        if (MustUseSmtpUtf8 && !_offered.SmtpUtf8)
        {
            return _failures.ExtensionMissing("SMTPUTF8", "an address or header of the message has no ASCII form (RFC 6531)",
                "Use addresses whose part before the @ is ASCII, or another server.");
        }

        return _envelope.HasEightBit && !_offered.EightBitMime
            ? _failures.ExtensionMissing("8BITMIME", "the message holds 8-bit bytes (RFC 6152)",
                "Compose the message with a 7-bit transfer encoding (quoted-printable or base64).")
            : null;
    }

    private ClientCommand MailCommand(bool ascii)
    {
        var line = new StringBuilder($"MAIL FROM:<{OnTheWire(_envelope.From, ascii)}>");
        if (_offered.Has("SIZE"))
        {
            line.Append(CultureInfo.InvariantCulture, $" SIZE={_envelope.Size}");
        }

        if (_envelope.HasEightBit)
        {
            line.Append(" BODY=8BITMIME");
        }

        if (!ascii)
        {
            line.Append(" SMTPUTF8");
        }

        return new ClientCommand(line.ToString());
    }

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
        return new ClientStep(group, ClientAction.ReadReply, _unanswered.Peek().State);
    }

    private void OnMailReply(SmtpReply reply)
    {
        _mailAccepted = reply.IsPositive;
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
        if (!_bodyIsEmpty && !reply.IsPositive)
        {
            _failure ??= reply.IsIntermediate
                ? _failures.UnexpectedReply(ClientState.FinalReply, reply, "250")
                : _failures.Refused(SaysTooLarge(reply) ? FindingCode.MessageTooLarge : FindingCode.MessageRefused,
                    ClientState.FinalReply, reply, "the message", SaysTooLarge(reply) ? "the message for its size" : "the message");
        }

        return Decide(ClientState.FinalReply);
    }

    private ClientStep Decide(ClientState state)
    {
        var taken = _failure is null && _messageReply is { IsPositive: true } && !_bodyIsEmpty;
        var about = _bodyIsEmpty ? null : _messageReply;
        var recipients = _envelope.Recipients
            .Select((path, i) => _replies[i] is { IsPositive: false } refusal
                ? new RecipientResult(path.Address, Accepted: false, refusal)
                : new RecipientResult(path.Address, taken, about))
            .ToArray();

        var refused = recipients.Where((_, i) => _replies[i] is { IsPositive: false }).Select(r => (r.Recipient, r.Reply!)).ToArray();
        _failure ??= refused.Length > 0 ? _failures.RecipientsRefused(refused, recipients.Length) : null;
        Outcome = new TransactionOutcome(recipients, about, taken ? QueueIdFinder.Find(_messageReply!) : null, _failure);
        return ClientStep.Do(ClientAction.Ready, state);
    }

    // 5.3.4 is "message too big for system" (RFC 3463 §3.4); a bare 552 to MAIL or the message means the same (RFC 1870 §6.1).
    private static bool SaysTooLarge(SmtpReply reply) =>
        reply.Enhanced is { Subject: 3, Detail: 4 } || (reply.Code == 552 && reply.Enhanced is null);

    private sealed record Planned(ClientCommand Command, ClientState State, int Recipient = -1);
}
