using System.Net;
using SmtpTls.Net;
using SmtpTls.Tls;

namespace SmtpTls.Relay;

/// <summary>
/// Who may relay: clients on loopback and in the networks allowed, users that authenticated, and who showed a certificate
/// whose fingerprint, or whose key's, is allowed. Nobody else: an open relay is found within the hour.
/// </summary>
internal sealed class RelayPermission : IRecipientPolicy
{
    private readonly RouteTable _routes;
    private readonly string _hostName;
    private readonly IPNetwork[] _networks;
    private readonly HashSet<string> _fingerprints = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="routes">Where mail goes.</param>
    /// <param name="hostName">The relay's name.</param>
    /// <param name="networks">Networks that may relay.</param>
    /// <param name="fingerprints">SHA-256 of certificates or public keys, in hexadecimal, with colons or without.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: a fingerprint is none.</exception>
    public RelayPermission(RouteTable routes, string hostName, IReadOnlyList<IPNetwork> networks, IReadOnlyList<string> fingerprints)
    {
        _routes = routes;
        _hostName = hostName;
        _networks = [.. networks];
        foreach (var fingerprint in fingerprints)
        {
            _fingerprints.Add(Fingerprint.TryNormalize(fingerprint, out var normalized, out var error) ? normalized : throw Invalid(fingerprint, error));
        }
    }

    /// <inheritdoc/>
    public SmtpReply? Check(SessionIdentity client, string recipient)
    {
        if (!MayRelay(client))
        {
            return new SmtpReply(554, new EnhancedStatusCode(5, 7, 1), [$"{Protocol.Printable.Line(recipient, 100)}: Relay access denied"]);
        }

        var address = RelayAddress.Complete(recipient, _hostName);
        return RouteTable.TryDomainOf(address, out var domain) && _routes.Find(domain) is not null ? null : RelayAddress.NoRoute(address).Reply;
    }

    private bool MayRelay(SessionIdentity client)
    {
        var address = client.Remote.Address;
        return client.User is not null
            || LoopbackRule.IsLoopback(address)
            || IsAllowed(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
            || IsAllowed(client.ClientCertificateSha256)
            || IsAllowed(client.ClientPublicKeySha256);
    }

    private bool IsAllowed(IPAddress address)
    {
        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsAllowed(string? fingerprint) => fingerprint is not null && _fingerprints.Contains(fingerprint);

    private static SmtpException Invalid(string fingerprint, string error) => new(new SmtpFailure
    {
        Code = FindingCode.InvalidInput,
        Message = $"'{Protocol.Printable.Line(fingerprint, 100)}' is no fingerprint: {error}.",
        Advice = "Give SHA-256 in hexadecimal, as openssl x509 -fingerprint -sha256 prints it.",
        Permanent = true,
    });
}
