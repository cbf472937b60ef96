using System.Text.Json;

namespace SmtpTls.Interop.Tests.Support;

/// <summary><c>smtptls relay</c> as a process: started, ended in every way, and started again over the same queue.</summary>
internal sealed class RelayProgram(string folder) : IAsyncDisposable
{
    private ExternalProcess? _process;

    public string QueuePath => Path.Combine(folder, "edge.queue");

    /// <summary>The port of its listener. Another one after each start: a port that was just free is not promised to anybody.</summary>
    public int Port { get; private set; }

    public int Id => _process!.Id;

    /// <summary>Writes relay.json: one plain listener on 127.0.0.1, and everything to one smart host.</summary>
    public void Configure(string smartHost, string retry = "1s")
    {
        var configuration = new
        {
            name = "edge",
            queuePath = "edge.queue",
            hostName = "relay.test",
            listeners = new[] { new { address = "127.0.0.1", port = 0, startTls = "never" } },
            routes = new[] { new { domains = new[] { "*" }, smartHosts = new[] { smartHost }, tlsLevel = "none" } },
            retry = new { schedule = new[] { retry } },
        };
        File.WriteAllText(ConfigurationPath, JsonSerializer.Serialize(configuration));
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = ExternalProcess.Start(ConsoleProgram.Command[0], [.. ConsoleProgram.Command[1..], "relay", "--config", ConfigurationPath, "--json"]);
        var line = await _process.WaitForLineAsync(l => l.Contains("\"Ready\"", StringComparison.Ordinal), cancellationToken);
        Port = JsonSerializer.Deserialize<ReadyRelay>(line)!.Listeners[0].Port;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        await _process!.KillAsync(cancellationToken);
        await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>SIGTERM: drains and stops.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        var code = await _process!.StopAsync(cancellationToken);
        await _process.DisposeAsync();
        _process = null;
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    public override string ToString() => _process?.ToString() ?? "not running";

    private string ConfigurationPath => Path.Combine(folder, "relay.json");

    private sealed record ReadyRelay(IReadOnlyList<ReadyListener> Listeners);

    private sealed record ReadyListener(int Port);
}
