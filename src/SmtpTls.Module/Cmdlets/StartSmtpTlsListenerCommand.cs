using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Security;

namespace SmtpTls.Module;

/// <summary>Starts a listener in this process.</summary>
[Cmdlet(VerbsLifecycle.Start, "SmtpTlsListener", SupportsShouldProcess = true)]
[OutputType(typeof(SmtpListener))]
public sealed class StartSmtpTlsListenerCommand : AsyncCmdlet
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

    /// <summary>The name in the greeting.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HostName { get; set; }

    /// <summary>The listener's name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Messages go to this folder as .eml files.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CapturePath { get; set; }

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

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var port = TlsMode == TlsMode.Implicit && !MyInvocation.BoundParameters.ContainsKey(nameof(Port)) ? SendOptions.ImplicitTlsPort : Port;
        var where = string.Join(", ", (Address.Length == 0 ? ["all addresses"] : Address).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a} port {port}")));
        if (!ShouldProcess(where, "Start SMTP listener"))
        {
            return;
        }

        try
        {
            var listener = SmtpListener.Start(CreateOptions(port));
            if (!ListenerRegistry.TryAdd(listener))
            {
                Run(_ => listener.DisposeAsync().AsTask());
                ThrowTerminatingError(ErrorRecords.InvalidInput(
                    $"A listener named '{listener.Name}' is running already.", "Give another name with -Name, or stop that one with Stop-SmtpTlsListener.", listener.Name));
            }

            WriteWarnings(listener.Findings);
            WriteObject(listener);
        }
        catch (SmtpException exception)
        {
            ThrowTerminatingError(ErrorRecords.From(exception, where));
        }
    }

    private SmtpListenerOptions CreateOptions(int port)
    {
        var key = CertificateKey is null ? null : GetUnresolvedProviderPathFromPSPath(CertificateKey);
        var password = CertificatePassword is null ? null : new NetworkCredential("", CertificatePassword).Password;
        return new SmtpListenerOptions
        {
            Name = Name,
            Addresses = [.. Address.Select(ToAddress)],
            Port = port,
            TlsMode = TlsMode,
            StartTls = StartTls,
            RequireTls = RequireTls,
            Certificates = Certificate.Select(certificate => certificate.ToListenerCertificate(key, password)).ToArray(),
            HostName = HostName,
            Limits = new ListenerLimits
            {
                MaximumMessageSize = MaximumMessageSize,
                MaximumRecipients = MaximumRecipients,
                MaximumConnections = MaximumConnections,
                MaximumConnectionsPerClient = MaximumConnectionsPerClient,
            },
            Sink = CapturePath is null ? null : new FolderSink(GetUnresolvedProviderPathFromPSPath(CapturePath)),
        };
    }

    // Names are not taken: which of a name's addresses is meant, and whether it is this machine's, is better said than guessed.
    private static IPAddress ToAddress(string text)
    {
        var literal = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        return IPAddress.TryParse(literal, out var address) && (literal.Contains(':') || address.ToString() == literal)
            ? address
            : throw new SmtpException(new SmtpFailure
            {
                Code = FindingCode.InvalidInput,
                Message = $"'{text}' is no IP address to listen on.",
                Advice = "Give an address of this machine, such as 127.0.0.1 or ::1; 0.0.0.0 and :: stand for all of them.",
                Permanent = true,
            });
    }
}
