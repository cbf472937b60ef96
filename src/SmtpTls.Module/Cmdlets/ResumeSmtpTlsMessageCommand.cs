using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Lets suspended messages go on.</summary>
[Cmdlet(VerbsLifecycle.Resume, "SmtpTlsMessage", SupportsShouldProcess = true, DefaultParameterSetName = ByRelay)]
public sealed class ResumeSmtpTlsMessageCommand : MessageCmdlet
{
    /// <inheritdoc/>
    private protected override string Action => "Resume message";

    /// <inheritdoc/>
    private protected override Task<IReadOnlyList<QueueId>> ChangeAsync(SmtpQueue queue, IReadOnlyList<QueueId> ids, CancellationToken cancellationToken) =>
        queue.ResumeAsync(ids, cancellationToken);
}
