using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Dns;

/// <summary>
/// Asks the operating system, as every other program of the machine does: hosts file, search order and address
/// preference (RFC 6724) are the system's. What it answers is never authentic, because it does not tell.
/// </summary>
/// <param name="lookup">The system's lookup; tests put their own here.</param>
internal sealed class SystemDnsResolver(Func<string, CancellationToken, Task<IPAddress[]>> lookup) : IDnsResolver
{
    public SystemDnsResolver()
        : this(System.Net.Dns.GetHostAddressesAsync)
    {
    }

    public async ValueTask<DnsAnswer<IPAddress>> ResolveAddressesAsync(DnsName host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        try
        {
            // Outside Windows a lookup that runs does not heed the token (getaddrinfo(3)), and takes half a minute where the
            // name servers are dead; it goes on by itself, and nobody waits for it any longer.
            var looking = lookup(host.Value, cancellationToken);
            _ = looking.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            var addresses = await looking.WaitAsync(cancellationToken).ConfigureAwait(false);
            return addresses.Length == 0
                ? Without(DnsStatus.NotFound, $"{host} has no address.")
                : new DnsAnswer<IPAddress>(DnsStatus.Found, addresses, IsAuthentic: false, "");
        }
        catch (SocketException refusal)
        {
            return refusal.SocketErrorCode switch
            {
                SocketError.HostNotFound => Without(DnsStatus.NotFound, $"{host} does not exist ({refusal.Message})."),
                SocketError.NoData => Without(DnsStatus.NotFound, $"{host} exists but has no address ({refusal.Message})."),
                SocketError.TryAgain => Without(DnsStatus.TemporaryFailure, $"No name server answered for {host} ({refusal.Message})."),
                // Anything else says something about this machine or its network, nothing about the name.
                _ => Without(DnsStatus.TemporaryFailure, $"{host} could not be looked up: {refusal.SocketErrorCode} ({refusal.Message})."),
            };
        }
    }

    private static DnsAnswer<IPAddress> Without(DnsStatus status, string detail) => new(status, [], IsAuthentic: false, detail);
}
