using System.Runtime.CompilerServices;
using SmtpTls.Net;
using SmtpTls.Queue;

namespace SmtpTls;

/// <summary>
/// A queue as an administrator works with it: what waits where, and holding, retrying, removing and exporting it. It works on a store
/// beside the relay that runs it, or without one.
/// </summary>
public sealed class SmtpQueue : IAsyncDisposable
{
    // Ids a change: each is one transaction of the store, and nobody is held up by a long one.
    private const int IdsPerChange = 1000;

    private readonly IQueueStore _store;
    private readonly SmtpQueueOptions _options;

    /// <summary>Works on a store.</summary>
    /// <param name="store">The store; the queue disposes of it unless the options say otherwise.</param>
    /// <param name="options">Names, routes, clock.</param>
    public SmtpQueue(IQueueStore store, SmtpQueueOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _options = options ?? new SmtpQueueOptions();
        Name = _options.Name ?? store.Location;
    }

    /// <summary>What records show as their queue.</summary>
    public string Name { get; }

    /// <summary>Where the queue is: a path, or a database's name without secrets.</summary>
    public string Location => _store.Location;

    /// <summary>Told when messages were made due, so that a relay in this process does not wait for its next look.</summary>
    internal Action? Woken { get; init; }

    /// <summary>A row a next hop with something waiting or backed off, by name.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SmtpException">The queue cannot be read.</exception>
    public async Task<IReadOnlyList<NextHopQueue>> SummarizeAsync(CancellationToken cancellationToken = default)
    {
        var rows = await _store.SummarizeAsync(Now, cancellationToken).ConfigureAwait(false);
        return rows.Select(row => row with { Queue = Name }).ToArray();
    }

    /// <summary>Messages in the order of their ids, read a page at a time while they are enumerated.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="SmtpException">The queue cannot be read, or the page's size is not 1 to 10,000.</exception>
    public async IAsyncEnumerable<QueuedMessage> FindAsync(MessageQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        CheckPage(query.PageSize);
        for (var next = query; ;)
        {
            var page = await _store.FindMessagesAsync(next, Now, cancellationToken).ConfigureAwait(false);
            foreach (var message in page)
            {
                yield return message with { Queue = Name };
            }

            if (page.Count < next.PageSize)
            {
                yield break;
            }

            next = next with { After = page[^1].Id };
        }
    }

    /// <summary>Entries of the tracking log in the order of their time, read a page at a time while they are enumerated.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="SmtpException">The queue cannot be read, or the page's size is not 1 to 10,000.</exception>
    public async IAsyncEnumerable<TrackingEvent> TrackAsync(TrackingQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        CheckPage(query.PageSize);
        for (var next = query; ;)
        {
            var page = await _store.FindEventsAsync(next, cancellationToken).ConfigureAwait(false);
            foreach (var entry in page.Events)
            {
                yield return entry with { Queue = Name };
            }

            if (page.Continuation is null)
            {
                yield break;
            }

            next = next with { Continuation = page.Continuation };
        }
    }

    /// <summary>Holds messages until they are resumed. A delivery under way comes to its end.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that are in the queue.</returns>
    /// <exception cref="SmtpException">The queue cannot be written.</exception>
    public Task<IReadOnlyList<QueueId>> SuspendAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken = default) =>
        InStepsAsync(ids, chunk => _store.SuspendAsync(chunk, cancellationToken));

    /// <summary>Lets suspended messages go on, due as they were before.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that are in the queue.</returns>
    /// <exception cref="SmtpException">The queue cannot be written.</exception>
    public async Task<IReadOnlyList<QueueId>> ResumeAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken = default)
    {
        var resumed = await InStepsAsync(ids, chunk => _store.ResumeAsync(chunk, cancellationToken)).ConfigureAwait(false);
        Woken?.Invoke();
        return resumed;
    }

    /// <summary>Makes messages due now, whatever their schedule says, and their next hops no longer backed off. Suspended ones stay so.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that are in the queue and not suspended.</returns>
    /// <exception cref="SmtpException">The queue cannot be written.</exception>
    public async Task<IReadOnlyList<QueueId>> RetryAsync(IReadOnlyList<QueueId> ids, CancellationToken cancellationToken = default)
    {
        var retried = await InStepsAsync(ids, chunk => _store.RetryAsync(chunk, Now, cancellationToken)).ConfigureAwait(false);
        Woken?.Invoke();
        return retried;
    }

    /// <summary>The bytes of a message, seekable, read from the queue block by block; null where it is not in the queue (any longer).</summary>
    /// <param name="id">The message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SmtpException">The queue cannot be read.</exception>
    public Task<Stream?> OpenContentAsync(QueueId id, CancellationToken cancellationToken = default) =>
        _store.OpenContentAsync(id, cancellationToken).AsTask();

    /// <summary>
    /// Writes a message byte for byte to <c>ID.eml</c>. The file is there whole or not at all: it is written under another name, flushed to
    /// disk, renamed, and the folder flushed too. The message stays in the queue.
    /// </summary>
    /// <param name="id">The message.</param>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="cancellationToken">Ends the writing, and then nothing is left.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="SmtpException">The message is not in the queue, the folder cannot be written to, or the file is there already.</exception>
    public async Task<string> ExportAsync(QueueId id, string folder, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var full = Path.GetFullPath(folder);
        var path = Path.Combine(full, $"{id}.eml");
        var content = await _store.OpenContentAsync(id, cancellationToken).ConfigureAwait(false)
            ?? throw new SmtpException(NotFound(id));
        await using (content.ConfigureAwait(false))
        {
            var written = Path.Combine(full, $".{id}.{Guid.NewGuid():N}.tmp");
            try
            {
                await WriteAsync(content, written, cancellationToken).ConfigureAwait(false);
                File.Move(written, path, overwrite: false);
                FolderNames.Flush(full);
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw Invalid($"The message {id} cannot be written to '{path}': {e.Message}", "Name a folder that exists, can be written to, and has no file of that name.", e);
            }
            finally
            {
                // Gone already where all went well, and never there where the folder is not.
                if (File.Exists(written))
                {
                    File.Delete(written);
                }
            }
        }
    }

    /// <summary>Closes the store, unless the options say that it is somebody else's.</summary>
    public ValueTask DisposeAsync() => _options.LeaveStoreOpen ? ValueTask.CompletedTask : _store.DisposeAsync();

    /// <summary>Name and place.</summary>
    public override string ToString() => Name == Location ? Name : $"{Name} ({Location})";

    private DateTimeOffset Now => _options.Clock.GetUtcNow();

    private static async Task WriteAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, MessageSpool.FurtherBlock, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            await content.CopyToAsync(file, MessageSpool.FurtherBlock, cancellationToken).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }
    }

    private static async Task<IReadOnlyList<QueueId>> InStepsAsync(
        IReadOnlyList<QueueId> ids, Func<IReadOnlyList<QueueId>, ValueTask<IReadOnlyList<QueueId>>> change)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var done = new List<QueueId>();
        foreach (var chunk in ids.Distinct().Chunk(IdsPerChange))
        {
            done.AddRange(await change(chunk).ConfigureAwait(false));
        }

        return done.ToArray();
    }

    private SmtpFailure NotFound(QueueId id) => new()
    {
        Code = FindingCode.QueueMessageNotFound,
        Message = $"The message {id} is not in the queue {Name}.",
        Advice = "It was delivered, given up or removed; the tracking log tells.",
        Permanent = true,
    };

    private static void CheckPage(int size)
    {
        if (size is < 1 or > 10_000)
        {
            throw Invalid($"A page of {size} entries cannot be read.", "Give a PageSize between 1 and 10,000.");
        }
    }

    private static SmtpException Invalid(string message, string advice, Exception? cause = null) => new(
        new SmtpFailure { Code = FindingCode.InvalidInput, Message = message, Advice = advice, Permanent = true, Cause = cause?.Message },
        cause);
}
