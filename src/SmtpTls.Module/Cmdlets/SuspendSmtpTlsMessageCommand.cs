using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Holds messages in a queue until they are resumed.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "SmtpTlsMessage", SupportsShouldProcess = true, DefaultParameterSetName = ByRelay)]
public sealed class SuspendSmtpTlsMessageCommand : MessageCmdlet
{
    /// <inheritdoc/>
    private protected override string Action => "Suspend message";

    /// <inheritdoc/>
    private protected override Task<IReadOnlyList<QueueId>> ChangeAsync(SmtpQueue queue, IReadOnlyList<QueueId> ids, CancellationToken cancellationToken) =>
        queue.SuspendAsync(ids, cancellationToken);
}
