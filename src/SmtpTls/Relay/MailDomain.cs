using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Relay;

/// <summary>
/// The domain of an address in the one form in which routes are looked up and deliveries are grouped: a name in lower case
/// A-labels, or an address literal in its shortest form.
/// </summary>
internal static class MailDomain
{
    private const string SixTag = "[IPv6:";

    /// <summary>The domain of a forward-path; false where it has none that mail can go to (<c>postmaster</c> alone, a damaged address).</summary>
    public static bool TryOf(string address, [NotNullWhen(true)] out string? domain)
    {
        // No '@' can stand in a domain, so the last one is the one that counts, whatever is quoted before it.
        var at = address.LastIndexOf('@');
        domain = null;
        return at > 0 && TryNormalize(address[(at + 1)..], out domain, out _);
    }

    /// <summary>Brings a domain into its one form.</summary>
    /// <param name="text">A name, or an address literal with its brackets.</param>
    /// <param name="domain">The domain.</param>
    /// <param name="error">Why it is none, as the end of a sentence.</param>
    public static bool TryNormalize(string text, [NotNullWhen(true)] out string? domain, out string error)
    {
        domain = null;
        error = DomainText.Complaint(text);
        if (error.Length > 0)
        {
            return false;
        }

        domain = text[0] == '[' ? Literal(LiteralContent(text))
            : Ascii.IsValid(text) ? text.ToLowerInvariant()
            : DnsName.TryParse(text, out var name, out error) ? name.Value : null;
        return domain is not null;
    }

    /// <summary>The address that a domain in its one form is a literal of; false where it is a name.</summary>
    public static bool TryAddress(string domain, [NotNullWhen(true)] out IPAddress? address)
    {
        address = domain.StartsWith('[') ? LiteralContent(domain) : null;
        return address is not null;
    }

    private static IPAddress LiteralContent(string literal) =>
        IPAddress.Parse(literal.AsSpan(literal.StartsWith(SixTag, StringComparison.OrdinalIgnoreCase) ? SixTag.Length : 1).TrimEnd(']'));

    private static string Literal(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"{SixTag}{address}]" : $"[{address}]";
}
