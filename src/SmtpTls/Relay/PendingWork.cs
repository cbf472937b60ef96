namespace SmtpTls.Relay;

/// <summary>Counts what goes on, so that a stop can wait for its end; and sees to it that no fault goes unheard.</summary>
/// <param name="fault">Told of what a piece of work threw.</param>
internal sealed class PendingWork(Action<Exception> fault)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the owner, until it says that nothing new comes.
    private int _count = 1;

    /// <summary>Runs work on another thread.</summary>
    public void Run(Func<Task> work)
    {
        _ = Interlocked.Increment(ref _count);
        _ = Task.Run(() => GuardAsync(work));
    }

    /// <summary>Counts work that has begun on this thread.</summary>
    public void Add(Task work)
    {
        if (!work.IsCompletedSuccessfully)
        {
            _ = Interlocked.Increment(ref _count);
            _ = GuardAsync(() => work);
        }
    }

    /// <summary>Says that nothing new comes but from what goes on; called once.</summary>
    /// <returns>Ends with the last piece of work.</returns>
    public Task CloseAsync()
    {
        Leave();
        return _ended.Task;
    }

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is told of; nobody else waits for it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault(e);
        }
        finally
        {
            Leave();
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            _ended.TrySetResult();
        }
    }
}
