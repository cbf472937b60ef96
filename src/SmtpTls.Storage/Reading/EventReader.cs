using System.Globalization;
using SmtpTls.Queue;
using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;
using SmtpTls.Storage.Writing;

namespace SmtpTls.Storage.Reading;

/// <summary>A page of the tracking log.</summary>
internal sealed class EventReader
{
    // Rows that are looked at before the snapshot is given up: some 20 ms.
    private const int Slice = 10_000;

    private readonly TrackingQuery _query;
    private readonly string? _messageId;
    private readonly long _end;
    private readonly List<TrackingEvent> _page = [];
    private long _last;

    internal EventReader(TrackingQuery query)
    {
        _query = query;
        _messageId = query.MessageId?.Trim('<', '>');
        _end = query.Until is { } until ? Moment.MillisecondsUp(until) << EventTable.CounterBits : long.MaxValue;
        _last = query.Since is { } since ? (Moment.Milliseconds(since) << EventTable.CounterBits) - 1 : -1;
        if (query.Continuation is { } continuation)
        {
            _last = long.TryParse(continuation, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                ? Math.Max(_last, last)
                : throw new ArgumentException($"'{continuation}' is no continuation of a page of the tracking log.", nameof(query));
        }
    }

    internal TrackingPage Page { get; private set; } = new(Array.Empty<TrackingEvent>(), Continuation: null);

    /// <summary>Reads on; true where the page is ready.</summary>
    internal bool ReadSlice(Database database)
    {
        var select = _query.Id is { } id
            ? database["SELECT id, message, data FROM event WHERE message = ?3 AND id > ?1 AND id < ?2 ORDER BY id"].Bind(3, id.Value)
            : database["SELECT id, message, data FROM event WHERE id > ?1 AND id < ?2 ORDER BY id"];
        _ = select.Bind(1, _last).Bind(2, _end);
        try
        {
            for (var looked = 0; looked < Slice; looked++)
            {
                if (!select.Step())
                {
                    Page = new TrackingPage(_page.ToArray(), Continuation: null);
                    return true;
                }

                if (_page.Count == _query.PageSize)
                {
                    Page = new TrackingPage(_page.ToArray(), _last.ToString(CultureInfo.InvariantCulture));
                    return true;
                }

                Look(select);
            }

            return false;
        }
        finally
        {
            select.Reset();
        }
    }

    private void Look(Statement row)
    {
        var number = row.Int64(0);
        var entry = EventRecord.Decode(Moment.Of(number >> EventTable.CounterBits), new QueueId(row.Int64(1)), row.Blob(2));
        if ((_query.Kinds.Count == 0 || _query.Kinds.Contains(entry.Kind))
            && (_messageId is null || string.Equals(entry.MessageId?.Trim('<', '>'), _messageId, StringComparison.Ordinal))
            && Pattern.Matches(_query.Sender, entry.From)
            && Pattern.Matches(_query.NextHop, entry.NextHop)
            && (_query.Recipient is null || entry.Recipients.Any(recipient => Pattern.Matches(_query.Recipient, recipient))))
        {
            _page.Add(entry);
        }

        // Where a page is full at this row, the next begins behind it.
        _last = number;
    }
}
