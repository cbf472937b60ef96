using System.Diagnostics;
using System.Globalization;

namespace SmtpTls.Benchmarks;

/// <summary>Messages/s and server CPU a message, beside smtp-sink, with smtp-source as the client of both.</summary>
internal static class ThroughputBenchmark
{
    private const int Rounds = 3;

    private static readonly int[] Sizes = [4 * 1024, 64 * 1024];
    private static readonly int[] Sessions = [1, 10, 50];

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (Tools.Find("smtp-source") is not { } source)
        {
            Console.WriteLine("throughput: skipped, smtp-source (Debian package postfix) is not installed");
            return 0;
        }

        using var ours = await ServerProcess.StartOursAsync("plain", null, cancellationToken);
        using var sink = await ServerProcess.StartSinkAsync(cancellationToken);
        Console.WriteLine("## Throughput, smtp-source as the client (-d: one connection a session), median of 3 rounds in turn");
        Console.WriteLine();
        Console.WriteLine("| message | sessions | SmtpTls msg/s | smtp-sink msg/s | ratio | SmtpTls CPU ms/msg | smtp-sink CPU ms/msg | ratio |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");

        // Both are warm before anything counts: ours is compiled in steps while it runs.
        await MeasureAsync(source, ours, 4096, 10, 100_000, cancellationToken);
        await MeasureAsync(source, ours, 65536, 10, 10_000, cancellationToken);
        await MeasureAsync(source, sink!, 4096, 10, 5_000, cancellationToken);
        foreach (var size in Sizes)
        {
            foreach (var sessions in Sessions)
            {
                await CompareAsync(source, ours, sink!, size, sessions, cancellationToken);
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nMemory of the listener afterwards: {ours.PssMiB:F0} MiB (PSS)\n"));
        return 0;
    }

    private static async Task CompareAsync(
        string source, ServerProcess ours, ServerProcess sink, int size, int sessions, CancellationToken cancellationToken)
    {
        var count = size <= 4096 ? (sessions == 1 ? 10_000 : 30_000) : 5_000;
        var a = new List<(double Rate, double Cpu)>();
        var b = new List<(double Rate, double Cpu)>();
        for (var round = 0; round < Rounds; round++)
        {
            a.Add(await MeasureAsync(source, ours, size, sessions, count, cancellationToken));
            b.Add(await MeasureAsync(source, sink, size, sessions, count, cancellationToken));
        }

        var (rateA, cpuA) = (Tools.Median(a.Select(m => m.Rate)), Tools.Median(a.Select(m => m.Cpu)));
        var (rateB, cpuB) = (Tools.Median(b.Select(m => m.Rate)), Tools.Median(b.Select(m => m.Cpu)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {size / 1024} KiB | {sessions} | {rateA:F0} | {rateB:F0} | {rateA / rateB:F2} | {cpuA:F4} | {cpuB:F4} | {cpuA / cpuB:F2} |"));
    }

    private static async Task<(double Rate, double CpuMilliseconds)> MeasureAsync(
        string source, ServerProcess server, int size, int sessions, int count, CancellationToken cancellationToken)
    {
        var cpu = server.CpuSeconds;
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(source,
        [
            "-d", "-s", Text(sessions), "-m", Text(count), "-l", Text(size),
            "-f", "a@test", "-t", "b@test", "127.0.0.1:" + Text(server.Port),
        ]))!;
        await process.WaitForExitAsync(cancellationToken);
        watch.Stop();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"smtp-source against {server.Name} ended with {process.ExitCode}.");
        }

        return (count / watch.Elapsed.TotalSeconds, (server.CpuSeconds - cpu) * 1000 / count);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
