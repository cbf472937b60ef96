namespace SmtpTls.Storage.Writing;

/// <summary>
/// A change that a caller waits for. It may be executed more than once, in transactions of which only the last one was
/// kept: it sets what it found anew each time and has no other effect than on the file.
/// </summary>
internal abstract class WriteOperation
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;

    private int _state;

    /// <summary>Bytes that it brings, about: bounds the size of a group.</summary>
    internal virtual int Weight => 512;

    /// <summary>What went wrong with this operation alone; set by the committer.</summary>
    internal Exception? Failure { get; set; }

    /// <summary>Makes the change. What it throws fails it alone, and then nothing of it is kept.</summary>
    internal abstract void Execute(QueueTables tables);

    internal abstract void Succeed();

    internal abstract void Fail(Exception failure);

    internal abstract void Cancel(CancellationToken cancellationToken);

    /// <summary>The committer's: from here on it cannot be cancelled.</summary>
    internal bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>The caller's: true where nothing will be done.</summary>
    internal bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting;
}

/// <summary>A change with an answer.</summary>
internal abstract class WriteOperation<T> : WriteOperation
{
    // Callers go on elsewhere: the writer's thread has the next group to commit.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<T> Completion => _completion.Task;

    private T? Answer { get; set; }

    internal sealed override void Execute(QueueTables tables) => Answer = Change(tables);

    protected abstract T Change(QueueTables tables);

    internal sealed override void Succeed() => _completion.SetResult(Answer!);

    internal sealed override void Fail(Exception failure) => _completion.SetException(failure);

    internal sealed override void Cancel(CancellationToken cancellationToken) => _completion.SetCanceled(cancellationToken);
}
