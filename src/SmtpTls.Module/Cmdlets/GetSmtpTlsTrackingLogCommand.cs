using System.Management.Automation;
using SmtpTls.Queue;

namespace SmtpTls.Module;

/// <summary>Tells what became of messages.</summary>
[Cmdlet(VerbsCommon.Get, "SmtpTlsTrackingLog", DefaultParameterSetName = ByRelay)]
[OutputType(typeof(TrackingEvent))]
public sealed class GetSmtpTlsTrackingLogCommand : QueueCmdlet
{
    private long _left = long.MaxValue;

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

    /// <summary>A pattern for the sender.</summary>
    [Parameter]
    [SupportsWildcards]
    [AllowEmptyString]
    public string? Sender { get; set; }

    /// <summary>A pattern for one of the recipients.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Recipient { get; set; }

    /// <summary>A pattern for the next hop.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NextHopCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? NextHop { get; set; }

    /// <summary>Only then or later.</summary>
    [Parameter]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only before.</summary>
    [Parameter]
    public DateTimeOffset? Before { get; set; }

    /// <summary>At most so many.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int First { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _left = First > 0 ? First : long.MaxValue;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var wanted = Id.Length == 0
            ? [(Reference: OrTerminate(() => Refer()), Id: (QueueId?)null)]
            : Id.Select(message => (Reference: OrTerminate(() => Refer(message.Queue)), Id: (QueueId?)message.Id)).Distinct().ToArray();
        foreach (var (reference, id) in wanted.TakeWhile(_ => _left > 0))
        {
            Run(async stopping => await WriteFoundAsync(await OpenAsync(reference, stopping).ConfigureAwait(false), id, stopping).ConfigureAwait(false));
        }
    }

    private async Task WriteFoundAsync(SmtpQueue queue, QueueId? id, CancellationToken cancellationToken)
    {
        await foreach (var entry in queue.TrackAsync(CreateQuery(id), cancellationToken).ConfigureAwait(false))
        {
            _left--;
            await OnPipelineAsync(() => WriteObject(entry), cancellationToken).ConfigureAwait(false);
            if (_left == 0)
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
            Sender = MyInvocation.BoundParameters.ContainsKey(nameof(Sender)) ? Sender : null,
            Recipient = Recipient,
            NextHop = NextHop,
            Since = Since,
            Until = Before,
        };

        // Not more of the log is read than is asked for.
        return _left < query.PageSize ? query with { PageSize = (int)_left } : query;
    }
}
