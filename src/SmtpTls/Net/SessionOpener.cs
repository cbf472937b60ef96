using System.Net;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Net;

/// <summary>From an endpoint to a session on it, for whoever talks to servers: the sender, the prober, the relay.</summary>
/// <param name="dialer">Connects.</param>
/// <param name="clock">The clock.</param>
internal sealed class SessionOpener(Dialer dialer, TimeProvider clock)
{
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
}
