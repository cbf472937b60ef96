using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using SmtpTls.Net;
using SmtpTls.Queue;
using SmtpTls.Relay;

namespace SmtpTls;

/// <summary>
/// A queue as an administrator works with it: what waits where, and holding, retrying, removing and exporting it. It works on a store
/// beside the relay that runs it, or without one.
/// </summary>
public sealed class SmtpQueue : IAsyncDisposable
{
    // Ids a change: each is one transaction of the store, and nobody is held up by a long one.
    private const int IdsPerChange = 500;

    private readonly IQueueStore _store;
    private readonly SmtpQueueOptions _options;
    private readonly RouteTable? _routes;
    private readonly QueueIdSource _ids;
    private readonly string _hostName;

    /// <summary>Works on a store.</summary>
    /// <param name="store">The store; the queue disposes of it unless the options say otherwise.</param>
    /// <param name="options">Names, routes, clock.</param>
    /// <exception cref="SmtpException">The routes cannot be used.</exception>
    public SmtpQueue(IQueueStore store, SmtpQueueOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _options = options ?? new SmtpQueueOptions();
        _routes = _options.Routes.Count == 0 ? null : new RouteTable(_options.Routes);
        _ids = new QueueIdSource(_options.Clock, RandomNumberGenerator.GetInt32(int.MaxValue));
        _hostName = _options.HostName ?? LocalHostName.ForGreeting();
        Name = _options.Name ?? store.Location;
    }

    /// <summary>What records show as their queue.</summary>
    public string Name { get; }

    /// <summary>Where the queue is: a path, or a database's name without secrets.</summary>
    public string Location => _store.Location;

    /// <summary>Told when messages were made due, so that a relay in this process does not wait for its next look.</summary>
    internal Action? Woken { get; init; }

    /// <summary>The way into the queue of the relay in this process; null: there is none, and an own one is made.</summary>
    internal RelayIntake? Intake { get; init; }

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
        var content = await _store.OpenContentAsync(id, cancellationToken).ConfigureAwait(false)
            ?? throw new SmtpException(NotFound(id));
        await using (content.ConfigureAwait(false))
        {
            return await QueueExport.WriteAsync(id, content, folder, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes a message file into the queue, as the pickup folder does: with a trace header before it, lines ended with CRLF, without Bcc.
    /// </summary>
    /// <param name="path">The file: a message of RFC 5322.</param>
    /// <param name="sender">The reverse-path, empty for the null one; null: the file's X-Sender or Sender or From.</param>
    /// <param name="recipients">The recipients; null: the file's X-Receiver, or To, Cc and Bcc.</param>
    /// <param name="cancellationToken">Ends the reading, and then nothing was taken.</param>
    /// <returns>Its name in the queue.</returns>
    /// <exception cref="SmtpException">The file cannot be read or is no message, no route leads to a recipient, there are no routes, or the queue cannot be written.</exception>
    public async Task<QueueId> ImportAsync(
        string path, string? sender = null, IReadOnlyList<string>? recipients = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var intake = Intake ?? OwnIntake();
        var full = Path.GetFullPath(path);
        try
        {
            var file = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using (file.ConfigureAwait(false))
            {
                using var message = await MessageFile.ReadAsync(
                    file, $"The message file '{full}'", sender, recipients, new ListenerLimits().MaximumMessageSize, Path.GetTempPath(), cancellationToken).ConfigureAwait(false);
                var answer = await intake.AcceptAsync(message.Describe(MessageSourceKind.Import, Path.GetFileName(full), Now), cancellationToken).ConfigureAwait(false);
                return answer.Id ?? throw new SmtpException(answer.Failure!);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Invalid($"The message file '{full}' cannot be read: {e.Message}", "Name a file that this account can read.", e);
        }
    }

    /// <summary>
    /// Takes messages out of the queue. Recipients who were served stay served, and a delivery under way may still come to its end.
    /// </summary>
    /// <param name="ids">Which.</param>
    /// <param name="withNdr">True to tell their senders that they were not delivered, as far as those want to hear of it (RFC 3461 §4.1).</param>
    /// <param name="by">Who removes them, for the tracking log; or null.</param>
    /// <param name="cancellationToken">Ends the wait; what was removed by then stays removed.</param>
    /// <returns>Those that were in the queue.</returns>
    /// <exception cref="SmtpException">The queue cannot be written.</exception>
    public async Task<IReadOnlyList<QueueId>> RemoveAsync(
        IReadOnlyList<QueueId> ids, bool withNdr, string? by = null, CancellationToken cancellationToken = default)
    {
        var notifier = new Notifier(_hostName, NextHopOf, _ids, _options.Clock, new Random(), _store.OpenContentAsync);
        var composer = new RemovalComposer(notifier, _options.Clock);
        var removed = await InStepsAsync(ids, async chunk =>
        {
            // A list without entries would mean all of them.
            var query = new MessageQuery { Ids = chunk, PageSize = chunk.Count };
            var removals = new List<MessageRemoval>();
            foreach (var message in await _store.FindMessagesAsync(query, Now, cancellationToken).ConfigureAwait(false))
            {
                removals.Add(await composer.ComposeAsync(message, withNdr, by, cancellationToken).ConfigureAwait(false));
            }

            return await _store.RemoveAsync(removals, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        Woken?.Invoke();
        return removed;
    }

    /// <summary>Closes the store, unless the options say that it is somebody else's.</summary>
    public ValueTask DisposeAsync() => _options.LeaveStoreOpen ? ValueTask.CompletedTask : _store.DisposeAsync();

    /// <summary>Name and place.</summary>
    public override string ToString() => Name == Location ? Name : $"{Name} ({Location})";

    private DateTimeOffset Now => _options.Clock.GetUtcNow();

    // Without routes a report waits at its domain, until the relay that runs the queue gives it its place.
    private string? NextHopOf(string domain) => _routes is null ? domain : _routes.NextHop(domain);

    private RelayIntake OwnIntake() => new(
        _store,
        _routes ?? throw Invalid($"A message cannot be imported into the queue {Name} without routes: they say where it goes.", "Import it where the relay runs, or give the relay's routes."),
        _ids,
        _hostName,
        new NoWatcher());

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
