using System.Management.Automation;
using SmtpTls.Queue;

namespace SmtpTls.Module;

/// <summary>Has messages tried now, whatever their schedule says.</summary>
[Cmdlet(VerbsLifecycle.Start, "SmtpTlsDelivery", SupportsShouldProcess = true, DefaultParameterSetName = ByRelay)]
public sealed class StartSmtpTlsDeliveryCommand : MessageCmdlet
{
    /// <inheritdoc/>
    private protected override string Action => "Deliver message now";

    /// <inheritdoc/>
    private protected override Task<IReadOnlyList<QueueId>> ChangeAsync(SmtpQueue queue, IReadOnlyList<QueueId> ids, CancellationToken cancellationToken) =>
        queue.RetryAsync(ids, cancellationToken);

    /// <inheritdoc/>
    private protected override async Task<IReadOnlyList<SmtpFailure>> ExplainAsync(SmtpQueue queue, IReadOnlyList<QueueId> missed, CancellationToken cancellationToken)
    {
        var there = new HashSet<QueueId>();
        await foreach (var message in queue.FindAsync(new MessageQuery { Ids = missed }, cancellationToken).ConfigureAwait(false))
        {
            there.Add(message.Id);
        }

        return missed.Select(id => there.Contains(id) ? Held(id) : NotInQueue(id, queue)).ToArray();
    }

    // What is in the queue and was passed over is held: retrying is no way round somebody's decision.
    private static SmtpFailure Held(QueueId id) => new()
    {
        Code = FindingCode.InvalidInput,
        Message = $"The message {id} is suspended, so it is not delivered.",
        Advice = $"Let it go on first: Resume-SmtpTlsMessage -Id {id}.",
        Permanent = true,
    };
}
