using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Benchmarks;

/// <summary>A relay with its queue on disk: ours as users start it, or Postfix.</summary>
internal abstract class RelayUnderTest : IAsyncDisposable
{
    public abstract string Name { get; }

    public abstract int Port { get; }

    /// <summary>Starts <c>smtptls relay</c>, everything to one smart host.</summary>
    /// <param name="smartHostPort">The smart host's port on 127.0.0.1. Where nobody listens there, mail stays in the queue.</param>
    /// <param name="tls">Required towards the smart host.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<RelayUnderTest> StartOursAsync(int smartHostPort, bool tls, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smtptls-bench-").FullName;
        var configuration = new
        {
            name = "bench",
            queuePath = "bench.queue",
            hostName = "relay.test",
            listeners = new[] { new { address = "127.0.0.1", port = 0, startTls = "never" } },
            routes = new[]
            {
                new { domains = new[] { "*" }, smartHosts = new[] { $"127.0.0.1:{smartHostPort.ToString(CultureInfo.InvariantCulture)}" }, tlsLevel = tls ? "encrypt" : "none" },
            },
        };
        var path = Path.Combine(folder, "relay.json");
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(configuration), cancellationToken);
        var process = Process.Start(new ProcessStartInfo(ConsoleProgram.Command[0], [ConsoleProgram.Command[1], "relay", "--config", path, "--json"]) { RedirectStandardOutput = true })!;
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Contains("\"Ready\"", StringComparison.Ordinal))
            {
                return new Ours(process, folder, JsonSerializer.Deserialize<ReadyRelay>(line)!.Listeners[0].Port);
            }
        }

        throw new InvalidOperationException("smtptls relay ended before it was ready.");
    }

    /// <summary>Starts a Postfix.</summary>
    /// <param name="smartHostPort">The smart host's port on 127.0.0.1; null puts every message on hold.</param>
    /// <param name="tls">Required towards the smart host.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<RelayUnderTest> StartPostfixAsync(int? smartHostPort, bool tls, CancellationToken cancellationToken)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["smtpd_client_connection_count_limit"] = "0",
            ["smtpd_client_connection_rate_limit"] = "0",
            ["smtpd_tls_security_level"] = "none",
            ["smtp_tls_loglevel"] = "0",
            ["smtp_tls_security_level"] = tls ? "encrypt" : "none",
        };
        if (smartHostPort is { } port)
        {
            parameters["default_transport"] = "smtp";
            parameters["relay_transport"] = "smtp";
            parameters["relayhost"] = string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{port}");
        }
        else
        {
            parameters["smtpd_client_restrictions"] = "check_client_access static:HOLD";
        }

        return new Postfix(await PostfixInstance.StartAsync(parameters, cancellationToken));
    }

    public abstract ValueTask DisposeAsync();

    private sealed record ReadyRelay(IReadOnlyList<ReadyListener> Listeners);

    private sealed record ReadyListener(int Port);

    private sealed class Ours(Process process, string folder, int port) : RelayUnderTest
    {
        public override string Name => "SmtpTls";

        public override int Port => port;

        public override async ValueTask DisposeAsync()
        {
            // What it still holds is the benchmark's own: nobody waits for it.
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Postfix(PostfixInstance instance) : RelayUnderTest
    {
        public override string Name => "Postfix";

        public override int Port => instance.Port;

        public override ValueTask DisposeAsync() => instance.DisposeAsync();
    }
}
