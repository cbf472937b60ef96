using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SmtpTls.Dns;
using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>Whom to dial.</summary>
/// <param name="Host">The server as the caller named it.</param>
/// <param name="Name">The name to look up; null where an address was given in its place.</param>
/// <param name="Address">The address to dial without a look-up; null where the name's addresses are to be dialled.</param>
/// <param name="Port">The port.</param>
internal sealed record DialTarget(string Host, DnsName? Name, IPAddress? Address, int Port);

/// <summary>From a name to addresses, and from an address to a connection. Failures come as <see cref="SmtpException"/>.</summary>
internal sealed class Dialer(IDnsResolver resolver, IConnector connector, TimeProvider clock)
{
    /// <summary>The endpoints to try, in their order, at most <paramref name="maximum"/>.</summary>
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(
        DialTarget target, TimeSpan limit, int maximum, PhaseClock phases, CancellationToken cancellationToken)
    {
        if (target.Address is { } given)
        {
            return [new IPEndPoint(given, target.Port)];
        }

        var began = phases.Now;
        try
        {
            var answer = await Deadline.RunAsync(
                clock,
                limit,
                stop => resolver.ResolveAddressesAsync(target.Name!, stop),
                () => NotLookedUp(target, FindingCode.TimedOut, $"The addresses of {target.Host} could not be looked up within {Deadline.Show(limit)}.", ""),
                cancellationToken).ConfigureAwait(false);
            return answer.Status switch
            {
                DnsStatus.Found when answer.Records.Count > 0 => [.. answer.Records.Take(maximum).Select(a => new IPEndPoint(a, target.Port))],
                DnsStatus.Found or DnsStatus.NotFound => throw new SmtpException(NotFound(target, answer.Detail)),
                _ => throw new SmtpException(NotLookedUp(
                    target, FindingCode.ResolveFailed, $"The addresses of {target.Host} could not be looked up now.", answer.Detail)),
            };
        }
        finally
        {
            phases.Add(SmtpPhase.Resolve, began);
        }
    }

    /// <summary>Connects to one endpoint.</summary>
    public async Task<Stream> ConnectAsync(string host, IPEndPoint endpoint, TimeSpan limit, PhaseClock phases, CancellationToken cancellationToken)
    {
        var began = phases.Now;
        try
        {
            return await Deadline.RunAsync(
                clock, limit, stop => connector.ConnectAsync(endpoint, stop), () => Silent(host, endpoint, limit), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException refusal)
        {
            throw new SmtpException(NotConnected(host, endpoint, refusal), refusal);
        }
        finally
        {
            phases.Add(SmtpPhase.Connect, began);
        }
    }

    private static SmtpFailure NotFound(DialTarget target, string detail) => new()
    {
        Code = FindingCode.HostNotFound,
        Message = $"{target.Host} does not exist or has no address.",
        Advice = "Check the spelling, and whether the name is known to the DNS servers that this machine asks.",
        Permanent = true,
        Phase = SmtpPhase.Resolve,
        Host = target.Host,
        Cause = detail.Length == 0 ? null : detail,
    };

    private static SmtpFailure NotLookedUp(DialTarget target, FindingCode code, string message, string detail) => new()
    {
        Code = code,
        Message = message,
        Advice = "Check this machine's network and its DNS servers, then try again; -Address dials a known address and still verifies the name.",
        Phase = SmtpPhase.Resolve,
        Host = target.Host,
        Cause = detail.Length == 0 ? null : detail,
    };

    private static SmtpFailure Silent(string host, IPEndPoint endpoint, TimeSpan limit) => new()
    {
        Code = FindingCode.TimedOut,
        Message = $"{ClientFailures.Place(host, endpoint)} did not answer within {Deadline.Show(limit)} while connecting.",
        Advice = "Check address and port, and whether a firewall drops the packets; many providers block outgoing port 25.",
        Phase = SmtpPhase.Connect,
        Host = host,
        Endpoint = endpoint.ToString(),
    };

    private static SmtpFailure NotConnected(string host, IPEndPoint endpoint, SocketException refusal) => new()
    {
        Code = FindingCode.ConnectFailed,
        Message = $"Could not connect to {ClientFailures.Place(host, endpoint)}: {Sentence(refusal)}",
        Advice = refusal.SocketErrorCode == SocketError.ConnectionRefused
            ? string.Create(CultureInfo.InvariantCulture, $"Nothing listens on port {endpoint.Port} there, or a firewall refuses it: check the port and that the server runs.")
            : "Check the route to that address from this machine; where only IPv6 or only IPv4 is missing, -Address picks the other one.",
        Phase = SmtpPhase.Connect,
        Host = host,
        Endpoint = endpoint.ToString(),
        Cause = $"{refusal.SocketErrorCode}: {refusal.Message}",
    };

    private static string Sentence(SocketException refusal) => refusal.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "the connection was refused.",
        SocketError.HostUnreachable => "the host is unreachable.",
        SocketError.NetworkUnreachable => "its network is unreachable.",
        SocketError.TimedOut => "the system gave up waiting for an answer.",
        SocketError.AddressFamilyNotSupported => "this machine does not support that kind of address.",
        _ => refusal.Message.TrimEnd('.') + ".",
    };
}
