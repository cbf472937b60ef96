using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>What may stand behind the '@' of a mailbox: a name, or an address in brackets (RFC 5321 §4.1.2 and §4.1.3).</summary>
internal static class DomainText
{
    private const string IPv6Tag = "IPv6:";

    // What DnsName takes for a dot at the end (RFC 3490 §3.1); a mailbox has none (RFC 5321 §2.3.5).
    private static readonly char[] Dots = ['.', '\u3002', '\uFF0E', '\uFF61'];

    /// <summary>
    /// Why mail cannot go there, as the end of a sentence about the address; empty where it can. Allocates nothing for a
    /// good ASCII name.
    /// </summary>
    public static string Complaint(string domain)
    {
        if (domain.Length == 0)
        {
            return "its domain is empty";
        }

        if (domain[0] == '[')
        {
            return IsAddressLiteral(domain)
                ? ""
                : "its address literal is neither of the form [192.0.2.1] nor [IPv6:2001:db8::1] (RFC 5321 §4.1.3)";
        }

        if (Dots.AsSpan().Contains(domain[^1]))
        {
            return "its domain ends with a dot (RFC 5321 §2.3.5)";
        }

        if (domain.Contains('@', StringComparison.Ordinal))
        {
            return "it holds more than one '@' outside quotes";
        }

        var complaint = Ascii.IsValid(domain) ? DnsName.Complaint(domain) : InternationalComplaint(domain);
        if (complaint.Length == 0)
        {
            return "";
        }

        return IPAddress.TryParse(domain, out _)
            ? "its domain is an address, which stands in brackets here: [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 §4.1.3)"
            : $"its domain is not a host name: {complaint}";
    }

    private static string InternationalComplaint(string domain) => DnsName.TryParse(domain, out _, out var error) ? "" : error;

    private static bool IsAddressLiteral(string domain)
    {
        if (domain[^1] != ']')
        {
            return false;
        }

        var content = domain.AsSpan(1, domain.Length - 2);
        if (!content.StartsWith(IPv6Tag, StringComparison.OrdinalIgnoreCase))
        {
            // IPAddress also reads 127.1, 0x7f.1 and octal numbers, which the other end may read otherwise; what it
            // writes is the form of RFC 5321 §4.1.3.
            return IPAddress.TryParse(content, out var address) && address.AddressFamily == AddressFamily.InterNetwork
                && content.SequenceEqual(address.ToString());
        }

        // IPAddress also reads brackets, ports and scopes.
        content = content[IPv6Tag.Length..];
        foreach (var character in content)
        {
            if (!char.IsAsciiHexDigit(character) && character is not (':' or '.'))
            {
                return false;
            }
        }

        return IPAddress.TryParse(content, out var address6) && address6.AddressFamily == AddressFamily.InterNetworkV6;
    }
}
