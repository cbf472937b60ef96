using System.Globalization;
using System.Security.Authentication;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Net;

/// <summary>Builds the failures of a connection, as opposed to those of what was said on it.</summary>
/// <param name="plan">Whose connection it is.</param>
internal sealed class ConnectionFailures(ClientPlan plan)
{
    private readonly ClientFailures _failures = new(plan);

    /// <summary>The last reply that came, which often tells why the next one does not.</summary>
    public SmtpReply? LastReply { get; set; }

    public SmtpFailure TimedOut(ClientState state, TimeSpan limit) => _failures.Make(
        FindingCode.TimedOut,
        state,
        $"{_failures.Where} took longer than {Deadline.Show(limit)} while {Activity(state)}.{Last()}",
        state switch
        {
            ClientState.Greeting or ClientState.Handshake when plan.Mode == TlsMode.Implicit =>
                "Check the port: one that begins in plain text waits for nothing and greets; use TlsMode StartTls there.",
            ClientState.Greeting => "Check the port: one that begins with TLS (465) stays silent until the client begins; use TlsMode Implicit there. Otherwise a firewall or an overloaded server holds the connection.",
            ClientState.FinalReply => "The server may have accepted the message all the same: look into its log or queue before sending again.",
            _ => "Try again later, or allow more time for this phase; the server or a filter in front of it may be overloaded.",
        },
        permanent: false);

    public SmtpFailure Lost(ClientState state, Exception? cause) => _failures.Make(
        FindingCode.ConnectionLost,
        state,
        $"{_failures.Where} closed the connection while {Activity(state)}.{Last()}",
        state switch
        {
            ClientState.FinalReply => "The server may have accepted the message all the same: look into its log or queue before sending again.",
            ClientState.Greeting => "The server, or a filter in front of it, does not want this client's address, or the port speaks another protocol.",
            _ => "See the server's log for the reason.",
        },
        permanent: false) with
    { Reply = LastReply, Cause = cause is null ? null : HandshakeFailureText.Cause(cause) };

    public SmtpFailure NotAReply(ClientState state, string error) => state == ClientState.Greeting
        ? _failures.Make(
            FindingCode.NotSmtp,
            state,
            $"{_failures.Where} does not speak SMTP: {error}. A 220 greeting was expected.",
            "Check host and port. A port that speaks TLS from the first byte needs TlsMode Implicit.")
        : _failures.Make(
            FindingCode.ProtocolError,
            state,
            $"{_failures.Where} broke the protocol while {Activity(state)}: {error}.",
            "Look at the transcript: something between client and server may answer in the server's place.");

    public SmtpFailure HandshakeFailed(Exception cause) => _failures.Make(
        FindingCode.HandshakeFailed,
        ClientState.Handshake,
        $"The TLS handshake with {_failures.Where} failed: {HandshakeFailureText.Describe(cause)}. {Expected()} was expected.",
        plan.Mode == TlsMode.Implicit
            ? "Check the port: one that begins in plain text needs TlsMode StartTls. Otherwise see the server's log; protocol versions, suites or its certificate do not fit."
            : "See the server's log; protocol versions, suites or its certificate and key do not fit, or a filter answered STARTTLS in its place.",
        permanent: false) with
    { Cause = HandshakeFailureText.Cause(cause) };

    public SmtpFailure ContentUnreadable(Exception cause) => new()
    {
        Code = FindingCode.InvalidInput,
        Message = $"The message could not be read while it was being sent to {_failures.Where}; the connection was closed, so the server discards what it has.",
        Advice = "Check that the message's file is there and readable until it is sent.",
        Phase = SmtpPhase.Message,
        Host = plan.Host,
        Endpoint = plan.Endpoint.ToString(),
        Cause = HandshakeFailureText.Cause(cause),
    };

    public SmtpFailure MessageCutShort(long sent, long expected) => new()
    {
        Code = FindingCode.InvalidInput,
        Message = string.Create(CultureInfo.InvariantCulture, $"The message changed while it was being sent to {_failures.Where}: {expected} bytes were announced, {sent} could be read."),
        Advice = "Send the message again when nothing writes to it.",
        Phase = SmtpPhase.Message,
        Host = plan.Host,
        Endpoint = plan.Endpoint.ToString(),
    };

    private string Expected() => plan.Protocols switch
    {
        SslProtocols.None or TlsVersions.Enabled => "TLS 1.2 or 1.3",
        SslProtocols.Tls12 => "TLS 1.2",
        SslProtocols.Tls13 => "TLS 1.3",
        var other => other.ToString(),
    };

    private string Activity(ClientState state) =>
        state == ClientState.Handshake && plan.Mode == TlsMode.Implicit ? "performing the TLS handshake that begins the connection" : ClientStates.Of(state).Phrase;

    private string Last() => LastReply is null ? "" : $" Its last reply was: {ClientFailures.Show(LastReply)}";
}
