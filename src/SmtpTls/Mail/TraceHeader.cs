using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmtpTls.Mail;

/// <summary>The trace header that a relay puts before a message (RFC 5321 §4.4), and the count of those that others put there.</summary>
internal static class TraceHeader
{
    /// <summary>Received fields that a message may bring along: RFC 5321 §6.3 asks for a limit of at least 100.</summary>
    public const int MaximumHops = 100;

    // A path's own limit; what is longer is no path.
    private const int MaximumRecipient = 256;

    // RFC 5321 §4.1.1.1 wants a domain in EHLO; what else a client says there can neither end the field nor begin a comment.
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    /// <summary>How many Received fields stand in a header.</summary>
    public static int CountHops(MessageHeaders headers) =>
        headers.Fields.Count(field => field.Name.Equals("Received", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Composes the field, folded, with its last CRLF. The user's name does not go into it: the transmission type tells that
    /// there was one (RFC 3848), and the tracking log who.
    /// </summary>
    /// <param name="origin">How the message came in.</param>
    /// <param name="protocol">The transmission type, or null where it did not come by SMTP.</param>
    /// <param name="hostName">Our name.</param>
    /// <param name="id">The message's name in the queue.</param>
    /// <param name="recipient">
    /// The recipient where there is exactly one; else null, because the field would tell each of the others, blind copies
    /// too (RFC 5321 §7.2).
    /// </param>
    /// <param name="time">When it came in.</param>
    public static byte[] Compose(MessageOrigin origin, string? protocol, string hostName, QueueId id, string? recipient, DateTimeOffset time)
    {
        var field = new StringBuilder("Received: ");
        if (protocol is not null)
        {
            field.Append(CultureInfo.InvariantCulture, $"from {Hello(origin.HelloName)} ({Client(origin.RemoteEndPoint)})\r\n\tby {hostName} with {protocol} id {id}");
        }
        else
        {
            var door = origin.Kind switch { MessageSourceKind.Pickup => "pickup folder", MessageSourceKind.Import => "import", _ => "local" };
            field.Append(CultureInfo.InvariantCulture, $"by {hostName} ({door}) id {id}");
        }

        if (recipient is { Length: > 0 and <= MaximumRecipient } && !recipient.Any(char.IsControl))
        {
            field.Append("\r\n\tfor <").Append(recipient).Append('>');
        }

        if (origin.Tls is { } tls)
        {
            // RFC 8314 §4.3: the suite in a clause of its own; the version in a comment.
            field.Append("\r\n\ttls ").Append(Token(tls.CipherSuite)).Append(" (").Append(Token(tls.Protocol)).Append(')');
        }

        if (origin.ClientCertificateSha256 is { } fingerprint)
        {
            field.Append("\r\n\t(client certificate SHA-256").Append("\r\n\t").Append(Token(fingerprint)).Append(')');
        }

        return Encoding.UTF8.GetBytes(field.Append(";\r\n\t").Append(MessageComposer.FormatDate(time)).Append("\r\n").ToString());
    }

    private static string Hello(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "unknown";
        }

        var literal = name.StartsWith('[') && name.EndsWith(']') ? name[1..^1] : "";
        literal = literal.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? literal[5..] : literal;
        return IPAddress.TryParse(literal, out var address) ? Literal(address) : Token(name);
    }

    private static string Client(string? endPoint) =>
        IPEndPoint.TryParse(endPoint ?? "", out var client) ? Literal(client.Address) : "unknown";

    // RFC 5321 §4.1.3.
    private static string Literal(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{new IPAddress(address.GetAddressBytes())}]" : $"[{address}]";
    }

    private static string Token(string text) => text.AsSpan().ContainsAnyExcept(NameCharacters)
        ? string.Create(text.Length, text, static (token, source) =>
        {
            for (var i = 0; i < token.Length; i++)
            {
                token[i] = NameCharacters.Contains(source[i]) ? source[i] : '?';
            }
        })
        : text;
}
