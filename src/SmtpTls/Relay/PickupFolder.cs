using SmtpTls.Mail;

namespace SmtpTls.Relay;

/// <summary>What became of a file, or of the folder.</summary>
/// <param name="File">The file's name; null where it is about the folder.</param>
/// <param name="Id">Its message's name in the queue, where it is there.</param>
/// <param name="Failure">Why it is not; null exactly where it is.</param>
internal sealed record PickupReport(string? File, QueueId? Id, SmtpFailure? Failure);

/// <summary>
/// A folder where whoever may write to it lays messages as <c>.eml</c> to have them sent. The way to do so is to write
/// under another name (or with a dot before it) and to rename: a rename is seen whole or not at all. Who writes in place
/// is served too, once the file has not changed for a while.
/// </summary>
/// <remarks>
/// <para>
/// A file is first given a name of its own that holds its queue id (<see cref="PickupClaim"/>), then queued, then deleted.
/// A relay that dies in between finds that name again, and the queue tells whether the message was taken: so each file is
/// sent once. That holds as long as the tracking log goes back, and for one relay to a folder.
/// </para>
/// <para>
/// A file that cannot be queued as it is goes to <c>failed/</c>, with the reason beside it. Where the queue itself fails
/// the file waits. Links are not followed: what they point to need not be for the mail.
/// </para>
/// </remarks>
internal sealed class PickupFolder
{
    /// <summary>Time between two looks. A look at an empty folder costs microseconds.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long a file has to stay as it is before it is taken: a program that writes in place pauses for less.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);

    /// <summary>Files of one look: with more there than that the others wait, and memory does not grow with the folder.</summary>
    public const int MaximumFiles = 1_000;

    private static readonly EnumerationOptions Listing = new()
    {
        MatchCasing = MatchCasing.CaseInsensitive,
        AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Directory,
        IgnoreInaccessible = true,
    };

    private readonly string _path;
    private readonly PickupFailures _failures;
    private readonly RelayIntake _intake;
    private readonly TimeProvider _clock;
    private readonly Action<PickupReport> _report;
    private Dictionary<string, Sighting> _seen = new(StringComparer.Ordinal);
    private string? _trouble;

    /// <summary>Makes the folder, and <c>failed/</c> in it, where they do not exist.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="intake">The way into the queue.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="report">Told of every file that was taken or could not be, and of trouble with the folder when it begins.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: the folder cannot be made or written to.</exception>
    public PickupFolder(string path, RelayIntake intake, TimeProvider clock, Action<PickupReport> report)
    {
        _intake = intake;
        _clock = clock;
        _report = report;
        try
        {
            _path = Directory.CreateDirectory(Path.GetFullPath(path)).FullName;
            _failures = new PickupFailures(_path, clock);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw MailInput.Refuse($"The pickup folder {MailInput.Quote(path)} cannot be used: {e.Message}", "Name a folder that this account can write to.", e);
        }
    }

    /// <summary>Octets of one file. Default: what a listener takes by default.</summary>
    public long MaximumMessageSize { get; init; } = new ListenerLimits().MaximumMessageSize;

    /// <summary>Where a file's bytes go meanwhile that are too large for memory.</summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();

    /// <summary>Looks into the folder until it is told to stop; a file that is being queued comes to its end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await LookAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Interval, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One look: takes what has settled.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var left in Directory.EnumerateFiles(_path, PickupClaim.Pattern, Listing).Take(MaximumFiles).ToArray())
            {
                await RecoverAsync(left, cancellationToken).ConfigureAwait(false);
            }

            foreach (var file in Settled())
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    return;
                }

                await TakeAsync(file).ConfigureAwait(false);
            }

            _trouble = null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SmtpException)
        {
            // The folder is gone, or the queue takes nothing: the next look tries again. Told once, not every second.
            Trouble(e);
        }
    }

    private void Trouble(Exception e)
    {
        var failure = e is SmtpException { Failure: var known } ? known : new SmtpFailure
        {
            Code = FindingCode.InvalidInput,
            Message = $"The pickup folder '{_path}' cannot be read or written: {e.Message}",
            Advice = "See that it exists and that this account can write to it; nothing in it is lost.",
            Cause = e.Message,
        };
        if (_trouble != failure.Message)
        {
            _trouble = failure.Message;
            _report(new PickupReport(null, null, failure));
        }
    }

    // Those that are as they were SettleTime ago. The others are remembered for the next look.
    private List<FileInfo> Settled()
    {
        var now = _clock.GetUtcNow();
        var seen = new Dictionary<string, Sighting>(StringComparer.Ordinal);
        var settled = new List<FileInfo>();
        foreach (var file in new DirectoryInfo(_path).EnumerateFiles("*.eml", Listing).Where(f => f.Name[0] != '.').Take(MaximumFiles))
        {
            var sighting = new Sighting(file.Length, file.LastWriteTimeUtc, now);
            var before = _seen.TryGetValue(file.Name, out var earlier) && earlier.IsSame(sighting) ? earlier : sighting;
            seen[file.Name] = before;
            if (now - before.Since >= SettleTime)
            {
                settled.Add(file);
            }
        }

        _seen = seen;
        return settled;
    }

    // Not to be cancelled: a message that is half taken is taken. Where this throws, the file keeps the claim's name, and the
    // next look asks the queue what became of it.
    private async Task TakeAsync(FileInfo file)
    {
        var claim = PickupClaim.TryMake(file, _intake.NextId());
        if (claim is null)
        {
            // Another program has it open, or took it away.
            return;
        }

        var (fate, failure) = await QueueAsync(claim, _seen[file.Name]).ConfigureAwait(false);
        switch (fate)
        {
            case FileFate.Queued:
                claim.Delete();
                _report(new PickupReport(claim.FileName, claim.Id, null));
                break;
            case FileFate.Unusable:
                _failures.Add(claim, failure!);
                _report(new PickupReport(claim.FileName, null, failure));
                break;
            default:
                claim.GiveBack();
                break;
        }
    }

    // What may pass (the queue's trouble, the disk's) is thrown.
    private async Task<(FileFate Fate, SmtpFailure? Failure)> QueueAsync(PickupClaim claim, Sighting expected)
    {
        try
        {
            using var message = await ReadAsync(claim).ConfigureAwait(false);
            if (!expected.IsSame(claim.Look(_clock.GetUtcNow())))
            {
                return (FileFate.StillWritten, null);
            }

            var intake = message.Describe(MessageSourceKind.Pickup, claim.FileName, _clock.GetUtcNow()) with { Id = claim.Id };
            var failure = (await _intake.AcceptAsync(intake, CancellationToken.None).ConfigureAwait(false)).Failure;
            return (failure is null ? FileFate.Queued : FileFate.Unusable, failure);
        }
        catch (SmtpException e) when (e.Failure.Code is FindingCode.InvalidInput or FindingCode.MessageTooLarge)
        {
            return (FileFate.Unusable, e.Failure);
        }
        catch (UnauthorizedAccessException e)
        {
            return (FileFate.Unusable, MailInput.Refuse($"The message file {MailInput.Quote(claim.FileName)} cannot be read: {e.Message}", "Let the relay's account read it.", e).Failure);
        }
    }

    private async Task<MessageFile> ReadAsync(PickupClaim claim)
    {
        var name = $"The message file {MailInput.Quote(claim.FileName)}";
        var content = claim.Open(name);
        await using (content.ConfigureAwait(false))
        {
            return await MessageFile.ReadAsync(content, name, null, null, MaximumMessageSize, TemporaryFolder, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // What a relay that died left behind.
    private async Task RecoverAsync(string path, CancellationToken cancellationToken)
    {
        if (PickupClaim.TryRead(path) is not { } claim)
        {
            return;
        }

        if (await _intake.HasTakenAsync(claim.Id, cancellationToken).ConfigureAwait(false))
        {
            claim.Delete();
            _report(new PickupReport(claim.FileName, claim.Id, null));
        }
        else
        {
            claim.GiveBack();
        }
    }
}

/// <summary>What becomes of a file.</summary>
internal enum FileFate
{
    /// <summary>The queue has it.</summary>
    Queued,

    /// <summary>It cannot be queued as it is.</summary>
    Unusable,

    /// <summary>Its writer goes on writing, under whatever name.</summary>
    StillWritten,
}

/// <summary>What a file was like when it was looked at.</summary>
/// <param name="Length">Octets.</param>
/// <param name="Written">When it was last written to.</param>
/// <param name="Since">When it was first seen like that.</param>
internal readonly record struct Sighting(long Length, DateTime Written, DateTimeOffset Since)
{
    public bool IsSame(Sighting other) => Length == other.Length && Written == other.Written;
}
