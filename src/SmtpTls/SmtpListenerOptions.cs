using System.Net;

namespace SmtpTls;

/// <summary>What a listener listens on and how.</summary>
public sealed record SmtpListenerOptions
{
    /// <summary>The listener's name among others. Default: <c>smtp-</c> and the port.</summary>
    public string? Name { get; init; }

    /// <summary>Addresses to listen on. Default: every IPv4 and, where the system has it, every IPv6 address.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The port on all of them; 0, the default, lets the system choose one, the same for all.</summary>
    public int Port { get; init; }

    /// <summary>STARTTLS (the default), implicit TLS, or none.</summary>
    public TlsMode TlsMode { get; init; } = TlsMode.StartTls;

    /// <summary>Where STARTTLS is offered. Default: everywhere but on loopback connections.</summary>
    public StartTlsPolicy StartTls { get; init; } = StartTlsPolicy.ExceptLoopback;

    /// <summary>Refuse mail before STARTTLS (530, RFC 3207 §4) wherever STARTTLS is offered. Default: false, as RFC 3207 §4 wants it on port 25.</summary>
    public bool RequireTls { get; init; }

    /// <summary>
    /// Who may authenticate, with AUTH PLAIN and LOGIN (RFC 4954), which are offered inside TLS only. Default: nobody, and
    /// AUTH is not offered.
    /// </summary>
    public IUserDirectory? Users { get; init; }

    /// <summary>Refuse mail before AUTH (530, RFC 4954 §6), also where a connection cannot have the TLS that AUTH needs. Default: false.</summary>
    public bool RequireAuthentication { get; init; }

    /// <summary>Whether clients are asked for a certificate. Default: they are not; some mail servers fail a handshake that asks.</summary>
    public ClientCertificatePolicy ClientCertificate { get; init; }

    /// <summary>Decides at RCPT for whom mail is taken. Default: for everybody, which is right for a sink that keeps what it gets.</summary>
    public IRecipientPolicy? RecipientPolicy { get; init; }

    /// <summary>DSN is offered (RFC 3461): the sink honours RET, ENVID, NOTIFY and ORCPT.</summary>
    internal bool OffersDsn { get; init; }

    /// <summary>The certificates; SNI chooses among several, and the first is for clients that send none.</summary>
    public IReadOnlyList<ListenerCertificate> Certificates { get; init; } = [];

    /// <summary>The name in the greeting (RFC 5321 §4.2). Default: the machine's host name.</summary>
    public string? HostName { get; init; }

    /// <summary>What the listener bears.</summary>
    public ListenerLimits Limits { get; init; } = new();

    /// <summary>
    /// Where messages go while they arrive that are too large for memory. Default: the system's folder for temporary
    /// files. Files there have no name on Unix and are gone with the process.
    /// </summary>
    public string? TemporaryFolder { get; init; }

    /// <summary>Who takes the messages. Default: a <see cref="MessageCapture"/>.</summary>
    public IMessageSink? Sink { get; init; }

    /// <summary>
    /// Told of connections, handshakes, messages and faults, on the engine's threads; must return soon. An exception that
    /// it throws is dropped: neither a session nor a message depends on its log.
    /// </summary>
    public Action<ListenerEvent>? Log { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Throws where the options contradict each other.</summary>
    /// <exception cref="SmtpException">Names the option and the remedy.</exception>
    public void Validate()
    {
        Limits.Validate();
        if (Port is < 0 or > IPEndPoint.MaxPort)
        {
            throw Invalid($"The port {Port} is out of range.", "Give 0 to 65535; 0 lets the system choose.");
        }

        if (HostName is not null && !DnsName.TryParse(HostName, out _, out var complaint))
        {
            throw Invalid($"The host name '{HostName}' cannot stand in a greeting: {complaint}.", "Give the machine's full name, such as mail.contoso.com.");
        }

        if (Certificates.Count == 0 && TlsMode == TlsMode.Implicit)
        {
            throw Invalid("Implicit TLS needs a certificate.", "Give one, or make a test certificate with New-SmtpTlsCertificate.");
        }

        if (Certificates.Count == 0 && (RequireTls || StartTls == StartTlsPolicy.Always) && TlsMode == TlsMode.StartTls)
        {
            throw Invalid("STARTTLS was asked for, but there is no certificate.", "Give one, or make a test certificate with New-SmtpTlsCertificate.");
        }

        if (RequireTls && (StartTls == StartTlsPolicy.Never || TlsMode == TlsMode.None))
        {
            throw Invalid("TLS is required and STARTTLS is never offered, so no client could send.", "Leave out RequireTls, or offer STARTTLS.");
        }

        ValidateClients();
    }

    private void ValidateClients()
    {
        if (RequireAuthentication && Users is null)
        {
            throw Invalid("Authentication is required, but there are no users, so no client could send.", "Give users, or leave out RequireAuthentication.");
        }

        if (Users is not null && !CanHaveTls)
        {
            throw Invalid(
                "There are users, but AUTH is offered inside TLS only, and this listener never has TLS.",
                "Give a certificate, and offer STARTTLS or use implicit TLS; or leave out the users.");
        }

        if (ClientCertificate != ClientCertificatePolicy.None && !CanHaveTls)
        {
            throw Invalid(
                "Client certificates are asked for in TLS handshakes, and this listener never has TLS.",
                "Give a certificate, and offer STARTTLS or use implicit TLS; or leave out ClientCertificate.");
        }
    }

    // On some connection at least; loopback is told of by a finding when the listener starts.
    private bool CanHaveTls => Certificates.Count > 0 && (TlsMode == TlsMode.Implicit || (TlsMode == TlsMode.StartTls && StartTls != StartTlsPolicy.Never));

    private static SmtpException Invalid(string message, string advice) => new(new SmtpFailure
    {
        Code = FindingCode.InvalidInput,
        Message = message,
        Advice = advice,
        Permanent = true,
    });
}
