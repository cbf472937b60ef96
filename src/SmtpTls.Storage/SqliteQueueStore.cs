using SmtpTls.Queue;
using SmtpTls.Storage.Reading;
using SmtpTls.Storage.Records;
using SmtpTls.Storage.Writing;

namespace SmtpTls.Storage;

/// <summary>
/// A queue in a SQLite file: write-ahead log, flushed at each commit (synchronous=FULL), one writer that commits what many callers
/// hand over together. Times are kept in whole milliseconds. What cannot be read or written is an <see cref="SmtpException"/>
/// with <see cref="FindingCode.QueueUnavailable"/> that says what to do; the file is never deleted or rebuilt.
/// </summary>
public sealed class SqliteQueueStore : IQueueStore
{
    // Ids that one change of an administrator's deals with; a longer list is several changes, between which mail goes on.
    private const int IdsAtATime = 500;

    private readonly SqliteQueueOptions _options;
    private readonly GroupCommitter _committer;
    private readonly ContentWriter _contents;
    private readonly ReaderPool _readers;
    private readonly DueReader _due;
    private readonly QueueOwnership? _ownership;
    private int _disposed;

    private SqliteQueueStore(OpenedQueue opened, SqliteQueueOptions options, StoreFailures failures)
    {
        _options = options;
        _ownership = opened.Ownership;
        _committer = new GroupCommitter(opened.Database, opened.Tables, options, failures);
        _readers = new ReaderPool(options, failures);
        _contents = new ContentWriter(_committer, new SpaceReserve(options, _readers, failures), options);
        _due = new DueReader(options, failures);
        _committer.Start();
    }

    /// <inheritdoc/>
    public string Location => _options.Path;

    /// <summary>Transactions that were committed since it was opened.</summary>
    public long Commits => _committer.Commits;

    /// <summary>Changes that wait for the writer.</summary>
    public int WaitingOperations => _committer.Waiting;

    /// <summary>Opens a queue; with <see cref="QueueAccess.Relay"/> makes it where it is not there.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SmtpException">
    /// <see cref="FindingCode.QueueInUse"/>: a running relay owns it. <see cref="FindingCode.InvalidInput"/>: the path leads nowhere.
    /// <see cref="FindingCode.QueueUnavailable"/>: it cannot be written, is damaged, no queue, or of a later version.
    /// </exception>
    public static async Task<SqliteQueueStore> OpenAsync(SqliteQueueOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        options = options with { Path = Resolve(options.Path) };
        var failures = new StoreFailures(options.Path);
        var opened = await Task.Run(() => OpenedQueue.Open(options, failures), cancellationToken).ConfigureAwait(false);
        return new SqliteQueueStore(opened, options, failures);
    }

    // The file itself, whatever links lead to it: its owner's lock stands beside it, and there must be one.
    private static string Resolve(string path)
    {
        var full = Path.GetFullPath(path);
        var file = new FileInfo(full);
        return file.LinkTarget is null ? full : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeliveryLease>> EnqueueAsync(NewMessage message, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(content);
        if (message.Recipients.Count == 0 || message.Id.Value <= 0)
        {
            throw new ArgumentException("A message has an id and at least one recipient.", nameof(message));
        }

        return _contents.EnqueueAsync(message, content, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DueNextHop>> FindDueAsync(DateTimeOffset now, int maximum, CancellationToken cancellationToken) =>
        _due.FindAsync(now, maximum, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DeliveryLease>> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Maximum <= 0)
        {
            return Array.Empty<DeliveryLease>();
        }

        if (request.ReceivedBefore is null)
        {
            return await _committer.SubmitAsync(new LeaseOperation(request), cancellationToken).ConfigureAwait(false);
        }

        var candidates = await _readers.QueryAsync(database => new DueSearch(database).Aged(request), cancellationToken).ConfigureAwait(false);
        return candidates.Count == 0
            ? Array.Empty<DeliveryLease>()
            : await _committer.SubmitAsync(new LeaseAgedOperation(request, candidates), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<long>> RenewAsync(string owner, IReadOnlyList<long> deliveries, DateTimeOffset until, CancellationToken cancellationToken) =>
        await _committer.SubmitAsync(new RenewOperation(owner, deliveries, until), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(string owner, IReadOnlyList<long> deliveries, CancellationToken cancellationToken) =>
        _ = await _committer.SubmitAsync(new ReleaseOperation(owner, deliveries), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<bool> CompleteAsync(DeliveryResult result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        return await _committer.SubmitAsync(new CompleteOperation(result), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask SetBackoffAsync(string nextHop, NextHopBackoff? backoff, CancellationToken cancellationToken) =>
        _ = await _committer.SubmitAsync(new BackoffOperation(nextHop, backoff), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask RerouteAsync(Func<string, string?> nextHopOf, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(nextHopOf);
        var destinations = await _readers.QueryAsync(DestinationReader.Read, cancellationToken).ConfigureAwait(false);
        var changes = destinations
            .Select(d => (d.Id, d.Domain, Old: d.NextHop, New: nextHopOf(d.Domain)))
            .Where(d => d.New is not null && d.New != d.Old)
            .Select(d => new Rerouting(d.Id, d.Domain, d.New!))
            .ToArray();
        if (changes.Length > 0)
        {
            _ = await _committer.SubmitAsync(new RerouteOperation(changes), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<NextHopQueue>> SummarizeAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await _readers.QueryAsync(database => SummaryReader.Read(database, Moment.Milliseconds(now)), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<QueuedMessage>> FindMessagesAsync(MessageQuery query, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        CheckPageSize(query.PageSize);
        var reader = new MessageReader(query, now);
        while (!await _readers.QueryAsync(reader.ReadSlice, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return reader.Page;
    }

    /// <inheritdoc/>
    public ValueTask<Stream?> OpenContentAsync(QueueId id, CancellationToken cancellationToken) =>
        _readers.ReadAsync(database => ContentStream.Open(_readers, database, id), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueueId>> SuspendAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken) =>
        InStepsAsync(ids, some => new HoldOperation(some, hold: true), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueueId>> ResumeAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken) =>
        InStepsAsync(ids, some => new HoldOperation(some, hold: false), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueueId>> RetryAsync(IReadOnlyList<QueueId> ids, DateTimeOffset now, CancellationToken cancellationToken) =>
        InStepsAsync(ids, some => new RetryOperation(some, now), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QueueId>> RemoveAsync(IReadOnlyList<MessageRemoval> removals, CancellationToken cancellationToken) =>
        InStepsAsync(removals, some => new RemoveOperation(some), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<TrackingPage> FindEventsAsync(TrackingQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        CheckPageSize(query.PageSize);
        var reader = new EventReader(query);
        while (!await _readers.QueryAsync(reader.ReadSlice, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return reader.Page;
    }

    /// <inheritdoc/>
    public async ValueTask PurgeEventsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        while (!await _committer.SubmitAsync(new PurgeOperation(Moment.MillisecondsUp(before)), cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        // The same kind of housekeeping: next hops that mail once went to.
        for (long? last = 0; last is { } after;)
        {
            last = await _committer.SubmitAsync(new ForgetOperation(after), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Commits what was handed over, and gives the queue up.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // The writer last: it leaves the log empty where nobody else is reading.
        _due.Dispose();
        _readers.Dispose();
        await _committer.CloseAsync().ConfigureAwait(false);
        _ownership?.Dispose();
    }

    private static void CheckPageSize(int size)
    {
        // What a page takes in memory is bounded by it.
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 10_000);
    }

    private async ValueTask<IReadOnlyList<QueueId>> InStepsAsync<T>(IReadOnlyList<T> all, Func<T[], WriteOperation<IReadOnlyList<QueueId>>> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(all);
        var found = new List<QueueId>(all.Count);
        foreach (var some in all.Chunk(IdsAtATime))
        {
            found.AddRange(await _committer.SubmitAsync(change(some), cancellationToken).ConfigureAwait(false));
        }

        return found.ToArray();
    }
}
