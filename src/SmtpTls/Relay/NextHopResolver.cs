using System.Net;
using SmtpTls.Dns;
using SmtpTls.Tls;

namespace SmtpTls.Relay;

/// <summary>
/// Finds whom to dial for a domain: the route's smart hosts, or the domain's mail exchangers (RFC 5321 §5.1). Nobody is dialled
/// here. What each host's certificate has to name is settled here too, from names that were known before anybody answered.
/// </summary>
/// <param name="mail">Answers for domains by MX, and for their exchangers' addresses.</param>
/// <param name="hosts">Answers for smart hosts.</param>
/// <param name="own">This relay itself.</param>
/// <param name="random">Spreads the load over exchangers of equal preference.</param>
/// <param name="limits">How much of an answer is used.</param>
internal sealed class NextHopResolver(IMailDns mail, IDnsResolver hosts, OwnEndpoints own, Random random, NextHopLimits limits) : INextHopResolver
{
    public Task<NextHopAnswer> ResolveAsync(SmtpRoute route, string domain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (route.SmartHosts.Count > 0)
        {
            return BySmartHostsAsync(route, domain, cancellationToken);
        }

        if (MailDomain.TryAddress(domain, out var address))
        {
            return Task.FromResult(ByLiteral(route, domain, address));
        }

        return DnsName.TryParse(domain, out var name, out _)
            ? ByExchangersAsync(route, name, cancellationToken)
            : Task.FromResult(Without(NextHopFailures.NoSuchDomain(domain, "It is not a host name.")));
    }

    private async Task<NextHopAnswer> BySmartHostsAsync(SmtpRoute route, string domain, CancellationToken cancellationToken)
    {
        var looked = await Task.WhenAll(route.SmartHosts.Select(host => LookAtAsync(route, host, cancellationToken))).ConfigureAwait(false);
        var usable = new List<NextHopHost>();
        foreach (var host in looked)
        {
            // As with exchangers: what comes after ourselves would be meant for when we cannot, and we are here.
            if (host.IsOwn)
            {
                break;
            }

            if (host.Dial is { } dial)
            {
                usable.Add(dial);
            }
        }

        return usable.Count > 0
            ? new NextHopAnswer(usable.ToArray(), Failure: null)
            : Without(looked.FirstOrDefault(static host => host.IsOwn) is { } loop
                ? NextHopFailures.SmartHostIsOwn(domain, loop.Name)
                : NextHopFailures.SmartHostNotFound(domain, route, string.Join(' ', looked.Select(static host => host.Detail))));
    }

    private async Task<LookedAt> LookAtAsync(SmtpRoute route, SmartHost host, CancellationToken cancellationToken)
    {
        if (!ReferenceIdentity.TryParse(host.Host, out var identity, out var error))
        {
            return new LookedAt(host.ToString(), 0) { Detail = $"The smart host {host} is neither a host name nor an address: {error}." };
        }

        // Read anew: an identity has no zone, but a link-local address cannot be dialled without its own (RFC 4007 §11).
        var answer = identity.Name is { } name
            ? await hosts.ResolveAddressesAsync(name, cancellationToken).ConfigureAwait(false)
            : new DnsAnswer<IPAddress>(DnsStatus.Found, [IPAddress.Parse(host.Host)], IsAuthentic: false, "");
        return Judge(new LookedAt(host.ToString(), 0), host.Host, identity.Name, Override(route) ?? identity, host.Port, answer);
    }

    private NextHopAnswer ByLiteral(SmtpRoute route, string domain, IPAddress address)
    {
        var endpoint = new IPEndPoint(address, route.Port);
        return own.Contains(endpoint)
            ? Without(NextHopFailures.Loop(domain, domain))
            : new NextHopAnswer([new NextHopHost(domain, Override(route) ?? ReferenceIdentity.ForAddress(address), [endpoint])], Failure: null);
    }

    private async Task<NextHopAnswer> ByExchangersAsync(SmtpRoute route, DnsName domain, CancellationToken cancellationToken)
    {
        var found = await mail.ResolveMailExchangersAsync(domain, cancellationToken).ConfigureAwait(false);
        if (found.Status == DnsStatus.TemporaryFailure)
        {
            return Without(NextHopFailures.NotLookedUp(domain.Value, $"The mail exchangers of {domain} could not be looked up now.", found.Detail));
        }

        if (found.Records is [{ IsNull: true }])
        {
            return Without(NextHopFailures.NullMx(domain.Value));
        }

        // RFC 5321 §5.1: without MX records the domain is its own exchanger; with MX records it never is.
        var exchangers = found.Status == DnsStatus.NotFound ? [new MailExchanger(0, domain.Value, domain)] : found.Records;
        var chosen = InOrder(exchangers);
        var looked = await Task.WhenAll(chosen.Select(mx => LookAtAsync(route, domain, mx, cancellationToken))).ConfigureAwait(false);

        // RFC 5321 §5.1: ourselves and whatever is not preferred to us are out.
        var ownPreference = looked.Where(static host => host.IsOwn).Select(static host => (int?)host.Preference).Min();
        var preferred = looked.Where(host => ownPreference is null || host.Preference < ownPreference).ToArray();
        NextHopHost[] usable = [.. preferred.Select(static host => host.Dial).OfType<NextHopHost>()];
        if (usable.Length > 0)
        {
            return new NextHopAnswer(usable, Failure: null);
        }

        if (preferred.FirstOrDefault(static host => host.IsUnknown) is { } unknown)
        {
            return Without(NextHopFailures.NotLookedUp(domain.Value, $"The addresses of {unknown.Name}, which takes mail for {domain}, could not be looked up now.", unknown.Detail));
        }

        if (looked.FirstOrDefault(static host => host.IsOwn) is { } loop)
        {
            return Without(NextHopFailures.Loop(domain.Value, loop.Name));
        }

        var details = string.Join(' ', looked.Select(static host => host.Detail));
        return Without(found.Status == DnsStatus.NotFound
            ? NextHopFailures.NoSuchDomain(domain.Value, details)
            : NextHopFailures.NoUsableExchanger(domain.Value, details));
    }

    private async Task<LookedAt> LookAtAsync(SmtpRoute route, DnsName domain, MailExchanger exchanger, CancellationToken cancellationToken)
    {
        var looked = new LookedAt(exchanger.Name, exchanger.Preference);
        if (exchanger.Host is not { } host)
        {
            return looked with { Detail = $"The exchanger '{exchanger.Name}' is not a host name." };
        }

        if (own.HasName(host, route.Port))
        {
            return looked with { IsOwn = true };
        }

        var answer = await mail.ResolveAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        var identity = Override(route) ?? ReferenceIdentity.ForName(route.TlsLevel == TlsLevel.Secure ? domain : host);
        return Judge(looked, host.Value, host, identity, route.Port, answer);
    }

    private LookedAt Judge(LookedAt looked, string host, DnsName? name, ReferenceIdentity identity, int port, DnsAnswer<IPAddress> answer)
    {
        IPEndPoint[] endpoints = [.. answer.Records.Select(address => new IPEndPoint(address, port))];
        if ((name is not null && own.HasName(name, port)) || endpoints.Any(own.Contains))
        {
            return looked with { IsOwn = true };
        }

        return answer.Status == DnsStatus.Found && endpoints.Length > 0
            ? looked with { Dial = new NextHopHost(host, identity, endpoints.Take(limits.AddressesOfHost).ToArray()) }
            : looked with { IsUnknown = answer.Status == DnsStatus.TemporaryFailure, Detail = answer.Detail };
    }

    // What the administrator says the certificate has to name comes before every other rule.
    private static ReferenceIdentity? Override(SmtpRoute route) =>
        ReferenceIdentity.TryParse(route.ServerName, out var identity, out _) ? identity : null;

    // RFC 5321 §5.1: the lowest preference first; equals in an order of chance.
    private MailExchanger[] InOrder(IReadOnlyList<MailExchanger> exchangers)
    {
        var shuffled = exchangers.Where(static mx => !mx.IsNull).ToArray();
        lock (random)
        {
            random.Shuffle(shuffled);
        }

        return [.. shuffled.OrderBy(static mx => mx.Preference).Take(limits.Exchangers)];
    }

    private static NextHopAnswer Without(SmtpFailure failure) => new([], failure);

    /// <summary>A host, and what came of looking at it: it can be dialled, is ourselves, is unknown now, or is nothing.</summary>
    private sealed record LookedAt(string Name, int Preference)
    {
        public NextHopHost? Dial { get; init; }

        public bool IsOwn { get; init; }

        public bool IsUnknown { get; init; }

        public string Detail { get; init; } = "";
    }
}
