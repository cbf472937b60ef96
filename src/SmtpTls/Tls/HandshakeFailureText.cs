using System.Net.Sockets;
using System.Security.Authentication;

namespace SmtpTls.Tls;

/// <summary>What a failed handshake means, in words, from the exceptions that the runtime and OpenSSL wrap into each other.</summary>
internal static class HandshakeFailureText
{
    /// <summary>How the text begins for a peer that is too old, whichever of OpenSSL's reasons told it.</summary>
    internal const string NoCommonVersion = "no TLS version in common";

    // OpenSSL's reasons, most telling first. The text after "SSL routines::" is OpenSSL's own and stable since 1.0.
    private static readonly (string Reason, string Meaning)[] Reasons =
    [
        ("wrong version number", "the peer does not speak TLS here: it answered in plain text"),
        ("http request", "the peer does not speak TLS here: it sent an HTTP request"),
        ("alert protocol version", $"{NoCommonVersion}: the peer speaks neither of TLS 1.2 and TLS 1.3 (alert: protocol version)"),
        ("unsupported protocol", $"{NoCommonVersion}: the peer speaks neither of TLS 1.2 and TLS 1.3"),
        ("version too low", $"{NoCommonVersion}: the peer speaks neither of TLS 1.2 and TLS 1.3"),
        ("no shared cipher", "no cipher suite in common with the peer that fits the certificate's key"),
        ("alert handshake failure", "the peer found no protocol, cipher suite or certificate in common (alert: handshake failure)"),
        ("alert insufficient security", "the peer wants stronger cipher suites (alert: insufficient security)"),
        ("alert unknown ca", "the peer does not trust the issuer of our certificate (alert: unknown CA)"),
        ("alert certificate expired", "the peer says that our certificate has expired (alert: certificate expired)"),
        ("alert certificate required", "the peer wants a client certificate (alert: certificate required)"),
        ("alert bad certificate", "the peer does not accept our certificate (alert: bad certificate)"),
        ("certificate unknown", "the peer does not accept our certificate (alert: certificate unknown)"),
        ("unrecognized name", "the peer has no certificate for the server name it was asked for (alert: unrecognized name)"),
        ("dh key too small", "the peer's Diffie-Hellman key is too short for this system's OpenSSL policy"),
        ("ee key too small", "the peer's certificate key is too short for this system's OpenSSL policy"),
        ("ca md too weak", "a signature in the peer's chain is too weak for this system's OpenSSL policy"),
        ("unsafe legacy renegotiation disabled", "the peer lacks secure renegotiation (RFC 5746)"),
    ];

    /// <summary>The cause in one phrase, without a full stop; what the system said underneath follows in parentheses where it adds something.</summary>
    /// <param name="exception">From SslStream's AuthenticateAs…Async.</param>
    internal static string Describe(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var innermost = Innermost(exception);
        if (innermost is SocketException socket)
        {
            return socket.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown
                ? "the peer reset the connection during the handshake"
                : $"the connection failed during the handshake: {innermost.Message}";
        }

        // SslStream's own verdicts carry no inner exception: an early end is an IOException; a first record that is no TLS
        // record an AuthenticationException about its frame.
        if (ReferenceEquals(innermost, exception))
        {
            return exception switch
            {
                IOException => "the peer closed the connection during the handshake",
                AuthenticationException when exception.Message.Contains("frame", StringComparison.OrdinalIgnoreCase) =>
                    "the peer does not speak TLS here: what it sent is no TLS record",
                _ => Clean(exception.Message),
            };
        }

        var text = OpenSslReason(innermost.Message);
        foreach (var (reason, meaning) in Reasons)
        {
            if (text.Contains(reason, StringComparison.OrdinalIgnoreCase))
            {
                return meaning;
            }
        }

        const string Alert = " alert ";
        var alert = text.IndexOf(Alert, StringComparison.Ordinal);
        return alert >= 0 ? $"the peer broke off the handshake (alert: {text[(alert + Alert.Length)..]})" : text;
    }

    /// <summary>The exceptions' messages, outermost first: for <see cref="SmtpFailure.Cause"/>.</summary>
    internal static string Cause(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var messages = new List<string>();
        for (var current = exception; current is not null; current = current.InnerException)
        {
            messages.Add(Clean(current.Message));
        }

        return string.Join(" → ", messages);
    }

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }

    // "error:0A000410:SSL routines::sslv3 alert handshake failure" → "sslv3 alert handshake failure"
    private static string OpenSslReason(string message)
    {
        var separator = message.LastIndexOf("::", StringComparison.Ordinal);
        return Clean(separator >= 0 ? message[(separator + 2)..] : message);
    }

    private static string Clean(string message) => FindingText.Clean(message.Trim()).TrimEnd('.');
}
