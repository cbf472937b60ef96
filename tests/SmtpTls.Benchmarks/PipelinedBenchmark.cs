using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SmtpTls.Benchmarks;

/// <summary>The same beside smtp-sink with a client that pipelines (RFC 2920), which smtp-source never does.</summary>
internal static class PipelinedBenchmark
{
    private const int Rounds = 3;

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var ours = await ServerProcess.StartOursAsync("plain", null, cancellationToken);
        using var sink = await ServerProcess.StartSinkAsync(cancellationToken);
        if (sink is null)
        {
            Console.WriteLine("pipelined: skipped, smtp-sink (Debian package postfix) is not installed");
            return 0;
        }

        Console.WriteLine("## Throughput with a pipelining client, median of 3 rounds in turn");
        Console.WriteLine();
        Console.WriteLine("| message | sessions | SmtpTls msg/s | smtp-sink msg/s | ratio | SmtpTls CPU ms/msg | smtp-sink CPU ms/msg | ratio |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        await MeasureAsync(ours, 4096, 10, 100_000, cancellationToken);
        await MeasureAsync(sink, 4096, 10, 30_000, cancellationToken);
        foreach (var sessions in (int[])[1, 10, 50])
        {
            var a = new List<(double Rate, double Cpu)>();
            var b = new List<(double Rate, double Cpu)>();
            for (var round = 0; round < Rounds; round++)
            {
                a.Add(await MeasureAsync(ours, 4096, sessions, 20_000, cancellationToken));
                b.Add(await MeasureAsync(sink, 4096, sessions, 20_000, cancellationToken));
            }

            var (rateA, cpuA) = (Tools.Median(a.Select(m => m.Rate)), Tools.Median(a.Select(m => m.Cpu)));
            var (rateB, cpuB) = (Tools.Median(b.Select(m => m.Rate)), Tools.Median(b.Select(m => m.Cpu)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| 4 KiB | {sessions} | {rateA:F0} | {rateB:F0} | {rateA / rateB:F2} | {cpuA:F4} | {cpuB:F4} | {cpuA / cpuB:F2} |"));
        }

        Console.WriteLine();
        return 0;
    }

    private static async Task<(double Rate, double CpuMilliseconds)> MeasureAsync(
        ServerProcess server, int size, int sessions, int count, CancellationToken cancellationToken)
    {
        var each = count / sessions;
        var envelope = Encoding.ASCII.GetBytes("MAIL FROM:<a@test>\r\nRCPT TO:<b@test>\r\nDATA\r\n");
        var message = Encoding.ASCII.GetBytes(
            "Subject: benchmark\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 78) + "\r\n", size / 80)) + ".\r\n");
        byte[] both = [.. message, .. envelope];
        var cpu = server.CpuSeconds;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => Task.Run(
            async () =>
            {
                using var client = await BenchmarkClient.ConnectAsync(server.Port, cancellationToken);
                await client.SendAsync(envelope, 3, cancellationToken);
                for (var i = 1; i < each; i++)
                {
                    // The message and the next envelope in one go: four replies.
                    await client.SendAsync(both, 4, cancellationToken);
                }

                await client.SendAsync(message, 1, cancellationToken);
            },
            cancellationToken)));
        return (each * sessions / watch.Elapsed.TotalSeconds, (server.CpuSeconds - cpu) * 1000 / (each * sessions));
    }
}
