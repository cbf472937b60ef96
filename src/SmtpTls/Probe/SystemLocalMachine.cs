using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using SmtpTls.Net;

namespace SmtpTls.Probe;

/// <summary>The machine that this runs on.</summary>
internal sealed class SystemLocalMachine : ILocalMachine
{
    public IReadOnlyList<DnsName> HostNames
    {
        get
        {
            var names = new List<DnsName>();
            foreach (var text in new[] { LocalHostName.Find(), System.Net.Dns.GetHostName() })
            {
                if (DnsName.TryParse(text, out var name, out _) && !names.Contains(name))
                {
                    names.Add(name);
                }
            }

            return names;
        }
    }

    public IReadOnlyList<IPAddress> Addresses
    {
        get
        {
            try
            {
                return Choose(NetworkInterface.GetAllNetworkInterfaces()
                    .Where(i => i.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                    .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                    .Select(a => a.Address));
            }
            catch (NetworkInformationException)
            {
                // A locked-down container may not tell its interfaces. The host names are left, and who asked reports
                // what was looked at.
                return [];
            }
        }
    }

    /// <summary>Without loopback; link-local addresses, which few services are meant to be reached at, only where there is no other.</summary>
    internal static IReadOnlyList<IPAddress> Choose(IEnumerable<IPAddress> all)
    {
        var outside = all.Where(a => !LoopbackRule.IsLoopback(a)).Distinct().ToArray();
        var routed = outside.Where(a => !IsLinkLocal(a)).ToArray();
        return routed.Length > 0 ? routed : outside;
    }

    // fe80::/10 (RFC 4291 §2.5.6) and 169.254.0.0/16 (RFC 3927).
    private static bool IsLinkLocal(IPAddress address) =>
        address.IsIPv6LinkLocal || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..]);
}
