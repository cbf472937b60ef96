using System.Diagnostics;
using System.Globalization;
using SmtpTls.Queue;
using SmtpTls.Storage;

namespace SmtpTls.Benchmarks;

/// <summary>
/// The queue store by itself: how long the disk takes to flush, what many callers get into the queue and out of it, how many
/// transactions that takes, and whether it stays that way while mail comes and goes.
/// </summary>
internal static class StoreBenchmark
{
    private const string Owner = "bench";

    private static readonly int[] Callers = [1, 10, 50];

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var folder = StoreSamples.Folder(arguments);
        var count = StoreSamples.Number(arguments, "--messages", 50_000);
        var churn = StoreSamples.Number(arguments, "--churn", 100_000);
        Console.WriteLine("## Queue store, messages of 4 KiB");
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Flush of 4 KiB appended to a file (fsync): median {FlushMicroseconds(folder):F0} µs"));
        Console.WriteLine();
        Console.WriteLine("| callers | enqueued/s | commits/message | CPU µs/message | taken out/s (lease, complete) | commits/message | CPU µs/message |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        await WarmUpAsync(folder, cancellationToken);
        foreach (var callers in Callers)
        {
            await MeasureAsync(folder, callers, callers == 1 ? count / 10 : count, cancellationToken);
        }

        await ChurnAsync(folder, churn, cancellationToken);
        StoreSamples.Delete(folder);
        return 0;
    }

    private static double FlushMicroseconds(string folder)
    {
        var path = Path.Combine(folder, "bench.queue.flush");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        var block = new byte[4096];
        return Tools.Median(Enumerable.Range(0, 500).Select(_ =>
        {
            var begin = Stopwatch.GetTimestamp();
            file.Write(block);
            file.Flush(flushToDisk: true);
            return Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        }));
    }

    private static async Task WarmUpAsync(string folder, CancellationToken cancellationToken)
    {
        StoreSamples.Delete(folder);
        await using var store = await StoreSamples.OpenAsync(folder, cancellationToken);
        var ids = new QueueIdSource(TimeProvider.System, 1);
        _ = await EnqueueAsync(store, ids, 10, 5_000, cancellationToken);
        _ = await TakeOutAsync(store, 10, 5_000, cancellationToken);
    }

    private static async Task MeasureAsync(string folder, int callers, int count, CancellationToken cancellationToken)
    {
        StoreSamples.Delete(folder);
        await using var store = await StoreSamples.OpenAsync(folder, cancellationToken);
        var ids = new QueueIdSource(TimeProvider.System, 1);

        // The file has its size before anything counts, as a queue that has run for a while.
        _ = await EnqueueAsync(store, ids, 50, count, cancellationToken);
        _ = await TakeOutAsync(store, 50, count, cancellationToken);
        var inward = await EnqueueAsync(store, ids, callers, count, cancellationToken);
        var outward = await TakeOutAsync(store, callers, count, cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {callers} | {inward.Rate:F0} | {inward.Commits:F3} | {inward.Cpu:F1} | {outward.Rate:F0} | {outward.Commits:F3} | {outward.Cpu:F1} |"));
    }

    private static async Task ChurnAsync(string folder, int count, CancellationToken cancellationToken)
    {
        StoreSamples.Delete(folder);
        await using var store = await StoreSamples.OpenAsync(folder, cancellationToken);
        var ids = new QueueIdSource(TimeProvider.System, 1);
        var rates = new List<double>();
        for (var tenth = 0; tenth < 10; tenth++)
        {
            rates.Add((await CycleAsync(store, ids, 10, count / 10, cancellationToken)).Rate);
        }

        var log = new FileInfo(Path.Combine(folder, "bench.queue-wal")).Length >> 20;
        var file = new FileInfo(Path.Combine(folder, "bench.queue")).Length >> 20;
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} messages in (leased at once) and out, 10 callers, messages/s of each tenth: {string.Join(", ", rates.Select(r => r.ToString("F0", CultureInfo.InvariantCulture)))}; last/first {rates[^1] / rates[0]:F2}; file {file} MiB, log {log} MiB"));
    }

    private static Task<Measured> EnqueueAsync(SqliteQueueStore store, QueueIdSource ids, int callers, int count, CancellationToken cancellationToken) =>
        TimeAsync(store, callers, count, async (caller, number) =>
        {
            _ = await StoreSamples.EnqueueAsync(store, StoreSamples.Message(ids.Next(), number, DateTimeOffset.UtcNow), cancellationToken);
        });

    // As a relay does it: a lease for some messages at a time, a result for each.
    private static Task<Measured> TakeOutAsync(SqliteQueueStore store, int callers, int count, CancellationToken cancellationToken)
    {
        var leases = Enumerable.Range(0, callers).Select(_ => new Queue<DeliveryLease>()).ToArray();
        return TimeAsync(store, callers, count, async (caller, number) =>
        {
            var now = DateTimeOffset.UtcNow;
            var mine = leases[caller];
            if (mine.Count == 0)
            {
                foreach (var lease in await store.LeaseAsync(new LeaseRequest { Owner = Owner, Now = now, Until = now.AddMinutes(5), Maximum = 20 }, cancellationToken))
                {
                    mine.Enqueue(lease);
                }
            }

            if (mine.TryDequeue(out var next))
            {
                _ = await store.CompleteAsync(StoreSamples.Delivered(next, Owner, now), cancellationToken);
            }
        });
    }

    private static Task<Measured> CycleAsync(SqliteQueueStore store, QueueIdSource ids, int callers, int count, CancellationToken cancellationToken)
    {
        var nextHops = Enumerable.Range(0, 10).Select(i => string.Create(CultureInfo.InvariantCulture, $"d{i}.example")).ToHashSet(StringComparer.Ordinal);
        return TimeAsync(store, callers, count, async (caller, number) =>
        {
            var now = DateTimeOffset.UtcNow;
            var message = StoreSamples.Message(ids.Next(), number, now) with { Lease = new LeaseTerms(Owner, now.AddMinutes(5), nextHops) };
            var lease = (await StoreSamples.EnqueueAsync(store, message, cancellationToken)).Single();
            _ = await store.CompleteAsync(StoreSamples.Delivered(lease, Owner, DateTimeOffset.UtcNow), cancellationToken);
        });
    }

    private static async Task<Measured> TimeAsync(SqliteQueueStore store, int callers, int count, Func<int, int, Task> work)
    {
        using var process = Process.GetCurrentProcess();
        var (commits, cpu, begin) = (store.Commits, process.TotalProcessorTime, Stopwatch.GetTimestamp());
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) <= count;)
            {
                await work(caller, number);
            }
        })));
        var elapsed = Stopwatch.GetElapsedTime(begin);
        process.Refresh();
        return new Measured(count / elapsed.TotalSeconds, (double)(store.Commits - commits) / count, (process.TotalProcessorTime - cpu).TotalMicroseconds / count);
    }

    private readonly record struct Measured(double Rate, double Commits, double Cpu);
}
