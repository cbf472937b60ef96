using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>
/// The client's side of one handshake. The handshake always completes: what the peer presents is recorded, and judged
/// afterwards, so that a refusal can name every fact and a probe sees what a sender would have refused.
/// </summary>
/// <remarks>One instance for one handshake. No application data may be sent before <see cref="Evaluate"/> has been asked.</remarks>
internal sealed class PeerVerifier
{
    private readonly PeerPolicy _policy;
    private readonly IPEndPoint _dialled;
    private readonly TimeProvider _clock;
    private PeerFacts? _facts;

    internal PeerVerifier(PeerPolicy policy, IPEndPoint dialled, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(dialled);
        ArgumentNullException.ThrowIfNull(clock);
        _policy = policy;
        _dialled = dialled;
        _clock = clock;
    }

    /// <summary>TLS 1.2 and 1.3 where nothing else is asked for, SNI where the identity is a name, our chain policy, no resumption.</summary>
    internal SslClientAuthenticationOptions CreateClientOptions()
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = _policy.Identity.ServerNameIndication ?? "",
            EnabledSslProtocols = _policy.Protocols == SslProtocols.None ? TlsVersions.Enabled : _policy.Protocols,
            AllowRenegotiation = false,
            // A resumed session shows no certificate chain anew; every connection is judged on what it presented itself.
            AllowTlsResume = false,
            CertificateChainPolicy = ChainEvaluator.CreatePolicy(_policy.TrustedRoots, _clock),
#pragma warning disable CA5359 // Record accepts so that the handshake ends with facts; Evaluate decides, and refuses by default.
            RemoteCertificateValidationCallback = Record,
#pragma warning restore CA5359
        };
        if (_policy.ClientCertificate is { } certificate)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }

        return options;
    }

    /// <summary>Judges the peer of a stream that was authenticated with <see cref="CreateClientOptions"/>.</summary>
    /// <param name="authenticated">After the handshake.</param>
    /// <param name="mode">Goes into the evidence.</param>
    internal PeerVerdict Evaluate(SslStream authenticated, TlsMode mode = TlsMode.StartTls)
    {
        ArgumentNullException.ThrowIfNull(authenticated);
        if (!authenticated.IsAuthenticated)
        {
            throw new InvalidOperationException("The peer can be judged only after the handshake.");
        }

        var session = new NegotiatedTls(authenticated.SslProtocol, authenticated.NegotiatedCipherSuite.ToString());
        return PeerDecision.Decide(_policy, _dialled, _facts ?? PeerFacts.NoCertificate, session, mode, _clock.GetUtcNow());
    }

    // Runs inside the handshake. The certificates belong to the stream and the chain and go with them, so everything that
    // is needed later is read here, into values. Always true: see the class.
    private bool Record(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        try
        {
            _facts = certificate is null || chain is null ? PeerFacts.NoCertificate : Read(certificate, chain);
        }
        catch (CryptographicException exception)
        {
            // The system took the bytes and cannot read them after all; judged as what it is, not thrown through the handshake.
            _facts = new PeerFacts { Unreadable = exception.Message };
        }

        return true;
    }

    private PeerFacts Read(X509Certificate certificate, X509Chain chain)
    {
        using var copy = certificate is X509Certificate2 ? null : new X509Certificate2(certificate);
        var leaf = copy ?? (X509Certificate2)certificate;

        // The extra store holds what the peer sent: on Linux its own certificate too, in its order.
        X509Certificate2[] presented =
        [
            leaf, .. chain.ChainPolicy.ExtraStore.Where(c => !c.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)),
        ];
        var names = CertificateNames.Read(leaf);
        return new PeerFacts
        {
            Presented = presented.Skip(1).Select(c => CertificateFacts.Read(c, _clock)).Prepend(CertificateFacts.Read(leaf, names, _clock)).ToArray(),
            Names = names,
            Chain = ChainEvaluator.Assess(chain, presented),
        };
    }
}
