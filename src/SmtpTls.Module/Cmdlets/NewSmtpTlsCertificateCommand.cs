using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Makes a test CA and a server certificate that it issued. Nothing is installed or written.</summary>
[Cmdlet(VerbsCommon.New, "SmtpTlsCertificate", DefaultParameterSetName = ByDays)]
[OutputType(typeof(IssuedCertificate))]
public sealed class NewSmtpTlsCertificateCommand : PSCmdlet
{
    private const string ByDays = "Days";
    private const string ByDate = "Date";

    /// <summary>DNS names, wildcards and addresses; the first is the common name too.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[] DnsName { get; set; } = [];

    /// <summary>The key.</summary>
    [Parameter]
    public CertificateKeyKind KeyKind { get; set; }

    /// <summary>Days until it expires.</summary>
    [Parameter(ParameterSetName = ByDays)]
    [ValidateRange(1, 3650)]
    public int ValidDays { get; set; } = TestCertificateOptions.DefaultDays;

    /// <summary>When it expires; may be past.</summary>
    [Parameter(ParameterSetName = ByDate, Mandatory = true)]
    public DateTimeOffset NotAfter { get; set; }

    /// <summary>From when it is valid.</summary>
    [Parameter]
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>Puts an intermediate CA between root and server certificate.</summary>
    [Parameter]
    public SwitchParameter Intermediate { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var options = new TestCertificateOptions
        {
            KeyKind = KeyKind,
            NotBefore = NotBefore,
            NotAfter = ParameterSetName == ByDate ? NotAfter : DateTimeOffset.UtcNow.AddDays(ValidDays),
            UseIntermediate = Intermediate,
        };
        try
        {
            using var authority = TestCertificateAuthority.Create();
            WriteObject(authority.Issue(DnsName, options));
        }
        catch (SmtpException exception)
        {
            ThrowTerminatingError(ErrorRecords.From(exception, DnsName));
        }
    }
}
