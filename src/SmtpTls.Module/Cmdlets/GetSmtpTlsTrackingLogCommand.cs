using System.Management.Automation;
using SmtpTls.Queue;

namespace SmtpTls.Module;

/// <summary>Tells what became of messages.</summary>
[Cmdlet(VerbsCommon.Get, "SmtpTlsTrackingLog", DefaultParameterSetName = ByRelay)]
[OutputType(typeof(TrackingEvent))]
public sealed class GetSmtpTlsTrackingLogCommand : SearchCmdlet
{
    /// <summary>Only about these messages.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [MessageArgument]
    [ArgumentCompleter(typeof(MessageIdCompleter))]
    [ValidateNotNullOrEmpty]
    public MessageArgument[] Id { get; set; } = [];

    /// <summary>Only with this Message-ID header.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? MessageId { get; set; }

    /// <summary>Only of these kinds.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public TrackingEventKind[] Kind { get; set; } = [];

    /// <summary>A pattern for the next hop.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NextHopCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? NextHop { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var wanted = Id.Length == 0
            ? [(Reference: OrTerminate(() => Refer()), Id: (QueueId?)null)]
            : Id.Select(message => (Reference: OrTerminate(() => Refer(message.Queue)), Id: (QueueId?)message.Id)).Distinct().ToArray();
        foreach (var (reference, id) in wanted.TakeWhile(_ => Left > 0))
        {
            Run(async stopping => await WriteFoundAsync(await OpenAsync(reference, stopping).ConfigureAwait(false), id, stopping).ConfigureAwait(false));
        }
    }

    private async Task WriteFoundAsync(SmtpQueue queue, QueueId? id, CancellationToken cancellationToken)
    {
        await foreach (var entry in queue.TrackAsync(CreateQuery(id), cancellationToken).ConfigureAwait(false))
        {
            Left--;
            await OnPipelineAsync(() => WriteObject(entry), cancellationToken).ConfigureAwait(false);
            if (Left == 0)
            {
                return;
            }
        }
    }

    private TrackingQuery CreateQuery(QueueId? id)
    {
        var query = new TrackingQuery
        {
            Id = id,
            MessageId = MessageId,
            Kinds = Kind,
            Sender = SenderPattern,
            Recipient = Recipient,
            NextHop = NextHop,
            Since = Since,
            Until = Before,
        };

        return query with { PageSize = PageSize(query.PageSize) };
    }
}
