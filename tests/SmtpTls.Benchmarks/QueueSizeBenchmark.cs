using System.Diagnostics;
using System.Globalization;
using SmtpTls.Queue;

namespace SmtpTls.Benchmarks;

/// <summary>A queue with very many messages: how long it takes to open it, to count what waits where, to show a page, and how much memory that takes.</summary>
internal static class QueueSizeBenchmark
{
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var folder = StoreSamples.Folder(arguments);
        var count = StoreSamples.Number(arguments, "--messages", 1_000_000);
        var keep = arguments.Contains("--keep", StringComparer.Ordinal);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"## A queue of {count} messages of 4 KiB"));
        Console.WriteLine();
        if (!arguments.Contains("--kept", StringComparer.Ordinal))
        {
            StoreSamples.Delete(folder);
            await SeedAsync(folder, count, cancellationToken);
            GC.Collect();
        }

        await MeasureAsync(folder, cancellationToken);
        if (!keep)
        {
            StoreSamples.Delete(folder);
        }

        return 0;
    }

    private static async Task SeedAsync(string folder, int count, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        await using (var store = await StoreSamples.OpenAsync(folder, cancellationToken))
        {
            var ids = new QueueIdSource(TimeProvider.System, 1);
            await Parallel.ForEachAsync(
                Enumerable.Range(1, count),
                new ParallelOptions { MaxDegreeOfParallelism = 200, CancellationToken = cancellationToken },
                async (number, cancel) => await StoreSamples.EnqueueAsync(store, StoreSamples.Message(ids.Next(), number, DateTimeOffset.UtcNow), cancel));
        }

        var megabytes = new FileInfo(Path.Combine(folder, "bench.queue")).Length >> 20;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Filled in {Stopwatch.GetElapsedTime(begin).TotalSeconds:F0} s; the file has {megabytes} MiB."));
        Console.WriteLine();
    }

    private static async Task MeasureAsync(string folder, CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.UtcNow;
        var begin = Stopwatch.GetTimestamp();
        await using var store = await StoreSamples.OpenAsync(folder, cancellationToken);
        Report("open, as a relay", begin);

        await TimeAsync("what waits for each next hop", async () => (await store.SummarizeAsync(now, cancellationToken)).Sum(q => q.Total));
        await TimeAsync("again", async () => (await store.SummarizeAsync(now, cancellationToken)).Sum(q => q.Total));
        await TimeAsync("first page of messages", async () => (await store.FindMessagesAsync(new MessageQuery(), now, cancellationToken)).Count);
        await TimeAsync("again", async () => (await store.FindMessagesAsync(new MessageQuery(), now, cancellationToken)).Count);
        await TimeAsync("first page of suspended messages (none)", async () => (await store.FindMessagesAsync(new MessageQuery { State = QueueState.Suspended }, now, cancellationToken)).Count);
        await TimeAsync("messages to one recipient, all looked at", async () => (await store.FindMessagesAsync(new MessageQuery { Recipient = "user77@*" }, now, cancellationToken)).Count);
        await TimeAsync("next hops that are due", async () => (await store.FindDueAsync(now, 100, cancellationToken)).Count);
        await TimeAsync("lease of 100", async () => (await store.LeaseAsync(new LeaseRequest { Owner = "bench", Now = now, Until = now.AddMinutes(5), Maximum = 100 }, cancellationToken)).Count);
        await TimeAsync("what has grown old (none)", async () =>
            (await store.LeaseAsync(new LeaseRequest { Owner = "bench", Now = now, Until = now.AddMinutes(5), Maximum = 100, ReceivedBefore = now.AddDays(-4) }, cancellationToken)).Count);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory of the process: {process.WorkingSet64 >> 20} MiB, at most {process.PeakWorkingSet64 >> 20} MiB"));
        Console.WriteLine();
    }

    private static async Task TimeAsync(string what, Func<Task<long>> work)
    {
        var begin = Stopwatch.GetTimestamp();
        var result = await work();
        Report(string.Create(CultureInfo.InvariantCulture, $"{what}: {result}"), begin);
    }

    private static void Report(string what, long begin) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"- {what}: {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:F1} ms"));
}
