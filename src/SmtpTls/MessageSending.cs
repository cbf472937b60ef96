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
        var opening = await opener.OpenAsync(_settings, endpoint, _phases, transcript, cancellationToken).ConfigureAwait(false);
        var attempt = new Attempt(Outcome: null, opening.Tls, opening.Findings, opening.Failure);
        if (opening.Session is { } session)
        {
            await using (session.ConfigureAwait(false))
            {
                attempt = await AttemptAsync(session, attempt, cancellationToken).ConfigureAwait(false);
            }
        }

        return opening.FallenBack(options.Server, endpoint, attempt.WentOut) is { } fallenBack
            ? attempt with { Findings = attempt.Findings.Append(fallenBack).ToArray() }
            : attempt;
    }

    private async Task<Attempt> AttemptAsync(ClientSession session, Attempt begun, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = await SendOnAsync(session, cancellationToken).ConfigureAwait(false);
            return begun with { Outcome = outcome, Failure = outcome.Failure };
        }
        catch (SmtpException impossible)
        {
            // No message to send.
            return begun with { Failure = impossible.Failure };
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
        Failure = attempt.Failure is { } failure ? PassedOver.Tell(failure, _passedOver) : null,
    };

    private sealed record Attempt(TransactionOutcome? Outcome, TlsEvidence? Tls, IReadOnlyList<Finding> Findings, SmtpFailure? Failure)
    {
        public bool WentOut => Outcome is { } outcome && outcome.Recipients.Any(r => r.Accepted);

        public static Attempt Failed(SmtpFailure failure) => new(Outcome: null, Tls: null, [], failure);
    }
}
