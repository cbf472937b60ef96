using System.Runtime.CompilerServices;

namespace SmtpTls.Probe;

/// <summary>Several at once, and the results in the order of the items all the same.</summary>
internal static class OrderedProbes
{
    /// <summary>Runs a probe for each item.</summary>
    /// <param name="items">What to probe.</param>
    /// <param name="atOnce">How many may be under way.</param>
    /// <param name="probe">The probe.</param>
    /// <param name="cancellationToken">Ends them all. So does whoever stops enumerating.</param>
    public static async IAsyncEnumerable<TResult> RunAsync<TItem, TResult>(
        IReadOnlyList<TItem> items,
        int atOnce,
        Func<TItem, CancellationToken, Task<TResult>> probe,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new Queue<Task<TResult>>();
        try
        {
            var next = 0;
            while (next < items.Count || running.Count > 0)
            {
                while (next < items.Count && running.Count < atOnce)
                {
                    running.Enqueue(probe(items[next++], stop.Token));
                }

                var result = await running.Peek().ConfigureAwait(false);
                _ = running.Dequeue();
                yield return result;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);

            // Nobody waits for these any longer, but their connections are to be closed before this returns.
            Task all = Task.WhenAll(running);
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
