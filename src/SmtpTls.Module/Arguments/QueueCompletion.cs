using System.Collections;

namespace SmtpTls.Module;

/// <summary>What stands in a running relay's queue, for completion.</summary>
internal static class QueueCompletion
{
    // At a prompt nothing is better than a wait.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Asks the relay that the command line names so far, or the only one that runs. Without one, or where its queue does not answer, there is nothing to complete.</summary>
    internal static IReadOnlyList<T> Ask<T>(IDictionary bound, Func<SmtpQueue, CancellationToken, Task<IReadOnlyList<T>>> question)
    {
        if (bound.Contains("QueuePath") || Relay(Values.Unwrap(bound["Relay"])) is not { IsRunning: true } relay)
        {
            return [];
        }

        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return Task.Run(() => question(relay.Queue, patience.Token), patience.Token).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is OperationCanceledException or SmtpException or ObjectDisposedException)
        {
            // The command itself will say what is wrong with the queue.
            return [];
        }
    }

    private static SmtpRelay? Relay(object? named) => named switch
    {
        SmtpRelay relay => relay,
        string name => RelayRegistry.Find(name),
        _ => RelayRegistry.Running() is [var only] ? only : null,
    };
}
