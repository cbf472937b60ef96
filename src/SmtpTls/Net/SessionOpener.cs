using System.Net;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Net;

/// <summary>From an endpoint to a session on it, for whoever talks to servers: the sender, the prober, the relay.</summary>
/// <param name="dialer">Connects.</param>
/// <param name="clock">The clock.</param>
internal sealed class SessionOpener(Dialer dialer, TimeProvider clock)
{
    /// <summary>
    /// Connects and opens a session: greeting, EHLO, STARTTLS, AUTH. Where the handshake fails, level Opportunistic, and no
    /// other, goes on in plain text. What fails is told by values; only the caller's cancellation is thrown.
    /// </summary>
    public async Task<SessionOpening> OpenAsync(
        SessionSettings settings, IPEndPoint endpoint, PhaseClock phases, Transcript transcript, CancellationToken cancellationToken)
    {
        var opening = await TryAsync(settings, endpoint, phases, transcript, cancellationToken).ConfigureAwait(false);
        if (settings is not { Mode: TlsMode.StartTls, Level: TlsLevel.Opportunistic, Credential: null }
            || opening.Failure is not { Phase: SmtpPhase.Handshake } broken)
        {
            return opening;
        }

        // RFC 7435 §3: what cannot be had is done without, at this level and no other; and on a new connection, because
        // nobody knows what state the old one is in.
        transcript.Happened("The handshake failed; level Opportunistic goes on in plain text on a new connection.");
        var plain = settings with { Mode = TlsMode.None, Level = TlsLevel.None };
        var second = await TryAsync(plain, endpoint, phases, transcript, cancellationToken).ConfigureAwait(false);
        return second with { BrokenTls = broken };
    }

    /// <summary>Connects and prepares the session; nothing has been said on it yet.</summary>
    /// <exception cref="SmtpException">The connection could not be made.</exception>
    public async Task<ClientSession> ConnectAsync(
        SessionSettings settings, IPEndPoint endpoint, PhaseClock phases, Transcript transcript, CancellationToken cancellationToken)
    {
        transcript.Happened($"Connecting to {ClientFailures.Place(settings.Host, endpoint)}");
        var stream = await dialer.ConnectAsync(settings.Host, endpoint, settings.Timeouts.Connect, phases, cancellationToken).ConfigureAwait(false);
        var plan = new ClientPlan
        {
            Host = settings.Host,
            Endpoint = endpoint,
            HelloName = LocalHostName.ForHello(settings.HelloName, stream),
            Mode = settings.Mode,
            Level = settings.Level,
            Protocols = settings.Protocols,
            Credential = settings.Credential,
            AsksUnlistedStartTls = settings.AsksUnlistedStartTls,
        };
        var verifier = plan.Need == TlsNeed.Never ? null : new PeerVerifier(settings.ToPolicy(), endpoint, clock);
        return new ClientSession(new ClientConnection(stream, plan, settings.Timeouts, clock, phases, transcript), plan, verifier);
    }

    private async Task<SessionOpening> TryAsync(
        SessionSettings settings, IPEndPoint endpoint, PhaseClock phases, Transcript transcript, CancellationToken cancellationToken)
    {
        ClientSession session;
        try
        {
            session = await ConnectAsync(settings, endpoint, phases, transcript, cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpException impossible)
        {
            return new SessionOpening(Session: null, impossible.Failure);
        }

        var isOpen = false;
        try
        {
            var failure = await session.OpenAsync(cancellationToken).ConfigureAwait(false);
            isOpen = failure is null;
            return new SessionOpening(isOpen ? session : null, failure)
            {
                Tls = session.Tls,
                Findings = (session.Verdict?.Findings ?? []).Concat(session.Dialogue.Findings).ToArray(),
            };
        }
        finally
        {
            if (!isOpen)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
