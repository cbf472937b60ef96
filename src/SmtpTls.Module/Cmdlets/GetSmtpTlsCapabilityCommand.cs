using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Asks servers whether STARTTLS is available, and if not, why.</summary>
[Cmdlet(VerbsCommon.Get, "SmtpTlsCapability")]
[OutputType(typeof(CapabilityResult))]
public sealed class GetSmtpTlsCapabilityCommand : ProbeCmdlet
{
    /// <inheritdoc/>
    private protected override async Task ProbeAsync(string target, ProbeOptions options, CancellationToken cancellationToken)
    {
        await foreach (var record in new SmtpProbe().GetCapabilityAsync(target, options, cancellationToken).ConfigureAwait(false))
        {
            await WriteAsync(record, record.Failure, cancellationToken).ConfigureAwait(false);
        }
    }
}
