using System.Diagnostics;
using System.Globalization;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Benchmarks;

/// <summary>Full STARTTLS handshakes/s beside Postfix's smtpd, with the same RSA 2048 certificate and the same client.</summary>
internal static class HandshakeBenchmark
{
    private const int Connections = 10;
    private const int Handshakes = 1_500;
    private const int Rounds = 5;

    // Until the listener's code is compiled for good: a profile of the first seconds shows a fifth of the time in the compiler.
    private const int WarmUpRounds = 4;

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (PostfixInstance.WhyUnavailable() is { } reason)
        {
            Console.WriteLine($"handshakes: skipped, {reason}");
            return 0;
        }

        using var certificate = new BenchmarkCertificate();
        using var ours = await ServerProcess.StartOursAsync("starttls", certificate, cancellationToken);
        await using var postfix = await PostfixInstance.StartAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["smtpd_tls_security_level"] = "may",
                ["smtpd_tls_cert_file"] = Path.Combine(certificate.Folder, "cert.pem"),
                ["smtpd_tls_key_file"] = Path.Combine(certificate.Folder, "key.pem"),
                ["smtpd_tls_loglevel"] = "0",
                ["smtpd_client_connection_count_limit"] = "0",
                ["smtpd_client_connection_rate_limit"] = "0",
            },
            cancellationToken);

        Console.WriteLine($"## Full STARTTLS handshakes, {Connections} at a time, RSA 2048, TLS 1.3, median of {Rounds} rounds in turn");
        Console.WriteLine();
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MeasureAsync(ours.Port, cancellationToken);
            await MeasureAsync(postfix.Port, cancellationToken);
        }

        var a = new List<double>();
        var b = new List<double>();
        var cpu = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var before = ours.CpuSeconds;
            a.Add(await MeasureAsync(ours.Port, cancellationToken));
            cpu += ours.CpuSeconds - before;
            b.Add(await MeasureAsync(postfix.Port, cancellationToken));
        }

        Console.WriteLine("| SmtpTls handshakes/s | Postfix smtpd handshakes/s | ratio | SmtpTls CPU ms/handshake |");
        Console.WriteLine("|---|---|---|---|");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {Tools.Median(a):F0} | {Tools.Median(b):F0} | {Tools.Median(a) / Tools.Median(b):F2} | {cpu * 1000 / (Rounds * Handshakes):F3} |\n"));
        return 0;
    }

    private static async Task<double> MeasureAsync(int port, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < Handshakes / Connections; i++)
                {
                    using var client = await BenchmarkClient.ConnectAsync(port, cancellationToken);
                    await client.StartTlsAsync(cancellationToken);
                }
            },
            cancellationToken)));
        return Handshakes / watch.Elapsed.TotalSeconds;
    }
}
