using SmtpTls.Probe;
using SmtpTls.Protocol;
using SmtpTls.Relay;

namespace SmtpTls;

/// <summary>Reads and checks routes before there is a relay to use them. Nothing is looked up.</summary>
public static class SmtpRoutes
{
    /// <summary>Reads a smart host as a person types it: <c>HOST[:PORT]</c>; an IPv6 address with a port stands in brackets.</summary>
    /// <param name="text">For example <c>mail.contoso.com</c>, <c>192.0.2.1:587</c> or <c>[2001:db8::1]:25</c>.</param>
    /// <param name="defaultPort">The port where the text names none. Default 25.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: it is no host.</exception>
    public static SmartHost ParseSmartHost(string text, int defaultPort = SmartHost.SmtpPort)
    {
        if (ProbeTarget.TryParse(text, out var target, out var error))
        {
            return new SmartHost(target.Address?.ToString() ?? target.Identity.ToString(), target.Port ?? defaultPort);
        }

        throw new SmtpException(new SmtpFailure
        {
            Code = FindingCode.InvalidInput,
            Message = $"'{Printable.Line(text ?? "", 100)}' is no smart host: {error}.",
            Advice = "Give a host name or an address, with or without a port: mail.contoso.com, 192.0.2.1:587, [2001:db8::1]:25.",
            Permanent = true,
        });
    }

    /// <summary>Throws where routes cannot be used, alone or together.</summary>
    /// <param name="routes">All that a relay would have; or one, to see whether it holds by itself.</param>
    /// <returns>What can be used and yet surprises.</returns>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: names the route, what is wrong and the remedy.</exception>
    public static IReadOnlyList<Finding> Check(IReadOnlyList<SmtpRoute> routes) => new RouteTable(routes).Findings;
}
