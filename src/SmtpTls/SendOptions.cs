using System.Net;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Net;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls;

/// <summary>How to send: where to, under which TLS, as whom. Everything but <see cref="Server"/> has a default.</summary>
public sealed record SendOptions
{
    /// <summary>The port of mail between servers (RFC 5321 §4.5.4.2).</summary>
    public const int SmtpPort = 25;

    /// <summary>The port of submission with TLS from the first byte (RFC 8314 §3.3).</summary>
    public const int ImplicitTlsPort = 465;

    /// <summary>
    /// The server: a host name, or an IP address. A name is looked up, sent as server name indication and compared with
    /// the certificate; an address typed here can only match an iPAddress entry (RFC 9525 §6.1).
    /// </summary>
    public required string Server { get; init; }

    /// <summary>The port, 1 to 65535. Null (the default) is 25, or 465 with <see cref="TlsMode.Implicit"/>.</summary>
    public int? Port { get; init; }

    /// <summary>Dial this IP address in place of the server name's own; the name is still what the certificate has to carry.</summary>
    public string? Address { get; init; }

    /// <summary>The reference identity: the name that the certificate has to carry, where it is not <see cref="Server"/>.</summary>
    public string? ServerName { get; init; }

    /// <summary>How TLS begins. Default <see cref="TlsMode.StartTls"/>, and required.</summary>
    public TlsMode TlsMode { get; init; } = TlsMode.StartTls;

    /// <summary>
    /// What must hold of TLS. Null (the default) is <see cref="TlsLevel.Secure"/>, or <see cref="TlsLevel.None"/> where
    /// <see cref="TlsMode"/> is <see cref="TlsMode.None"/>.
    /// </summary>
    public TlsLevel? TlsLevel { get; init; }

    /// <summary>What the certificate is compared with. Default <see cref="TlsIdentity.Name"/>.</summary>
    public TlsIdentity TlsIdentity { get; init; }

    /// <summary>Root certificates (or a self-signed server certificate) to trust in place of the system's. Empty (the default): the system's.</summary>
    public IReadOnlyList<X509Certificate2> TrustedCertificates { get; init; } = [];

    /// <summary>Shown to a server that asks for a certificate; with its private key. Default none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>SHA-256 fingerprints of the certificate or its public key in hexadecimal, for <see cref="TlsLevel.Fingerprint"/>. Default none.</summary>
    public IReadOnlyList<string> Fingerprints { get; init; } = [];

    /// <summary>Do not enforce the certificate; the result says that it was not. Default false.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>User and password for AUTH PLAIN or LOGIN (RFC 4954), used inside TLS only. Default none: no AUTH.</summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>
    /// The argument of EHLO: a host name, or an address literal in brackets (RFC 5321 §4.1.1.1). Null (the default) is
    /// this machine's fully qualified name, or the literal of its address where it has none.
    /// </summary>
    public string? HelloName { get; init; }

    /// <summary>How long to wait in each phase.</summary>
    public ClientTimeouts Timeouts { get; init; } = new();

    /// <summary>
    /// How many addresses of the server to try, 1 or more. Default 5 (Postfix's smtp_mx_address_limit): enough for real
    /// hosts, and a bound on what DNS can make this client dial.
    /// </summary>
    public int MaximumAddresses { get; init; } = 5;

    /// <summary>
    /// Is told each line of the dialogue, without secrets, on the thread that speaks it. It has to return quickly;
    /// an exception that it throws ends the sending and reaches the caller. Default none.
    /// </summary>
    public Action<TranscriptLine>? Transcript { get; init; }

    /// <summary>The port that is dialled.</summary>
    internal int EffectivePort => Port ?? (TlsMode == TlsMode.Implicit ? ImplicitTlsPort : SmtpPort);

    /// <summary>The level that holds.</summary>
    internal TlsLevel EffectiveLevel => TlsLevel ?? (TlsMode == TlsMode.None ? SmtpTls.TlsLevel.None : SmtpTls.TlsLevel.Secure);

    /// <summary>Whom to dial. Only after <see cref="Validate"/> found nothing.</summary>
    internal DialTarget ToTarget()
    {
        var server = Identity(Server);
        var typed = Address ?? (server.Address is null ? null : Server);

        // Read anew: an identity has no zone, but a link-local address cannot be dialled without its own (RFC 4007 §11).
        return new DialTarget(Server, server.Name, typed is null ? null : IPAddress.Parse(typed), EffectivePort);
    }

    /// <summary>How to talk, whatever address was dialled. Only after <see cref="Validate"/> found nothing.</summary>
    internal SessionSettings ToSettings() => new()
    {
        Host = Server,
        Identity = Identity(ServerName ?? Server),
        Mode = TlsMode,
        Level = EffectiveLevel,
        IdentityRule = TlsIdentity,
        TrustedCertificates = TrustedCertificates,
        ClientCertificate = ClientCertificate,
        Fingerprints = Fingerprints,
        SkipCheck = SkipCertificateCheck,
        Credential = Credential is null ? null : SaslCredential.From(Credential),
        HelloName = DnsName.TryParse(HelloName, out var name, out _) ? name.Value : HelloName ?? LocalHostName.Find(),
        Timeouts = Timeouts,
    };

    /// <summary>Looks for values that cannot be used and for contradictions, without touching the network.</summary>
    /// <returns>A failure with code <see cref="FindingCode.InvalidInput"/>, or null where all is well.</returns>
    public SmtpFailure? Validate() => SendOptionsCheck.FirstComplaint(this) is { } complaint
        ? new SmtpFailure
        {
            Code = FindingCode.InvalidInput,
            Message = complaint.Message,
            Advice = complaint.Advice,
            Permanent = true,
            Host = Server,
        }
        : null;

    private static ReferenceIdentity Identity(string text) => ReferenceIdentity.TryParse(text, out var identity, out var error)
        ? identity
        : throw new InvalidOperationException($"Options are used that were not validated: '{text}': {error}.");
}
