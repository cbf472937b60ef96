using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Net;

/// <summary>
/// Counts wrong credentials by client address, over all sessions of a listener, and says how long the next try has to
/// wait. A right credential does not wipe the count out: who has one account may not guess at others with it.
/// </summary>
internal sealed class FailedAuthentications(TimeProvider clock)
{
    /// <summary>When an address is forgotten that failed no more.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    /// <summary>Addresses that are remembered; beyond, the one that has been quiet for longest is forgotten. Some 1 MB.</summary>
    public const int MaximumClients = 10_000;

    // Before the second try; doubled for each further one (Postfix: smtpd_error_sleep_time).
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    // No session waits longer, so that an honest user behind a shared address still gets in.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly Dictionary<IPAddress, (int Count, DateTimeOffset Last)> _clients = [];
    private readonly object _lock = new();

    /// <summary>How long a try waits after so many wrong ones: 0, 1, 2, 4, 8, 16, 30, 30 … seconds.</summary>
    public static TimeSpan Delay(int failures) => failures <= 0
        ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, FirstDelay.TotalSeconds * Math.Pow(2, failures - 1)));

    /// <summary>How many wrong ones came from there.</summary>
    public int Count(IPAddress client)
    {
        lock (_lock)
        {
            return _clients.TryGetValue(Key(client), out var entry) && clock.GetUtcNow() - entry.Last < Memory ? entry.Count : 0;
        }
    }

    /// <summary>Another one came from there.</summary>
    public void Add(IPAddress client)
    {
        var key = Key(client);
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            var count = _clients.TryGetValue(key, out var entry) && now - entry.Last < Memory ? entry.Count : 0;
            if (_clients.Count >= MaximumClients && !_clients.ContainsKey(key))
            {
                // Looking at all of them costs little beside the hash that was computed to come here.
                _clients.Remove(_clients.MinBy(c => c.Value.Last).Key);
            }

            _clients[key] = (count + 1, now);
        }
    }

    // A household or a machine has a /64 of IPv6 (RFC 6177), and can take another address for each guess.
    private static IPAddress Key(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6)
        {
            return client.MapToIPv4();
        }

        if (client.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return client;
        }

        var bytes = client.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
