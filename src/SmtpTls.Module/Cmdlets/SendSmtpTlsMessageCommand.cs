using System.Management.Automation;
using System.Net;

namespace SmtpTls.Module;

/// <summary>Sends a message over TLS and proves how it went.</summary>
[Cmdlet(VerbsCommunications.Send, "SmtpTlsMessage", SupportsShouldProcess = true, DefaultParameterSetName = Compose)]
[OutputType(typeof(SendResult))]
public sealed class SendSmtpTlsMessageCommand : ClientCmdlet
{
    private const string Compose = "Compose";
    private const string Eml = "Eml";

    /// <summary>The server.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("SmtpServer", "ComputerName")]
    [ValidateNotNullOrEmpty]
    public string Server { get; set; } = "";

    /// <summary>The port.</summary>
    [Parameter]
    [ValidateRange(1, IPEndPoint.MaxPort)]
    public int Port { get; set; }

    /// <summary>The author; of a ready message, the reverse-path.</summary>
    [Parameter(ParameterSetName = Compose, Mandatory = true)]
    [Parameter(ParameterSetName = Eml)]
    [AllowEmptyString]
    public string? From { get; set; }

    /// <summary>The recipients.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] To { get; set; } = [];

    /// <summary>Further recipients that everyone sees.</summary>
    [Parameter(ParameterSetName = Compose)]
    [ValidateNotNullOrEmpty]
    public string[] Cc { get; set; } = [];

    /// <summary>Further recipients that nobody sees.</summary>
    [Parameter(ParameterSetName = Compose)]
    [ValidateNotNullOrEmpty]
    public string[] Bcc { get; set; } = [];

    /// <summary>The subject.</summary>
    [Parameter(ParameterSetName = Compose)]
    [AllowEmptyString]
    public string Subject { get; set; } = "";

    /// <summary>The text.</summary>
    [Parameter(ParameterSetName = Compose)]
    [AllowEmptyString]
    public string Body { get; set; } = "";

    /// <summary>A ready message.</summary>
    [Parameter(ParameterSetName = Eml, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? EmlPath { get; set; }

    /// <summary>What must hold of TLS.</summary>
    [Parameter]
    public TlsLevel TlsLevel { get; set; } = TlsLevel.Secure;

    /// <summary>Shown to a server that asks for one.</summary>
    [Parameter]
    [CertificateArgument]
    [ValidateCount(1, 1)]
    public CertificateArgument[] ClientCertificate { get; set; } = [];

    /// <summary>SHA-256 fingerprints for level Fingerprint.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Fingerprint { get; set; } = [];

    /// <summary>Does not enforce the certificate.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>User and password.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        SendResult? result = null;

        // What asks PowerShell comes before the work, because only the pipeline's thread may ask it.
        var emlPath = EmlPath is null ? null : GetUnresolvedProviderPathFromPSPath(EmlPath);
        var options = OrTerminate(CreateOptions);
        Run(async stopping =>
        {
            using var message = await OpenMessageAsync(emlPath, stopping).ConfigureAwait(false);
            var goOn = false;
            await OnPipelineAsync(
                () => goOn = ShouldProcess($"{string.Join(", ", message.Recipients)} via {Server}", "Send mail"), stopping).ConfigureAwait(false);
            if (goOn)
            {
                result = await new SmtpSender().SendAsync(options, message, stopping).ConfigureAwait(false);
            }
        });

        if (result is not null)
        {
            Report(result);
        }
    }

    // A message that some recipients got has a result, and an error for each of the others; one that nobody got has no
    // result that could be taken for success.
    private void Report(SendResult result)
    {
        if (result.Failure is { } failure && !result.Recipients.Any(r => r.Accepted))
        {
            ThrowTerminatingError(ErrorRecords.From(failure, result));
        }

        WriteWarnings(result.Findings);
        WriteObject(result);
        foreach (var refused in result.Recipients.Where(r => !r.Accepted))
        {
            WriteError(ErrorRecords.From(
                new SmtpFailure
                {
                    Code = FindingCode.RecipientRefused,
                    Message = $"{result.Server} refused the recipient {refused.Recipient}: {refused.Reply?.ToString() ?? "it was not asked"}.",
                    Advice = result.Failure?.Advice ?? "",
                    Permanent = refused.Reply is { IsPermanent: true },
                    Host = result.Server,
                    Reply = refused.Reply,
                },
                refused));
        }
    }

    private async Task<OutgoingMessage> OpenMessageAsync(string? emlPath, CancellationToken cancellationToken) => emlPath is null
        ? OutgoingMessage.Compose(new MailContent { From = From ?? "", To = To, Cc = Cc, Subject = Subject, TextBody = Body }, Bcc)
        : await OutgoingMessage.FromFileAsync(emlPath, From, To.Length == 0 ? null : To, cancellationToken).ConfigureAwait(false);

    private SendOptions CreateOptions() => new()
    {
        Server = Server,
        Port = IsBound(nameof(Port)) ? Port : null,
        TlsMode = TlsMode,
        TlsLevel = IsBound(nameof(TlsLevel)) ? TlsLevel : null,
        ServerName = ServerName,
        Address = Address,
        TlsIdentity = TlsIdentity,
        TrustedCertificates = ReadTrusted(),
        ClientCertificate = ClientCertificate.Length == 0 ? null : ClientCertificate[0].ToClientCertificate(),
        Fingerprints = Fingerprint,
        SkipCertificateCheck = SkipCertificateCheck,

        // Not GetNetworkCredential: that would take user@contoso.com apart.
        Credential = Credential is null ? null : new NetworkCredential(Credential.UserName, Credential.Password),
        HelloName = HelloName,
        Timeouts = Timeouts,
        Transcript = TranscriptToVerbose(),
    };
}
