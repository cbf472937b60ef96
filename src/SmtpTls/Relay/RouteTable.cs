using System.Diagnostics.CodeAnalysis;

namespace SmtpTls.Relay;

/// <summary>
/// Which route a domain's mail takes: the one that names the domain itself, else the one with the longest wildcard above it,
/// else <c>*</c>. Never changes once made, so every thread may ask.
/// </summary>
internal sealed class RouteTable
{
    // Keys are domains in their one form; a wildcard is kept without its "*.".
    private readonly Dictionary<string, SmtpRoute> _exact = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, SmtpRoute> _below = new(StringComparer.OrdinalIgnoreCase);
    private readonly SmtpRoute? _others;

    /// <summary>Checks the routes and makes them ready to be looked up.</summary>
    /// <param name="routes">The routes; their order does not matter.</param>
    /// <exception cref="SmtpException">With <see cref="FindingCode.InvalidInput"/>: a route cannot be used, or two speak of one domain.</exception>
    public RouteTable(IReadOnlyList<SmtpRoute> routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        if (RouteCheck.FirstComplaint(routes) is { } failure)
        {
            throw new SmtpException(failure);
        }

        Routes = [.. routes];
        foreach (var route in Routes)
        {
            foreach (var pattern in route.Domains.Select(RoutePattern.Parse))
            {
                switch (pattern.Kind)
                {
                    case RoutePatternKind.All:
                        _others = route;
                        break;
                    case RoutePatternKind.Below:
                        _below[pattern.Domain] = route;
                        break;
                    default:
                        _exact[pattern.Domain] = route;
                        break;
                }
            }
        }

        Findings = [.. RouteCheck.Findings(Routes)];
    }

    /// <summary>The routes as given.</summary>
    public IReadOnlyList<SmtpRoute> Routes { get; }

    /// <summary>What can be used and yet surprises; to be shown once when a relay starts.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>The route for a domain, or null where none leads there.</summary>
    /// <param name="domain">The domain as <see cref="TryDomainOf"/> gives it.</param>
    public SmtpRoute? Find(string domain)
    {
        if (_exact.TryGetValue(domain, out var route))
        {
            return route;
        }

        // An address literal has no domain above it; its dots are not a name's.
        if (_below.Count > 0 && !domain.StartsWith('['))
        {
            for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
            {
                if (_below.TryGetValue(domain[(dot + 1)..], out route))
                {
                    return route;
                }
            }
        }

        return _others;
    }

    /// <summary>The name under which a domain's deliveries wait in the queue; null where no route leads there.</summary>
    /// <param name="domain">The domain as <see cref="TryDomainOf"/> gives it.</param>
    public string? NextHop(string domain) => Find(domain)?.NextHop(domain);

    /// <summary>The domain of a forward-path, in the form in which routes are looked up; false where it has none.</summary>
    /// <param name="address">Without angle brackets.</param>
    /// <param name="domain">Lower case A-labels, or an address literal.</param>
    public static bool TryDomainOf(string address, [NotNullWhen(true)] out string? domain) => MailDomain.TryOf(address, out domain);
}
