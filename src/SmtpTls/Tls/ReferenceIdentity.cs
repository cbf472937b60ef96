using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Tls;

/// <summary>What kind of thing a <see cref="ReferenceIdentity"/> is, and so which entries of a certificate can match it.</summary>
internal enum ReferenceIdentityKind
{
    /// <summary>A DNS-ID: matched by dNSName entries only.</summary>
    DnsName,

    /// <summary>An IP-ID: matched by iPAddress entries only.</summary>
    IPAddress,
}

/// <summary>
/// What the caller meant to talk to, and therefore what the certificate has to name (RFC 9525 §6.1). It is carried
/// from the route to SNI to verification; the address that was dialled never becomes it on its own.
/// </summary>
internal sealed record ReferenceIdentity
{
    private ReferenceIdentity(ReferenceIdentityKind kind, string value, DnsName? name, IPAddress? address) =>
        (Kind, Value, Name, Address) = (kind, value, name, address);

    internal ReferenceIdentityKind Kind { get; }

    /// <summary>The name in its comparable form, or the address in its usual form, without brackets.</summary>
    internal string Value { get; }

    /// <summary>Set where <see cref="Kind"/> is <see cref="ReferenceIdentityKind.DnsName"/>.</summary>
    internal DnsName? Name { get; }

    /// <summary>Set where <see cref="Kind"/> is <see cref="ReferenceIdentityKind.IPAddress"/>; never IPv4-mapped, never scoped.</summary>
    internal IPAddress? Address { get; }

    /// <summary>What goes into the ClientHello; null for an address, which RFC 6066 §3 does not allow there.</summary>
    internal string? ServerNameIndication => Name?.Value;

    /// <summary>Reads a host name, an IPv4 address, or an IPv6 address with or without brackets.</summary>
    /// <param name="text">As a person types it.</param>
    /// <param name="identity">The identity.</param>
    /// <param name="error">Why it is none, as the end of a sentence: "… is neither a host name nor an address: {error}".</param>
    internal static bool TryParse(string? text, [NotNullWhen(true)] out ReferenceIdentity? identity, out string error)
    {
        identity = null;
        if (TryParseAddress(text, out var address))
        {
            identity = ForAddress(address);
            error = "";
            return true;
        }

        if (text is not null && (text.Contains(':', StringComparison.Ordinal) || text.StartsWith('[')))
        {
            error = "it looks like an IPv6 address or carries a port, and is no address";
            return false;
        }

        if (!DnsName.TryParse(text, out var name, out error))
        {
            return false;
        }

        identity = ForName(name);
        return true;
    }

    internal static ReferenceIdentity ForAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = AddressForm.Plain(address);
        return new ReferenceIdentity(ReferenceIdentityKind.IPAddress, plain.ToString(), name: null, plain);
    }

    internal static ReferenceIdentity ForName(DnsName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new ReferenceIdentity(ReferenceIdentityKind.DnsName, name.Value, name, address: null);
    }

    /// <summary>The value.</summary>
    public override string ToString() => Value;

    private static bool TryParseAddress(string? text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        var bracketed = text.Length > 2 && text[0] == '[' && text[^1] == ']';
        var inner = bracketed ? text[1..^1] : text;

        // The runtime also reads "[::1]:25" and "::1/64" as ::1; a port or a prefix length is not part of an identity.
        if (inner.AsSpan().ContainsAny('[', ']', '/') || !IPAddress.TryParse(inner, out var parsed))
        {
            return false;
        }

        // inet_aton forms ("127.1", "0x7f.1", "2130706433") are no IPv4 address of RFC 3986 §3.2.2; they must not pass as one.
        if (parsed.AddressFamily == AddressFamily.InterNetwork && (bracketed || parsed.ToString() != inner))
        {
            return false;
        }

        address = parsed;
        return true;
    }
}

/// <summary>The one form in which addresses are compared.</summary>
internal static class AddressForm
{
    /// <summary>IPv4-mapped becomes IPv4, and the scope goes: neither is ever part of an iPAddress entry (RFC 5280 §4.2.1.6).</summary>
    internal static IPAddress Plain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;
    }
}
