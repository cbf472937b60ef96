using System.Globalization;
using System.Net;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Relay;

/// <summary>Looks for what is wrong with routes, without touching the network.</summary>
internal static class RouteCheck
{
    /// <summary>The first thing that is wrong; null where the routes can be used.</summary>
    public static SmtpFailure? FirstComplaint(IReadOnlyList<SmtpRoute> routes)
    {
        if (routes.Count == 0)
        {
            return Failure("There is no route, so no mail could go anywhere.", "Give one route at least; domain * stands for all others.");
        }

        var seen = new Dictionary<RoutePattern, int>();
        for (var i = 0; i < routes.Count; i++)
        {
            if (routes[i] is not { } route)
            {
                return Failure(string.Create(CultureInfo.InvariantCulture, $"Route {i + 1} is null."), "Leave it out.");
            }

            if ((AboutDomains(route, i, seen) ?? AboutSmartHosts(route) ?? RouteTlsCheck.FirstComplaint(route)) is { } complaint)
            {
                return Failure($"{Title(route, i)}: {complaint.Message}", complaint.Advice);
            }
        }

        return null;
    }

    /// <summary>What can be used and yet surprises.</summary>
    public static IEnumerable<Finding> Findings(IReadOnlyList<SmtpRoute> routes) =>
        from entry in routes.Select((route, index) => (Route: route, Index: index))
        where entry.Route is { TlsLevel: TlsLevel.Verify or TlsLevel.Secure, TlsIdentity: TlsIdentity.Name, ServerName: null }
        from host in entry.Route.SmartHosts
        where IPAddress.TryParse(host.Host, out _)
        select new Finding(
            FindingCode.IdentityIsAddress,
            FindingSeverity.Warning,
            $"{Title(entry.Route, entry.Index)}: the smart host {host} is an address, and at TlsLevel {entry.Route.TlsLevel} only a certificate with that address in an iPAddress entry will do.",
            host.ToString(),
            "Give the smart host by its name, or the certificate's name as the route's ServerName.");

    /// <summary>A route as messages name it: its place and its domains.</summary>
    private static string Title(SmtpRoute route, int index)
    {
        const int Shown = 3;
        var domains = route.Domains is null ? "" : string.Join(", ", route.Domains.Take(Shown)) + (route.Domains.Count > Shown ? ", …" : "");
        var place = string.Create(CultureInfo.InvariantCulture, $"Route {index + 1}");
        return domains.Length == 0 ? place : $"{place} ({Show(domains)})";
    }

    private static (string Message, string Advice)? AboutDomains(SmtpRoute route, int index, Dictionary<RoutePattern, int> seen)
    {
        if (route.Domains is not { Count: > 0 })
        {
            return ("it names no domain.", "Give the domains that it is for; * stands for all that no other route names.");
        }

        foreach (var text in route.Domains)
        {
            if (!RoutePattern.TryParse(text, out var pattern, out var error, out var advice))
            {
                return ($"the domain '{Show(text)}' cannot be used: {error}.", advice);
            }

            if (!seen.TryAdd(pattern.Value, index) && seen[pattern.Value] != index)
            {
                return (
                    string.Create(CultureInfo.InvariantCulture, $"the domain '{Show(text)}' has a route already, route {seen[pattern.Value] + 1}."),
                    "Name each domain in one route: put all its smart hosts there, in the order they are to be tried.");
            }
        }

        return null;
    }

    private static (string Message, string Advice)? AboutSmartHosts(SmtpRoute route)
    {
        if (route.SmartHosts is null)
        {
            return ("its list of smart hosts is null.", "Leave it out to go by MX records.");
        }

        if (PortComplaint(route.Port) is { } complaint)
        {
            return complaint;
        }

        if (route.SmartHosts.Count > 0 && route.Port != SmartHost.SmtpPort)
        {
            return (
                string.Create(CultureInfo.InvariantCulture, $"the port {route.Port} would not be used, because a smart host has a port of its own."),
                string.Create(CultureInfo.InvariantCulture, $"Put it behind the smart host ({Show(route.SmartHosts[0]?.Host)}:{route.Port}); Port is for routes by MX."));
        }

        return route.SmartHosts.Select(AboutSmartHost).FirstOrDefault(static found => found is not null);
    }

    private static (string Message, string Advice)? AboutSmartHost(SmartHost? host)
    {
        if (host?.Host is not { } name)
        {
            return ("a smart host is null.", "Give a host name or an address.");
        }

        if (!ReferenceIdentity.TryParse(name, out var identity, out var error))
        {
            return name.StartsWith('[') && name.EndsWith(']')
                ? ($"the smart host '{Show(name)}' stands in brackets.", "Give it without them: a smart host's MX records are never asked for.")
                : ($"the smart host '{Show(name)}' is neither a host name nor an address: {error}.", "Give a host name or an address; the port is a value of its own.");
        }

        if (identity.Address is { } address && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || IsMulticast(address)))
        {
            return ($"the smart host '{Show(name)}' is no address of a host.", "Give the address that it listens on.");
        }

        return PortComplaint(host.Port, $" of the smart host {Show(name)}");
    }

    private static bool IsMulticast(IPAddress address) => address.IsIPv6Multicast
        || (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && address.GetAddressBytes()[0] >= 224);

    private static (string Message, string Advice)? PortComplaint(int port, string whose = "") => port is < 1 or > IPEndPoint.MaxPort
        ? (string.Create(CultureInfo.InvariantCulture, $"the port {port}{whose} is not between 1 and {IPEndPoint.MaxPort}."), "Usual ports are 25, 587 and, with TLS from the first byte, 465.")
        : null;

    private static string Show(string? text) => Printable.Line(text ?? "", 100);

    private static SmtpFailure Failure(string message, string advice) => new()
    {
        Code = FindingCode.InvalidInput,
        Message = message,
        Advice = advice,
        Permanent = true,
    };
}
