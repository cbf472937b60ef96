using System.Net;
using SmtpTls.Net;
using SmtpTls.Protocol;

namespace SmtpTls;

/// <summary>One message on its way: address after address until one takes it, or one has decided against it.</summary>
internal sealed class MessageSending(SessionOpener opener, Dialer dialer, TimeProvider clock, SendOptions options, OutgoingMessage message)
{
    private readonly PhaseClock _phases = new(clock);
    private readonly SessionSettings _settings = options.ToSettings();
    private readonly List<SmtpFailure> _passedOver = [];

    public async Task<SendResult> RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<IPEndPoint> endpoints;
        try
        {
            endpoints = await dialer.ResolveAsync(
                options.ToTarget(), options.Timeouts.Resolve, options.MaximumAddresses, _phases, cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpException unresolved)
        {
            return Result(endpoint: null, Attempt.Failed(unresolved.Failure));
        }

        var transcript = new Transcript(options.Transcript, _phases);
        for (var i = 0; ; i++)
        {
            var attempt = await TryAsync(endpoints[i], transcript, cancellationToken).ConfigureAwait(false);
            if (attempt.Failure is not { } failure || !AnotherAddressMayHelp(failure) || i == endpoints.Count - 1)
            {
                return Result(endpoints[i], attempt);
            }

            _passedOver.Add(failure);
        }
    }

    // RFC 5321 §5.1: an address that cannot be reached, or does not want to talk, leads to the next one. One that
    // answered and proved to be somebody else, or refused the message, has decided.
    private static bool AnotherAddressMayHelp(SmtpFailure failure) => failure.Phase is SmtpPhase.Connect or SmtpPhase.Greeting;

    private async Task<Attempt> TryAsync(IPEndPoint endpoint, Transcript transcript, CancellationToken cancellationToken)
    {
        var attempt = await AttemptAsync(_settings, endpoint, transcript, cancellationToken).ConfigureAwait(false);
        if (_settings is not { Mode: TlsMode.StartTls, Level: TlsLevel.Opportunistic, Credential: null }
            || attempt.Failure is not { Phase: SmtpPhase.Handshake } broken)
        {
            return attempt;
        }

        // RFC 7435 §3: what cannot be had is done without, at this level and no other; and on a new connection, because
        // nobody knows what state the old one is in.
        transcript.Happened("The handshake failed; level Opportunistic goes on in plain text on a new connection.");
        var plain = _settings with { Mode = TlsMode.None, Level = TlsLevel.None };
        var second = await AttemptAsync(plain, endpoint, transcript, cancellationToken).ConfigureAwait(false);
        return second with { Findings = second.Findings.Append(FallenBack(endpoint, broken, second)).ToArray() };
    }

    private Finding FallenBack(IPEndPoint endpoint, SmtpFailure broken, Attempt second) => second.WentOut
        ? new Finding(
            FindingCode.SentInPlainText,
            FindingSeverity.Warning,
            $"The message went to {ClientFailures.Place(options.Server, endpoint)} in plain text, because TLS failed and level Opportunistic allows it.",
            broken.ToString(),
            "Mend the server's TLS, or use level Encrypt or higher so that nothing is sent without it.")
        : new Finding(broken.Code, FindingSeverity.Warning, broken.Message, broken.Cause ?? "", broken.Advice);

    private async Task<Attempt> AttemptAsync(SessionSettings settings, IPEndPoint endpoint, Transcript transcript, CancellationToken cancellationToken)
    {
        try
        {
            var session = await opener.ConnectAsync(settings, endpoint, _phases, transcript, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                var failure = await session.OpenAsync(cancellationToken).ConfigureAwait(false);
                var outcome = failure is null ? await SendOnAsync(session, cancellationToken).ConfigureAwait(false) : null;
                return new Attempt(
                    outcome,
                    session.Tls,
                    (session.Verdict?.Findings ?? []).Concat(session.Dialogue.Findings).ToArray(),
                    failure ?? outcome?.Failure);
            }
        }
        catch (SmtpException impossible)
        {
            // No connection, or no message to send on it.
            return Attempt.Failed(impossible.Failure);
        }
    }

    private async Task<TransactionOutcome> SendOnAsync(ClientSession session, CancellationToken cancellationToken)
    {
        var envelope = new ClientEnvelope
        {
            From = message.ReversePath,
            Recipients = message.ForwardPaths.Select(path => new ClientRecipient(path)).ToArray(),
            Size = message.Length,
            HasEightBit = message.Is8Bit,
            NeedsSmtpUtf8 = message.NeedsSmtpUtf8,
        };
        TransactionOutcome outcome;
        var content = message.OpenRead();
        await using (content.ConfigureAwait(false))
        {
            outcome = await session.SendAsync(envelope, content, hearsItOut: false, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await session.QuitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The server has decided already. A caller who hears "cancelled" would send an accepted message again.
            return outcome;
        }

        return outcome;
    }

    private SendResult Result(IPEndPoint? endpoint, Attempt attempt) => new()
    {
        Server = options.Server,
        Port = options.EffectivePort,
        Address = endpoint?.Address.ToString(),
        From = message.From,
        Recipients = attempt.Outcome?.Recipients ?? message.Recipients.Select(r => new RecipientResult(r, Accepted: false, Reply: null)).ToArray(),
        MessageId = message.MessageId,
        Reply = attempt.Outcome?.Reply,
        QueueId = attempt.Outcome?.QueueId,
        Tls = attempt.Tls,
        Timings = _phases.Timings,
        Findings = attempt.Findings,
        Failure = attempt.Failure is { } failure ? WithOthers(failure) : null,
    };

    // Who reads only the last address's trouble would look for it in the wrong place.
    private SmtpFailure WithOthers(SmtpFailure last) => _passedOver.Count == 0
        ? last
        : last with
        {
            Message = $"{last.Message} Before that: {string.Join(" ", _passedOver.Select(f => f.Message))}",
            Permanent = last.Permanent && _passedOver.TrueForAll(f => f.Permanent),
        };

    private sealed record Attempt(TransactionOutcome? Outcome, TlsEvidence? Tls, IReadOnlyList<Finding> Findings, SmtpFailure? Failure)
    {
        public bool WentOut => Outcome is { } outcome && outcome.Recipients.Any(r => r.Accepted);

        public static Attempt Failed(SmtpFailure failure) => new(Outcome: null, Tls: null, [], failure);
    }
}
