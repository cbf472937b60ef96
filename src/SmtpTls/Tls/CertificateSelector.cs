using System.Net.Security;

namespace SmtpTls.Tls;

/// <summary>
/// The certificates of a listener. The client's server name chooses (RFC 6066 §3): the certificate that carries the name,
/// else one with a wildcard that matches, else the first. So too where no name is sent; most mail clients send one.
/// </summary>
internal sealed class CertificateSelector
{
    private readonly ListenerCertificate[] _certificates;

    internal CertificateSelector(IReadOnlyList<ListenerCertificate> certificates)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        if (certificates.Count == 0)
        {
            throw CertificateTrouble.Input("A listener with TLS needs a certificate.", "Give at least one certificate.");
        }

        _certificates = [.. certificates];
    }

    internal IReadOnlyList<ListenerCertificate> Certificates => _certificates;

    /// <summary>Makes the handshake and asks for the client's certificate; null where the client shows none.</summary>
    internal async Task<PresentedClientCertificate?> AuthenticateClientAsync(SslStream stream, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var reader = new ClientCertificateReader(clock);
        await stream.AuthenticateAsServerAsync(
            (_, hello, _, _) => ValueTask.FromResult(reader.Asking(Select(hello.ServerName))), state: null, cancellationToken).ConfigureAwait(false);
        return reader.Presented;
    }

    /// <summary>Makes the handshake. One certificate goes the short way; several wait for the ClientHello to choose.</summary>
    internal Task AuthenticateAsync(SslStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return _certificates.Length == 1
            ? stream.AuthenticateAsServerAsync(_certificates[0].Current().Options, cancellationToken)
            : stream.AuthenticateAsServerAsync(
                static (_, hello, state, _) => ValueTask.FromResult(((CertificateSelector)state!).Select(hello.ServerName)), this, cancellationToken);
    }

    /// <summary>The ready-made options for a server name; null, empty or unreadable chooses the first certificate.</summary>
    internal SslServerAuthenticationOptions Select(string? serverName) => Choose(serverName).Current().Options;

    internal ListenerCertificate Choose(string? serverName)
    {
        if (_certificates.Length == 1 || !DnsName.TryParse(serverName, out var name, out _))
        {
            return _certificates[0];
        }

        ListenerCertificate? byWildcard = null;
        var identity = ReferenceIdentity.ForName(name);
        foreach (var certificate in _certificates)
        {
            var match = NameMatcher.Match(identity, certificate.Current().Names);
            if (match is { Matches: true, MatchedIdentity: { } matched })
            {
                if (!NameMatcher.IsWildcard(matched))
                {
                    return certificate;
                }

                byWildcard ??= certificate;
            }
        }

        return byWildcard ?? _certificates[0];
    }
}
