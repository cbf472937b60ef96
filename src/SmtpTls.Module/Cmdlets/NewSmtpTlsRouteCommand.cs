using System.Management.Automation;
using System.Net;
using System.Security.Authentication;

namespace SmtpTls.Module;

/// <summary>Says where a relay sends the mail of some domains, and what must hold of TLS on the way.</summary>
[Cmdlet(VerbsCommon.New, "SmtpTlsRoute")]
[OutputType(typeof(SmtpRoute))]
public sealed class NewSmtpTlsRouteCommand : PSCmdlet
{
    /// <summary>The domains; <c>*.contoso.com</c> all below, <c>*</c> all others.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[] Domain { get; set; } = [];

    /// <summary>Hosts with or without a port, in the order they are tried; none: by MX.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string[] SmartHost { get; set; } = [];

    /// <summary>The port, where the smart host names none.</summary>
    [Parameter]
    [ValidateRange(1, IPEndPoint.MaxPort)]
    public int Port { get; set; }

    /// <summary>What must hold of TLS.</summary>
    [Parameter]
    public TlsLevel TlsLevel { get; set; } = TlsLevel.Opportunistic;

    /// <summary>How TLS begins.</summary>
    [Parameter]
    public TlsMode TlsMode { get; set; } = TlsMode.StartTls;

    /// <summary>The name that the certificate has to carry.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ServerName { get; set; }

    /// <summary>What the certificate is compared with.</summary>
    [Parameter]
    public TlsIdentity TlsIdentity { get; set; }

    /// <summary>SHA-256 fingerprints for level Fingerprint.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Fingerprint { get; set; } = [];

    /// <summary>Roots to trust in place of the system's.</summary>
    [Parameter]
    [CertificateArgument]
    public CertificateArgument[] TrustedCertificate { get; set; } = [];

    /// <summary>The TLS versions that may be used.</summary>
    [Parameter]
    public SslProtocols Protocol { get; set; } = SslProtocols.None;

    /// <summary>Shown to a server that asks for one.</summary>
    [Parameter]
    [CertificateArgument]
    [ValidateCount(1, 1)]
    public CertificateArgument[] ClientCertificate { get; set; } = [];

    /// <summary>User and password for the smart host.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            var route = CreateRoute();
            foreach (var finding in SmtpRoutes.Check([route]))
            {
                WriteWarning($"{finding.Code}: {finding.Message} {finding.Advice}");
            }

            WriteObject(route);
        }
        catch (SmtpException exception)
        {
            ThrowTerminatingError(ErrorRecords.From(exception, Domain));
        }
    }

    private SmtpRoute CreateRoute()
    {
        var port = Port > 0 ? Port : TlsMode == TlsMode.Implicit ? SendOptions.ImplicitTlsPort : SmtpTls.SmartHost.SmtpPort;
        return new SmtpRoute
        {
            Domains = Domain,
            SmartHosts = SmartHost.Select(host => SmtpRoutes.ParseSmartHost(host, port)).ToArray(),

            // Each smart host has its own by now.
            Port = SmartHost.Length > 0 ? SmtpTls.SmartHost.SmtpPort : port,
            TlsMode = TlsMode,
            TlsLevel = TlsLevel,
            TlsIdentity = TlsIdentity,
            ServerName = ServerName,
            Fingerprints = Fingerprint,
            TrustedCertificates = TrustedCertificate.SelectMany(certificate => certificate.ToTrusted()).ToArray(),
            Protocols = Protocol,
            ClientCertificate = ClientCertificate.Length == 0 ? null : ClientCertificate[0].ToClientCertificate(),

            // Not GetNetworkCredential: that would take user@contoso.com apart.
            Credential = Credential is null ? null : new NetworkCredential(Credential.UserName, Credential.Password),
        };
    }
}
