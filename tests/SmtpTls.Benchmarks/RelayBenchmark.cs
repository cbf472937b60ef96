using System.Diagnostics;
using System.Globalization;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Benchmarks;

/// <summary>Accepting into a durable queue, and from client to sink, beside Postfix on the same disk.</summary>
internal static class RelayBenchmark
{
    private const int Rounds = 3;
    private const int ChurnStep = 10_000;
    private const int ChurnSteps = 10;

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (PostfixInstance.WhyUnavailable() is { } reason)
        {
            Console.WriteLine($"relay: skipped, {reason}");
            return 0;
        }

        PrintFsync();
        await QueueAsync(cancellationToken);
        await EndToEndAsync(cancellationToken);
        await ChurnAsync(cancellationToken);
        return 0;
    }

    private static void PrintFsync()
    {
        var path = Path.Combine(Path.GetTempPath(), $"smtptls-bench-{Guid.NewGuid():N}");
        var times = new List<double>();
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose))
        {
            var block = new byte[4096];
            for (var i = 0; i < 500; i++)
            {
                var begin = Stopwatch.GetTimestamp();
                file.Write(block);
                file.Flush(flushToDisk: true);
                times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fsync of 4 KiB appended to a file: median {Tools.Median(times):F3} ms, slowest of 500 {times.Max():F3} ms\n"));
    }

    private static async Task QueueAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine("## Accept and queue, 4 KiB, smtp-source -d, nothing delivered; median of 3 rounds in turn");
        Console.WriteLine();
        Console.WriteLine("| sessions | SmtpTls msg/s | Postfix (hold) msg/s | ratio |");
        Console.WriteLine("|---|---|---|---|");

        // Nobody listens there: the first attempt fails, the next hop is backed off, and all the rest just lies there.
        await using var ours = await RelayUnderTest.StartOursAsync(ServerProcess.FreePort(), tls: false, cancellationToken);
        await using var postfix = await RelayUnderTest.StartPostfixAsync(smartHostPort: null, tls: false, cancellationToken);
        await SendAsync(ours, 10, 20_000, cancellationToken);
        await SendAsync(postfix, 10, 1_000, cancellationToken);
        foreach (var sessions in (int[])[10, 50])
        {
            var a = new List<double>();
            var b = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                a.Add(20_000 / await SendAsync(ours, sessions, 20_000, cancellationToken));
                b.Add(4_000 / await SendAsync(postfix, sessions, 4_000, cancellationToken));
            }

            Print(sessions, a, b);
        }

        Console.WriteLine();
    }

    private static async Task EndToEndAsync(CancellationToken cancellationToken)
    {
        using var certificate = new BenchmarkCertificate();
        Console.WriteLine("## Client to sink through the queue, 4 KiB, smtp-source -d with 20 sessions; median of 3 rounds in turn");
        Console.WriteLine();
        Console.WriteLine("| sink | SmtpTls msg/s | Postfix msg/s | ratio |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var tls in (bool[])[false, true])
        {
            using var sink = tls ? await MailSink.StartTlsAsync(certificate, cancellationToken) : await MailSink.StartAsync(cancellationToken);
            await using var ours = await RelayUnderTest.StartOursAsync(sink.Port, tls, cancellationToken);
            await using var postfix = await RelayUnderTest.StartPostfixAsync(sink.Port, tls, cancellationToken);
            await PassAsync(ours, sink, 10_000, cancellationToken);
            await PassAsync(postfix, sink, 500, cancellationToken);
            var a = new List<double>();
            var b = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                a.Add(await PassAsync(ours, sink, 10_000, cancellationToken));
                b.Add(await PassAsync(postfix, sink, tls ? 1_000 : 3_000, cancellationToken));
            }

            Print(tls ? "our listener, STARTTLS required" : "smtp-sink, plain text", a, b);
        }

        Console.WriteLine();
    }

    private static async Task ChurnAsync(CancellationToken cancellationToken)
    {
        using var sink = await MailSink.StartAsync(cancellationToken);
        await using var ours = await RelayUnderTest.StartOursAsync(sink.Port, tls: false, cancellationToken);
        await PassAsync(ours, sink, 10_000, cancellationToken);
        var rates = new List<double>();
        for (var step = 0; step < ChurnSteps; step++)
        {
            rates.Add(await PassAsync(ours, sink, ChurnStep, cancellationToken));
        }

        Console.WriteLine($"## Churn: {ChurnStep * ChurnSteps} messages in and out of one queue, msg/s of each tenth");
        Console.WriteLine();
        Console.WriteLine(string.Join(", ", rates.Select(r => r.ToString("F0", CultureInfo.InvariantCulture))));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"last / first: {rates[^1] / rates[0]:F2}\n"));
    }

    private static void Print(object what, List<double> ours, List<double> theirs)
    {
        var (a, b) = (Tools.Median(ours), Tools.Median(theirs));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {a:F0} | {b:F0} | {a / b:F2} |"));
    }

    private static async Task<double> PassAsync(RelayUnderTest relay, MailSink sink, int count, CancellationToken cancellationToken)
    {
        var before = sink.Count;
        var watch = Stopwatch.StartNew();
        await SendAsync(relay, 20, count, cancellationToken);
        await sink.WaitForAsync(before + count, cancellationToken);
        return count / watch.Elapsed.TotalSeconds;
    }

    // Seconds.
    private static async Task<double> SendAsync(RelayUnderTest relay, int sessions, int count, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(Tools.Find("smtp-source")!,
        [
            "-d", "-s", Text(sessions), "-m", Text(count), "-l", "4096",
            "-f", "a@test", "-t", "b@sink.test", "127.0.0.1:" + Text(relay.Port),
        ]))!;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? watch.Elapsed.TotalSeconds
            : throw new InvalidOperationException($"smtp-source against {relay.Name} ended with {process.ExitCode}.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
