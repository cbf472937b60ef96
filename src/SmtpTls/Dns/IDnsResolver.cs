using System.Net;

namespace SmtpTls.Dns;

/// <summary>Looks names up. The engine asks every question through this, so a test, a script or a validating resolver can answer.</summary>
public interface IDnsResolver
{
    /// <summary>The addresses of a host, IPv4 and IPv6, in the order in which they shall be tried.</summary>
    /// <param name="host">The name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>An answer of one of the three kinds; a lookup that fails is an answer, not an exception.</returns>
    ValueTask<DnsAnswer<IPAddress>> ResolveAddressesAsync(DnsName host, CancellationToken cancellationToken);
}
