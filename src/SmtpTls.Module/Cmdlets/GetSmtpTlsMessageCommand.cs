using System.Management.Automation;
using SmtpTls.Queue;

namespace SmtpTls.Module;

/// <summary>Lists the messages that wait in a queue.</summary>
[Cmdlet(VerbsCommon.Get, "SmtpTlsMessage", DefaultParameterSetName = ByRelay)]
[OutputType(typeof(QueuedMessage))]
public sealed class GetSmtpTlsMessageCommand : SearchCmdlet
{
    // What one query names: a database bounds the length of a list.
    private const int IdsPerQuery = 500;

    /// <summary>Messages; default: all.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [MessageArgument]
    [ArgumentCompleter(typeof(MessageIdCompleter))]
    [ValidateNotNullOrEmpty]
    public MessageArgument[] Id { get; set; } = [];

    /// <summary>Only in this state.</summary>
    [Parameter]
    public QueueState State { get; set; }

    /// <summary>A pattern for the next hop.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(NextHopCompleter))]
    [SupportsWildcards]
    public string? NextHop { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Left == 0)
        {
            return;
        }

        var byQueue = Id.Length == 0
            ? [(OrTerminate(() => Refer()), Array.Empty<QueueId>())]
            : Id.GroupBy(message => OrTerminate(() => Refer(message.Queue)), message => message.Id).Select(group => (group.Key, group.Distinct().ToArray())).ToArray();
        foreach (var (reference, ids) in byQueue)
        {
            Run(async stopping =>
            {
                var queue = await OpenAsync(reference, stopping).ConfigureAwait(false);
                foreach (var some in ids.Length == 0 ? [ids] : ids.Chunk(IdsPerQuery))
                {
                    await WriteFoundAsync(queue, some, stopping).ConfigureAwait(false);
                }
            });
        }
    }

    private async Task WriteFoundAsync(SmtpQueue queue, QueueId[] ids, CancellationToken cancellationToken)
    {
        var missing = ids.ToHashSet();
        await foreach (var message in queue.FindAsync(CreateQuery(ids), cancellationToken).ConfigureAwait(false))
        {
            if (Left == 0)
            {
                return;
            }

            missing.Remove(message.Id);
            Left--;
            await OnPipelineAsync(() => WriteObject(message), cancellationToken).ConfigureAwait(false);
            if (Left == 0)
            {
                return;
            }
        }

        // With another filter a message that is there may be left out rightly.
        if (!HasOtherFilters)
        {
            foreach (var id in missing.Order())
            {
                var failure = NotInQueue(id, queue);
                await OnPipelineAsync(() => WriteError(ErrorRecords.From(failure, id)), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private bool HasOtherFilters => IsBound(nameof(State)) || IsBound(nameof(Sender)) || Recipient is not null || NextHop is not null || Since is not null || Before is not null;

    private MessageQuery CreateQuery(QueueId[] ids)
    {
        var query = new MessageQuery
        {
            Ids = ids,
            State = IsBound(nameof(State)) ? State : null,
            Sender = SenderPattern,
            Recipient = Recipient,
            NextHop = string.IsNullOrEmpty(NextHop) ? null : NextHop,
            ReceivedSince = Since,
            ReceivedBefore = Before,
        };

        return query with { PageSize = PageSize(query.PageSize) };
    }
}
