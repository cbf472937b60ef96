using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Module;

/// <summary>Addresses and networks as administrators type them. Names are not taken: which of a name's addresses is meant is better said than guessed.</summary>
internal static class NetworkArguments
{
    private const int DnsPort = 53;

    /// <summary>An address to listen on.</summary>
    /// <exception cref="SmtpException">It is none.</exception>
    internal static IPAddress ToListenAddress(string text) => TryAddress(text, out var address)
        ? address
        : throw Invalid($"'{text}' is no IP address to listen on.", "Give an address of this machine, such as 127.0.0.1 or ::1; 0.0.0.0 and :: stand for all of them.");

    /// <summary>A network, or the network of one address.</summary>
    /// <exception cref="SmtpException">It is none, or bits behind the prefix are set.</exception>
    internal static IPNetwork ToNetwork(string text)
    {
        var parts = text.Split('/');
        if (parts.Length > 2 || !TryAddress(parts[0], out var address))
        {
            throw Invalid($"'{text}' is no network and no IP address.", "Give networks such as 192.0.2.0/24 or 2001:db8::/32, and single addresses such as 192.0.2.1.");
        }

        var longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (parts.Length == 1)
        {
            return new IPNetwork(address, longest);
        }

        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > longest)
        {
            throw Invalid($"The prefix length of '{text}' is no number from 0 to {longest}.", "Give the number of leading bits that the addresses share, such as 192.0.2.0/24; a mask such as 255.255.255.0 is not read.");
        }

        var network = Base(address, length);
        return network.Equals(address)
            ? new IPNetwork(address, length)
            : throw Invalid($"'{text}' is no network: bits are set behind its {length} leading ones.", $"Give {network}/{length} for the network, or {address} for the one address.");
    }

    /// <summary>A name server: an address with or without a port.</summary>
    /// <exception cref="SmtpException">It is none.</exception>
    internal static IPEndPoint ToNameServer(string text)
    {
        if (TryAddress(text, out var address))
        {
            return new IPEndPoint(address, DnsPort);
        }

        return IPEndPoint.TryParse(text, out var endpoint) && endpoint.Port > 0 && text.Contains(endpoint.Address.ToString(), StringComparison.OrdinalIgnoreCase)
            ? endpoint
            : throw Invalid($"'{text}' is no address of a name server.", "Give an IP address, with or without a port: 192.0.2.53, 127.0.0.1:5353, [2001:db8::53]:53.");
    }

    // The system reads 127.1 and 0x7f000001 as well; who types such a thing seldom means it.
    private static bool TryAddress(string text, out IPAddress address)
    {
        var literal = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        return IPAddress.TryParse(literal, out address!) && (literal.Contains(':', StringComparison.Ordinal) || address.ToString() == literal);
    }

    private static IPAddress Base(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }

    private static SmtpException Invalid(string message, string advice) => new(
        new SmtpFailure { Code = FindingCode.InvalidInput, Message = message, Advice = advice, Permanent = true });
}
