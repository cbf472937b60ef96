using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Takes messages out of a queue, with or without telling their senders.</summary>
[Cmdlet(VerbsCommon.Remove, "SmtpTlsMessage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ByRelay)]
public sealed class RemoveSmtpTlsMessageCommand : MessageCmdlet
{
    /// <summary>Tells the senders that their messages were not delivered.</summary>
    [Parameter]
    public SwitchParameter WithNdr { get; set; }

    /// <inheritdoc/>
    private protected override string Action => WithNdr ? "Remove message and tell its sender" : "Remove message without telling its sender";

    /// <inheritdoc/>
    private protected override Task<IReadOnlyList<QueueId>> ChangeAsync(SmtpQueue queue, IReadOnlyList<QueueId> ids, CancellationToken cancellationToken) =>
        queue.RemoveAsync(ids, WithNdr, Environment.UserName, cancellationToken);
}
