using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>
/// What the commands that look into a queue or work on it have in common: which queue. A running relay's, by -Relay; any, by
/// -QueuePath; that which a piped object tells; or else that of the only relay that runs here.
/// </summary>
public abstract class QueueCmdlet : AsyncCmdlet
{
    private protected const string ByRelay = "Relay";
    private protected const string ByPath = "QueuePath";

    // Opened here, and kept open until the command ends: thousands of messages may come through the pipeline.
    private readonly Dictionary<string, SmtpQueue> _opened = new(StringComparer.Ordinal);

    /// <summary>The relay, or its name.</summary>
    [Parameter(ParameterSetName = ByRelay)]
    [RelayArgument]
    [ArgumentCompleter(typeof(RelayNameCompleter))]
    [ValidateNotNull]
    public RelayArgument? Relay { get; set; }

    /// <summary>The queue's file, beside the relay that runs it or without one.</summary>
    [Parameter(ParameterSetName = ByPath, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? QueuePath { get; set; }

    /// <summary>The queue that a piped object belongs to.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, DontShow = true)]
    [QueueArgument]
    public string? Queue { get; set; }

    /// <summary>The queue that is meant. Call it on the pipeline's thread.</summary>
    /// <param name="told">What a piped object says; what was typed goes before it.</param>
    /// <exception cref="SmtpException">There is no such relay or queue, or none was named and several relays run.</exception>
    private protected QueueReference Refer(string? told = null)
    {
        if (QueuePath is not null)
        {
            return QueueReference.ToPath(GetUnresolvedProviderPathFromPSPath(QueuePath));
        }

        return Relay is null && (told ?? Queue) is { Length: > 0 } name
            ? QueueReference.ToName(name)
            : QueueReference.ToRelay(RelaySearch.One(Relay));
    }

    /// <summary>The queue itself.</summary>
    /// <exception cref="SmtpException">It cannot be opened.</exception>
    private protected async Task<SmtpQueue> OpenAsync(QueueReference reference, CancellationToken cancellationToken)
    {
        if (reference.Relay is { IsRunning: true } relay)
        {
            return relay.Queue;
        }

        if (!_opened.TryGetValue(reference.Path, out var queue))
        {
            queue = new SmtpQueue(await QueueFile.OpenToAdministerAsync(reference.Path, cancellationToken).ConfigureAwait(false));
            _opened.Add(reference.Path, queue);
        }

        return queue;
    }

    /// <summary>Says that a message is not in a queue.</summary>
    private protected static SmtpFailure NotInQueue(QueueId id, SmtpQueue queue) => new()
    {
        Code = FindingCode.QueueMessageNotFound,
        Message = $"The message {id} is not in the queue {queue.Name}.",
        Advice = $"It was delivered, given up or removed; Get-SmtpTlsTrackingLog -Id {id} tells.",
        Permanent = true,
    };

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var queue in _opened.Values)
            {
                queue.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }

            _opened.Clear();
        }

        base.Dispose(disposing);
    }
}
