using System.Security.Cryptography.X509Certificates;
using SmtpTls.Probe;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls;

/// <summary>How to probe. Everything has a default. A probe reports the certificate and enforces nothing.</summary>
public sealed record ProbeOptions
{
    /// <summary>The port of targets that name none, 1 to 65535. Null (the default) is 25, or 465 with <see cref="TlsMode.Implicit"/>.</summary>
    public int? Port { get; init; }

    /// <summary>
    /// How TLS begins. Null (the default) is <see cref="TlsMode.Implicit"/> on port 465 (RFC 8314 §3.3) and
    /// <see cref="TlsMode.StartTls"/> elsewhere. <see cref="TlsMode.None"/> leaves nothing to probe and is refused.
    /// </summary>
    public TlsMode? TlsMode { get; init; }

    /// <summary>The reference identity: the name that the certificate has to carry, where it is not the target's.</summary>
    public string? ServerName { get; init; }

    /// <summary>Dial only this IP address in place of the target's own; the target's name is still what the certificate has to carry.</summary>
    public string? Address { get; init; }

    /// <summary>What the certificate is compared with. Default <see cref="TlsIdentity.Name"/>.</summary>
    public TlsIdentity TlsIdentity { get; init; }

    /// <summary>Root certificates (or a self-signed server certificate) to trust in place of the system's. Empty (the default): the system's.</summary>
    public IReadOnlyList<X509Certificate2> TrustedCertificates { get; init; } = [];

    /// <summary>How long to wait in each phase.</summary>
    public ClientTimeouts Timeouts { get; init; } = new();

    /// <summary>
    /// The argument of EHLO: a host name, or an address literal in brackets (RFC 5321 §4.1.1.1). Null (the default) is
    /// this machine's fully qualified name, or the literal of its address where it has none.
    /// </summary>
    public string? HelloName { get; init; }

    /// <summary>
    /// Is told each line of the dialogues, on the thread that speaks it; addresses are then probed one after the other.
    /// It has to return quickly; an exception that it throws ends the probe and reaches the caller. Default none.
    /// </summary>
    public Action<TranscriptLine>? Transcript { get; init; }

    /// <summary>
    /// Where a loopback target does not list STARTTLS, look at the machine's own host names and addresses, on the same
    /// port, too: some servers withhold it on loopback by design. Default true.
    /// </summary>
    public bool SecondLook { get; init; } = true;

    /// <summary>
    /// How many addresses of a target to probe, 1 or more, and how many in a second look; further ones are left out.
    /// Default 16: the largest mail providers publish fewer a host name, and what DNS can make this client dial stays bounded.
    /// </summary>
    public int MaximumAddresses { get; init; } = 16;

    /// <summary>The port for a target.</summary>
    internal int PortFor(ProbeTarget? target) =>
        target?.Port ?? Port ?? (TlsMode == SmtpTls.TlsMode.Implicit ? SendOptions.ImplicitTlsPort : SendOptions.SmtpPort);

    /// <summary>How TLS begins on a port.</summary>
    internal TlsMode ModeFor(int port) => TlsMode ?? (port == SendOptions.ImplicitTlsPort ? SmtpTls.TlsMode.Implicit : SmtpTls.TlsMode.StartTls);

    /// <summary>What is to be done for a target, or why nothing can be. The rules for values are the sender's.</summary>
    internal (ProbeRequest? Request, SmtpFailure? Failure) Prepare(string? text)
    {
        if (!ProbeTarget.TryParse(text, out var target, out var error))
        {
            return (null, Invalid(
                $"'{Printable.Line(text ?? "", 100)}' is not a server: {error}.",
                "Give HOST or HOST:PORT, for example mail.contoso.com, 192.0.2.1:587 or [2001:db8::1]:25."));
        }

        if (TlsMode == SmtpTls.TlsMode.None)
        {
            return (null, Invalid("TlsMode None leaves nothing to probe: a probe is about TLS.", "Leave TlsMode out, or use StartTls or Implicit."));
        }

        var port = PortFor(target);
        var options = new SendOptions
        {
            Server = target.Identity.Value,
            Port = port,
            Address = Address,
            ServerName = ServerName,
            TlsMode = ModeFor(port),
            TlsLevel = TlsLevel.Encrypt,
            TlsIdentity = TlsIdentity,
            TrustedCertificates = TrustedCertificates,
            HelloName = HelloName,
            Timeouts = Timeouts,
            MaximumAddresses = MaximumAddresses,
        };
        if (options.Validate() is { } complaint)
        {
            return (null, complaint);
        }

        var dial = options.ToTarget();
        return (new ProbeRequest
        {
            Target = text!.Trim(),
            Dial = Address is null && target.Address is { } typed ? dial with { Address = typed } : dial,
            Settings = options.ToSettings(),
            GivenIdentity = ReferenceIdentity.TryParse(ServerName, out var given, out _) ? given : null,
            MaximumAddresses = MaximumAddresses,
            Transcript = Transcript,
            SecondLook = SecondLook,
        }, null);
    }

    private static SmtpFailure Invalid(string message, string advice) => new()
    {
        Code = FindingCode.InvalidInput,
        Message = message,
        Advice = advice,
        Permanent = true,
    };
}
