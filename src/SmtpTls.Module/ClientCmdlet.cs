using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Module;

/// <summary>What the commands that talk to servers have in common: how to reach one, and what it has to prove.</summary>
public abstract class ClientCmdlet : AsyncCmdlet
{
    // A day in seconds. Whoever waits longer for one reply has left the prompt.
    private const int LongestTimeout = 86_400;

    /// <summary>How TLS begins.</summary>
    [Parameter]
    public TlsMode TlsMode { get; set; }

    /// <summary>The name that the certificate has to carry.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ServerName { get; set; }

    /// <summary>Dial this address alone.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Address { get; set; }

    /// <summary>What the certificate is compared with.</summary>
    [Parameter]
    public TlsIdentity TlsIdentity { get; set; }

    /// <summary>Roots to trust in place of the system's.</summary>
    [Parameter]
    [CertificateArgument]
    public CertificateArgument[] TrustedCertificate { get; set; } = [];

    /// <summary>The argument of EHLO.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HelloName { get; set; }

    /// <summary>Seconds to wait in each phase.</summary>
    [Parameter]
    [ValidateRange(1, LongestTimeout)]
    public int TimeoutSeconds { get; set; }

    /// <summary>The time-outs: the engine's defaults, or the given time.</summary>
    private protected ClientTimeouts Timeouts => IsBound(nameof(TimeoutSeconds))
        ? ClientTimeouts.Each(TimeSpan.FromSeconds(TimeoutSeconds))
        : new ClientTimeouts();

    /// <summary>Reads the certificates to trust.</summary>
    /// <exception cref="SmtpException">A file cannot be read.</exception>
    private protected IReadOnlyList<X509Certificate2> ReadTrusted() =>
        TrustedCertificate.SelectMany(certificate => certificate.ToTrusted()).ToArray();
}
