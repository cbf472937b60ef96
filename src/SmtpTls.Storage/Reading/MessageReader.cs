using SmtpTls.Queue;
using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;
using SmtpTls.Storage.Writing;

namespace SmtpTls.Storage.Reading;

/// <summary>A page of the messages in the queue.</summary>
internal sealed class MessageReader(MessageQuery query, DateTimeOffset now)
{
    // Messages that are looked at before the snapshot is given up: some 20 ms.
    private const int Slice = 5_000;

    private long[]? _ids = query.Ids.Count == 0 ? null : query.Ids.Select(id => id.Value).Distinct().Order().ToArray();
    private bool _begun;
    private readonly long _now = Moment.Milliseconds(now);
    private readonly List<QueuedMessage> _page = [];
    private readonly Dictionary<long, NextHopFacts> _nextHops = [];
    private long _last = query.After?.Value ?? long.MinValue;

    internal IReadOnlyList<QueuedMessage> Page => _page.ToArray();

    /// <summary>Reads on; true where the page is ready.</summary>
    internal bool ReadSlice(Database database)
    {
        // Names and backoffs hold for a snapshot.
        _nextHops.Clear();
        if (!_begun)
        {
            _ids ??= CandidateSearch.Find(database, query);
            _begun = true;
        }

        return _ids is null ? ReadAll(database) : ReadByIds(database, _ids);
    }

    private bool ReadAll(Database database)
    {
        var select = database["SELECT id, facts FROM message WHERE id > ?1 ORDER BY id"].Bind(1, _last);
        try
        {
            for (var looked = 0; looked < Slice; looked++)
            {
                if (_page.Count == query.PageSize || !select.Step())
                {
                    return true;
                }

                _last = select.Int64(0);
                Look(database, _last, select.Blob(1));
            }

            return false;
        }
        finally
        {
            select.Reset();
        }
    }

    private bool ReadByIds(Database database, long[] ids)
    {
        var select = database["SELECT facts FROM message WHERE id = ?1"];
        var first = Array.BinarySearch(ids, _last);
        var next = first < 0 ? ~first : first + 1;
        for (var end = Math.Min(ids.Length, next + Slice); next < end && _page.Count < query.PageSize; next++)
        {
            _last = ids[next];
            try
            {
                if (select.Bind(1, _last).Step())
                {
                    Look(database, _last, select.Blob(0));
                }
            }
            finally
            {
                select.Reset();
            }
        }

        return next == ids.Length || _page.Count == query.PageSize;
    }

    private void Look(Database database, long id, ReadOnlySpan<byte> record)
    {
        // The cheap questions first: most rows are looked at only to be passed over.
        var facts = MessageFacts.Decode(record);
        if (!Pattern.Matches(query.Sender, facts.ReversePath)
            || facts.ReceivedAt >= query.ReceivedBefore
            || facts.ReceivedAt < query.ReceivedSince)
        {
            return;
        }

        var deliveries = Deliveries(database, id);
        var recipients = deliveries.SelectMany(row => Recipients(database, row)).OrderBy(r => r.Number).Select(r => r.Recipient).ToArray();
        if ((query.Recipient is not null && !Array.Exists(recipients, r => Pattern.Matches(query.Recipient, r.Recipient)))
            || (query.NextHop is not null && !Array.Exists(recipients, r => Pattern.Matches(query.NextHop, r.NextHop))))
        {
            return;
        }

        var state = recipients.Length == 0 ? QueueState.Ready : recipients.Max(r => Rank(r.State)) is var rank ? States[rank] : default;
        if (query.State is null || query.State == state)
        {
            _page.Add(Message(new QueueId(id), facts, recipients, state));
        }
    }

    // The state that moves most decides, but one that is held is held.
    private static readonly QueueState[] States = [QueueState.Deferred, QueueState.Ready, QueueState.Active, QueueState.Suspended];

    private static int Rank(QueueState state) => Array.IndexOf(States, state);

    private static QueuedMessage Message(QueueId id, MessageFacts facts, QueuedRecipient[] recipients, QueueState state) => new()
    {
        Id = id,
        State = state,
        From = facts.ReversePath,
        Recipients = recipients,
        Size = facts.Size,
        ReceivedAt = facts.ReceivedAt,
        NextAttemptAt = recipients.Min(r => r.NextAttemptAt),
        Attempts = recipients.Length == 0 ? 0 : recipients.Max(r => r.Attempts),
        LastFailure = Array.FindLast(recipients, r => r.LastFailure is not null)?.LastFailure,
        Subject = facts.Subject,
        MessageId = facts.MessageId,
        Origin = facts.Origin,
        EnvelopeId = facts.EnvelopeId,
        Return = facts.Return,
        HasEightBit = facts.HasEightBit,
        NeedsSmtpUtf8 = facts.NeedsSmtpUtf8,
    };

    private static List<DeliveryRow> Deliveries(Database database, long message) => [.. new DeliveryTable(database).Of(new QueueId(message))];

    private IEnumerable<(int Number, QueuedRecipient Recipient)> Recipients(Database database, DeliveryRow row)
    {
        if (!_nextHops.TryGetValue(row.NextHop, out var nextHop))
        {
            _nextHops.Add(row.NextHop, nextHop = NextHopFacts.Read(database, row.NextHop));
        }

        var due = Math.Max(row.Due, nextHop.Backoff ?? 0);
        var state = row.Held ? QueueState.Suspended
            : row.LeasedUntil > _now ? QueueState.Active
            : due <= _now ? QueueState.Ready
            : QueueState.Deferred;
        foreach (var recipient in row.Recipients)
        {
            yield return (recipient.Number, new QueuedRecipient
            {
                Recipient = recipient.Address,
                NextHop = nextHop.Name,
                State = state,
                Attempts = row.Attempts,
                NextAttemptAt = state is QueueState.Ready or QueueState.Deferred ? Moment.Of(due) : null,
                LastFailure = recipient.LastFailure,
                Notify = recipient.Notify,
                OriginalRecipient = recipient.OriginalRecipient,
            });
        }
    }

    private readonly record struct NextHopFacts(string Name, long? Backoff)
    {
        internal static NextHopFacts Read(Database database, long id)
        {
            var select = database["SELECT name, backoff_until FROM next_hop WHERE id = ?1"].Bind(1, id);
            try
            {
                return select.Step() ? new NextHopFacts(select.Text(0)!, select.IsNull(1) ? null : select.Int64(1)) : throw RecordReader.Damaged();
            }
            finally
            {
                select.Reset();
            }
        }
    }
}
