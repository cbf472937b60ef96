using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Security;

namespace SmtpTls.Module;

/// <summary>What the commands that start a listener have in common: a relay's first one has the parameters of any other.</summary>
public abstract class ListenerCmdlet : AsyncCmdlet
{
    /// <summary>The port; 0 lets the system choose one. Default 25, or 465 with implicit TLS.</summary>
    [Parameter(Position = 0)]
    [ValidateRange(0, IPEndPoint.MaxPort)]
    public int Port { get; set; } = SendOptions.SmtpPort;

    /// <summary>The addresses; default: all.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Address { get; set; } = [];

    /// <summary>The certificates; SNI chooses among several.</summary>
    [Parameter]
    [CertificateArgument]
    public CertificateArgument[] Certificate { get; set; } = [];

    /// <summary>The PEM file of the certificate's key.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CertificateKey { get; set; }

    /// <summary>Opens the PFX file or the key.</summary>
    [Parameter]
    public SecureString? CertificatePassword { get; set; }

    /// <summary>Where STARTTLS is offered.</summary>
    [Parameter]
    public StartTlsPolicy StartTls { get; set; }

    /// <summary>Refuses mail before STARTTLS wherever it is offered.</summary>
    [Parameter]
    public SwitchParameter RequireTls { get; set; }

    /// <summary>STARTTLS, implicit TLS or none.</summary>
    [Parameter]
    public TlsMode TlsMode { get; set; }

    /// <summary>Who may authenticate.</summary>
    [Parameter]
    [UserArgument]
    public UserArgument? User { get; set; }

    /// <summary>Refuses mail before AUTH.</summary>
    [Parameter]
    public SwitchParameter RequireAuthentication { get; set; }

    /// <summary>Whether a client is asked for a certificate.</summary>
    [Parameter]
    public ClientCertificatePolicy ClientCertificate { get; set; }

    /// <summary>The name in the greeting.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HostName { get; set; }

    /// <summary>The name by which it is found.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Bytes of one message.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long MaximumMessageSize { get; set; } = new ListenerLimits().MaximumMessageSize;

    /// <summary>Recipients of one message.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaximumRecipients { get; set; } = new ListenerLimits().MaximumRecipients;

    /// <summary>Open connections.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaximumConnections { get; set; } = new ListenerLimits().MaximumConnections;

    /// <summary>Open connections from one client.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaximumConnectionsPerClient { get; set; } = new ListenerLimits().MaximumConnectionsPerClient;

    /// <summary>The port that was given, or the one that the mode calls for.</summary>
    private protected int EffectivePort => TlsMode == TlsMode.Implicit && !IsBound(nameof(Port)) ? SendOptions.ImplicitTlsPort : Port;

    /// <summary>Addresses and port in words.</summary>
    private protected string Where => string.Join(
        ", ", (Address.Length == 0 ? ["all addresses"] : Address).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a} port {EffectivePort}")));

    /// <summary>The listener's options from the parameters.</summary>
    /// <param name="name">Its name, or null for the default.</param>
    /// <exception cref="SmtpException">A parameter cannot be used.</exception>
    private protected SmtpListenerOptions CreateListenerOptions(string? name)
    {
        var key = CertificateKey is null ? null : GetUnresolvedProviderPathFromPSPath(CertificateKey);
        var password = CertificatePassword is null ? null : new NetworkCredential("", CertificatePassword).Password;
        return new SmtpListenerOptions
        {
            Name = name,
            Addresses = Address.Select(NetworkArguments.ToListenAddress).ToArray(),
            Port = EffectivePort,
            TlsMode = TlsMode,
            StartTls = StartTls,
            RequireTls = RequireTls,
            Users = User?.ToDirectory(),
            RequireAuthentication = RequireAuthentication,
            ClientCertificate = ClientCertificate,
            Certificates = Certificate.Select(certificate => certificate.ToListenerCertificate(key, password)).ToArray(),
            HostName = HostName,
            Limits = new ListenerLimits
            {
                MaximumMessageSize = MaximumMessageSize,
                MaximumRecipients = MaximumRecipients,
                MaximumConnections = MaximumConnections,
                MaximumConnectionsPerClient = MaximumConnectionsPerClient,
            },
        };
    }
}
