using System.Globalization;

namespace SmtpTls.Benchmarks;

/// <summary>Memory of the whole process with 2,000 connections that have said EHLO and now say nothing.</summary>
internal static class IdleBenchmark
{
    private const int Connections = 2_000;

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine($"## Memory with {Connections} idle connections (PSS of the whole process)");
        Console.WriteLine();
        Console.WriteLine("| | none | 2,000 idle | a connection |");
        Console.WriteLine("|---|---|---|---|");
        using var certificate = new BenchmarkCertificate();
        await MeasureAsync("plain", null, cancellationToken);
        await MeasureAsync("starttls", certificate, cancellationToken);
        Console.WriteLine();
        return 0;
    }

    private static async Task MeasureAsync(string mode, BenchmarkCertificate? certificate, CancellationToken cancellationToken)
    {
        using var server = await ServerProcess.StartOursAsync(mode, certificate, cancellationToken);
        var before = server.PssMiB;
        var clients = new List<BenchmarkClient>();
        try
        {
            for (var i = 0; i < Connections; i++)
            {
                var client = await BenchmarkClient.ConnectAsync(server.Port, cancellationToken);
                clients.Add(client);
                if (certificate is not null)
                {
                    await client.StartTlsAsync(cancellationToken);
                    await client.SendAsync("EHLO bench.test\r\n"u8.ToArray(), 1, cancellationToken);
                }
            }

            var after = server.PssMiB;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {mode} | {before:F0} MiB | {after:F0} MiB | {(after - before) * 1024 / Connections:F1} KiB |"));
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
        }
    }
}
