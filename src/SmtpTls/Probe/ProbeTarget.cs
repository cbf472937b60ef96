using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SmtpTls.Tls;

namespace SmtpTls.Probe;

/// <summary>What a person types to name a server: <c>HOST[:PORT]</c>, where an IPv6 address with a port has brackets.</summary>
internal sealed record ProbeTarget
{
    private ProbeTarget(ReferenceIdentity identity, IPAddress? address, int? port) => (Identity, Address, Port) = (identity, address, port);

    /// <summary>The name or address as an identity.</summary>
    public ReferenceIdentity Identity { get; }

    /// <summary>The address to dial where one was typed. Unlike an identity it keeps its zone: a link-local address cannot be dialled without.</summary>
    public IPAddress? Address { get; }

    /// <summary>The port, where one was given.</summary>
    public int? Port { get; }

    /// <summary>Host and port in one text that <see cref="TryParse"/> reads.</summary>
    public static string Format(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");

    /// <summary>Reads a target.</summary>
    /// <param name="text">As a person types it; blanks around it do not matter.</param>
    /// <param name="target">The target.</param>
    /// <param name="error">Why it is none, as the end of a sentence: "… is not a server: {error}".</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ProbeTarget? target, out string error)
    {
        target = null;
        var trimmed = (text ?? "").Trim();
        if (trimmed.Contains("://", StringComparison.Ordinal))
        {
            error = "it is a URL; host and port alone are wanted";
            return false;
        }

        if (trimmed.Contains('@', StringComparison.Ordinal))
        {
            error = "it is a mail address; the name of a mail server is wanted (the MX record of the domain names it)";
            return false;
        }

        if (!TrySplit(trimmed, out var host, out var portText, out error) || !TryPort(portText, out var port, out error)
            || !ReferenceIdentity.TryParse(host, out var identity, out error))
        {
            return false;
        }

        target = new ProbeTarget(identity, identity.Kind == ReferenceIdentityKind.IPAddress ? IPAddress.Parse(host) : null, port);
        return true;
    }

    private static bool TrySplit(string text, out string host, out string? port, out string error)
    {
        host = text;
        port = null;
        error = "";
        if (text.StartsWith('['))
        {
            return TrySplitBracketed(text, out host, out port, out error);
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return true;
        }

        if (text.IndexOf(':', colon + 1) < 0)
        {
            (host, port) = (text[..colon], text[(colon + 1)..]);
            return true;
        }

        // Two colons: an IPv6 address as a whole. What follows its last colon is never a port (RFC 5952 §6).
        if (IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return true;
        }

        error = "it has several colons and is no IPv6 address; an IPv6 address with a port is written [2001:db8::1]:25";
        return false;
    }

    private static bool TrySplitBracketed(string text, out string host, out string? port, out string error)
    {
        host = text;
        port = null;
        error = "";
        var end = text.IndexOf(']', StringComparison.Ordinal);
        if (end < 0)
        {
            error = "its opening bracket is not closed";
            return false;
        }

        host = text[1..end];
        if (!host.Contains(':', StringComparison.Ordinal))
        {
            error = "only an IPv6 address stands in brackets";
            return false;
        }

        var rest = text[(end + 1)..];
        if (rest.Length > 0 && rest[0] != ':')
        {
            error = "something other than a colon and a port follows the bracket";
            return false;
        }

        port = rest.Length == 0 ? null : rest[1..];
        return true;
    }

    private static bool TryPort(string? text, out int? port, out string error)
    {
        port = null;
        error = "";
        if (text is null)
        {
            return true;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= IPEndPoint.MaxPort)
        {
            port = number;
            return true;
        }

        error = text.Length == 0 ? "no port follows its colon" : $"its port is not a number from 1 to {IPEndPoint.MaxPort}";
        return false;
    }
}
