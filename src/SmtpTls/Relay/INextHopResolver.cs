using System.Net;
using SmtpTls.Tls;

namespace SmtpTls.Relay;

/// <summary>Finds out whom to dial for a domain.</summary>
internal interface INextHopResolver
{
    /// <summary>The hosts to try for mail to a domain, in their order.</summary>
    /// <param name="route">The domain's route.</param>
    /// <param name="domain">The domain, in the form that routes are looked up by.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<NextHopAnswer> ResolveAsync(SmtpRoute route, string domain, CancellationToken cancellationToken);
}

/// <summary>Whom to dial, or why nobody.</summary>
/// <param name="Hosts">The hosts in the order they are tried; empty exactly where there is a failure.</param>
/// <param name="Failure">
/// Why there is none: permanent (null MX, domain without address, loop) or not (a lookup failed). Its <see cref="SmtpFailure.Reply"/>
/// is the reply that a server would have given, so that a report can quote code and enhanced code.
/// </param>
internal sealed record NextHopAnswer(IReadOnlyList<NextHopHost> Hosts, SmtpFailure? Failure);

/// <summary>A host to dial.</summary>
/// <param name="Host">Its name as MX record or route have it, or an address literal.</param>
/// <param name="Identity">What its certificate has to name at the route's level: the MX host's name for Verify, the next-hop domain or the route's server name for Secure.</param>
/// <param name="Endpoints">Addresses to try, at least one.</param>
internal sealed record NextHopHost(string Host, ReferenceIdentity Identity, IReadOnlyList<IPEndPoint> Endpoints);
