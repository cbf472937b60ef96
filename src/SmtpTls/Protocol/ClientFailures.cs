using System.Globalization;
using System.Net;

namespace SmtpTls.Protocol;

/// <summary>
/// Builds the failures of a client session. Each names host, address, phase, what was expected and what was seen, so
/// the message can stand alone in a log.
/// </summary>
/// <param name="plan">Whose session it is.</param>
internal sealed class ClientFailures(ClientPlan plan)
{
    // A message is read by a person; who needs every one of 1,000 recipients reads the result's list.
    private const int MostNamed = 10;

    /// <summary>Host and dialled endpoint as messages name them.</summary>
    public string Where => Place(plan.Host, plan.Endpoint);

    /// <summary><c>mail.contoso.com (192.0.2.1:25)</c>, or the endpoint alone where the host is its address.</summary>
    public static string Place(string host, IPEndPoint endpoint) =>
        IPAddress.TryParse(host, out var address) && address.Equals(endpoint.Address) ? endpoint.ToString() : $"{host} ({endpoint})";

    public SmtpFailure Make(FindingCode code, ClientState state, string message, string advice, bool permanent = true) => new()
    {
        Code = code,
        Message = message,
        Advice = advice,
        Permanent = permanent,
        Phase = ClientStates.Of(state).Phase,
        Host = plan.Host,
        Endpoint = plan.Endpoint.ToString(),
    };

    /// <summary>A failure that a reply decided; only a 4xx says that the same may work later.</summary>
    public SmtpFailure Refusal(FindingCode code, ClientState state, SmtpReply reply, string? command, string message, string advice) =>
        Make(code, state, $"{message}: {Show(reply)}", advice, !reply.IsTransient) with { Reply = reply, Command = command };

    public SmtpFailure ServiceRefused(ClientState state, SmtpReply reply, string? command) => state switch
    {
        ClientState.Greeting => Refusal(FindingCode.ServiceRefused, state, reply, command,
            $"{Where} greeted with a refusal; 220 was expected",
            reply.IsTransient
                ? "Try again later; the server is busy, stopping or limiting connections from this address."
                : "Ask the server's operator whether this client's address is allowed to connect."),
        _ when reply.Code == 421 => Refusal(FindingCode.ServiceRefused, state, reply, command,
            $"{Where} closed the service while {ClientStates.Of(state).Phrase}",
            "Try again later; the server is stopping, overloaded or limits this client."),
        _ => Refusal(FindingCode.ServiceRefused, state, reply, command,
            $"{Where} refused {command}; 250 was expected",
            "Check that the EHLO name is a host name the server accepts (-HelloName), and that the server speaks ESMTP; without EHLO there is no STARTTLS and no AUTH."),
    };

    /// <summary>A reply that no server may give here.</summary>
    public SmtpFailure UnexpectedReply(ClientState state, SmtpReply reply, string expected) =>
        Make(FindingCode.ProtocolError, state,
            $"{Where} broke the protocol while {ClientStates.Of(state).Phrase}; {expected} was expected: {Show(reply)}",
            "Look at the transcript: something between client and server may answer in the server's place.") with
        { Reply = reply };

    public SmtpFailure StartTlsNotOffered(ClientState state) => plan.IsLoopback
        ? Make(FindingCode.StartTlsWithheldOnLoopback, state,
            $"{Where} does not offer STARTTLS on this loopback connection. A server may withhold it there by design: its certificate names a host, and nobody listens in on a loopback connection.",
            "Connect to the server's host name or to its real address. On a listener of this module, -StartTls Always offers it on loopback, too.")
        : Make(FindingCode.StartTlsNotOffered, state,
            $"{Where} does not offer STARTTLS, and level {plan.Level} requires TLS. Nothing was sent in plain text.",
            "Configure a certificate on the server, or look for a firewall that removes STARTTLS from the EHLO reply (XXXXXXXA in its place is the sign of one).");

    public SmtpFailure StartTlsRefused(SmtpReply reply) =>
        Refusal(FindingCode.StartTlsRefused, ClientState.StartTls, reply, "STARTTLS",
            $"{Where} offers STARTTLS but refused the command; 220 was expected. Nothing was sent in plain text",
            "See the server's log: most often its certificate or private key could not be loaded.");

    public SmtpFailure StartTlsInjection(SmtpReply reply) =>
        Make(FindingCode.StartTlsInjection, ClientState.StartTls,
            $"{Where} sent plain text after its reply to STARTTLS and before the handshake. The connection was closed: those bytes would have been taken for answers from inside TLS.",
            "Treat this as an attack on the connection (CVE-2011-0411) until the server's software is shown to be at fault.") with
        { Reply = reply, Command = "STARTTLS" };

    public SmtpFailure Contradiction() =>
        Make(FindingCode.InvalidInput, ClientState.Greeting,
            $"TlsMode {plan.Mode} and TlsLevel {plan.Level} contradict each other; nothing was sent to {Where}.",
            "Choose a mode with TLS for a level that requires it, or level None for no TLS.");

    public SmtpFailure AuthenticationOutsideTls(ClientState state) =>
        Make(FindingCode.AuthenticationUnavailable, state,
            $"A credential is to be used with {Where}, but the connection is not in TLS. A password is never sent in plain text.",
            "Use a TLS level of Encrypt or higher, so that a server without STARTTLS is reported as such, or send without a credential.");

    public SmtpFailure NoMechanism(ClientState state, IReadOnlyList<string> offered) =>
        Make(FindingCode.AuthenticationUnavailable, state,
            offered.Count == 0
                ? $"{Where} offers no authentication on this connection."
                : $"{Where} offers no authentication mechanism that is known here: PLAIN or LOGIN was expected, it has {Printable.Line(string.Join(' ', offered), 200)}.",
            "Use the submission port (587, or 465 with TlsMode Implicit), where authentication is offered, or enable PLAIN on the server.");

    public SmtpFailure AuthenticationFailed(SmtpReply reply, string mechanism, string userName) =>
        Refusal(FindingCode.AuthenticationFailed, ClientState.Authenticate, reply, $"AUTH {mechanism}",
            $"{Where} refused to authenticate '{Printable.Line(userName, 200)}' with {mechanism}; 235 was expected",
            reply.IsTransient ? "Try again later; the server could not check the credential now." : "Check user name and password, and whether the account may use SMTP AUTH.");

    public SmtpFailure ExtensionMissing(string extension, string need, string advice) =>
        Make(FindingCode.ExtensionMissing, ClientState.MailFrom, $"{Where} does not offer {extension}, and {need}. Nothing was sent.", advice);

    public SmtpFailure TooLarge(long size, long maximum) =>
        Make(FindingCode.MessageTooLarge, ClientState.MailFrom,
            string.Create(CultureInfo.InvariantCulture, $"The message has {size} bytes; {Where} announced a maximum of {maximum} bytes (SIZE). Nothing was sent."),
            "Send a smaller message, or raise the server's limit.");

    public SmtpFailure Refused(FindingCode code, ClientState state, SmtpReply reply, string command, string what) =>
        Refusal(code, state, reply, command, $"{Where} refused {what}",
            reply.IsTransient ? "Try again later: the server says that the refusal is temporary." : "The server's text says why; its log says more.");

    /// <summary>Some or all recipients were refused.</summary>
    public SmtpFailure RecipientsRefused(IReadOnlyList<(string Recipient, SmtpReply Reply)> refused, int total)
    {
        var named = string.Join("; ", refused.Take(MostNamed).Select(r => $"{r.Recipient} ({Show(r.Reply)})"));
        var more = refused.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $"; and {refused.Count - MostNamed} more") : "";
        var outcome = refused.Count == total
            ? "The message was not sent."
            : string.Create(CultureInfo.InvariantCulture, $"The message was accepted for the other {total - refused.Count}.");
        return Make(FindingCode.RecipientRefused, ClientState.RcptTo,
            string.Create(CultureInfo.InvariantCulture, $"{Where} refused {refused.Count} of {total} recipients: {named}{more}. {outcome}"),
            refused.All(r => r.Reply.IsTransient)
                ? "Send the message again, to these recipients only: at once where there were too many of them (RFC 5321 §4.5.3.1.10), else later."
                : "Correct the refused addresses; where the server says that relaying is denied, authenticate or ask for permission to relay.",
            refused.All(r => r.Reply.IsPermanent)) with
        { Reply = refused[0].Reply, Command = $"RCPT TO:<{refused[0].Recipient}>" };
    }

    /// <summary>A reply as a message quotes it.</summary>
    public static string Show(SmtpReply reply) => Printable.Line(reply.ToString(), 500);
}
