using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>
/// What the commands that do something to messages of a queue have in common: they take any number of them from the pipeline,
/// and change them in batches, each one transaction of the queue.
/// </summary>
public abstract class MessageCmdlet : QueueCmdlet
{
    // Large enough that ten thousand messages take a second, small enough that nobody else waits for one.
    private const int BatchSize = 500;

    private readonly Dictionary<QueueReference, List<QueueId>> _batches = [];

    /// <summary>The messages: ids, or what Get-SmtpTlsMessage returned.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [MessageArgument]
    [ArgumentCompleter(typeof(MessageIdCompleter))]
    [ValidateNotNullOrEmpty]
    public MessageArgument[] Id { get; set; } = [];

    /// <summary>What is done, for -WhatIf and -Confirm.</summary>
    private protected abstract string Action { get; }

    /// <summary>Changes messages of one queue.</summary>
    /// <returns>Those that it was done to.</returns>
    private protected abstract Task<IReadOnlyList<QueueId>> ChangeAsync(SmtpQueue queue, IReadOnlyList<QueueId> ids, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var message in Id)
        {
            if (!ShouldProcess(message.ToString(), Action))
            {
                continue;
            }

            var reference = OrTerminate(() => Refer(message.Queue));
            if (!_batches.TryGetValue(reference, out var batch))
            {
                _batches.Add(reference, batch = []);
            }

            batch.Add(message.Id);
            if (batch.Count == BatchSize)
            {
                Change(reference, batch);
                batch.Clear();
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var (reference, batch) in _batches.Where(entry => entry.Value.Count > 0))
        {
            Change(reference, batch);
        }
    }

    /// <summary>Why a message was passed over: it is not in the queue, unless the command knows better.</summary>
    private protected virtual Task<IReadOnlyList<SmtpFailure>> ExplainAsync(SmtpQueue queue, IReadOnlyList<QueueId> missed, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<SmtpFailure>>(missed.Select(id => NotInQueue(id, queue)).ToArray());

    private void Change(QueueReference reference, IReadOnlyList<QueueId> batch) => Run(async stopping =>
    {
        var queue = await OpenAsync(reference, stopping).ConfigureAwait(false);
        var done = await ChangeAsync(queue, batch, stopping).ConfigureAwait(false);
        var missed = batch.Distinct().Except(done).ToArray();
        if (missed.Length > 0)
        {
            var failures = await ExplainAsync(queue, missed, stopping).ConfigureAwait(false);
            await OnPipelineAsync(() => WriteErrors(failures, missed), stopping).ConfigureAwait(false);
        }
    });

    private void WriteErrors(IReadOnlyList<SmtpFailure> failures, QueueId[] targets)
    {
        foreach (var (failure, target) in failures.Zip(targets))
        {
            WriteError(ErrorRecords.From(failure, target));
        }
    }
}
