using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Shows the certificates that servers present.</summary>
[Cmdlet(VerbsCommon.Get, "SmtpTlsCertificate")]
[OutputType(typeof(CertificateResult))]
public sealed class GetSmtpTlsCertificateCommand : ProbeCmdlet
{
    /// <inheritdoc/>
    private protected override async Task ProbeAsync(string target, ProbeOptions options, CancellationToken cancellationToken)
    {
        await foreach (var record in new SmtpProbe().GetCertificateAsync(target, options, cancellationToken).ConfigureAwait(false))
        {
            await WriteAsync(record, record.Failure, cancellationToken).ConfigureAwait(false);
        }
    }
}
