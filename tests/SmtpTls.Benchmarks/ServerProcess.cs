using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Benchmarks;

/// <summary>A server under test: where it listens, what it has used.</summary>
internal sealed class ServerProcess : IDisposable
{
    // USER_HZ, which Linux fixes at 100 for what /proc shows (man 5 proc).
    private const double TicksPerSecond = 100;

    private readonly Process _process;

    private ServerProcess(string name, Process process, int port)
    {
        Name = name;
        _process = process;
        Port = port;
    }

    public string Name { get; }

    public int Port { get; }

    /// <summary>CPU time of the process, user and system, in seconds.</summary>
    public double CpuSeconds
    {
        get
        {
            // The second field is the name in brackets, which may hold blanks.
            var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (Ticks(fields[11]) + Ticks(fields[12])) / TicksPerSecond;
        }
    }

    /// <summary>Proportional set size of the whole process, in MiB.</summary>
    public double PssMiB
    {
        get
        {
            var line = File.ReadLines($"/proc/{_process.Id}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
        }
    }

    /// <summary>Our listener, discarding what it takes.</summary>
    public static async Task<ServerProcess> StartOursAsync(string mode, BenchmarkCertificate? certificate, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ServerProcess).Assembly.Location, "serve", mode])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (certificate is not null)
        {
            start.Environment[BenchmarkCertificate.FolderVariable] = certificate.Folder;
        }

        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The listener ended before it was ready.");
        return new ServerProcess("SmtpTls", process, int.Parse(line, CultureInfo.InvariantCulture));
    }

    /// <summary>Postfix's smtp-sink; null where Postfix is not installed.</summary>
    public static async Task<ServerProcess?> StartSinkAsync(CancellationToken cancellationToken)
    {
        if (Tools.Find("smtp-sink") is not { } path)
        {
            return null;
        }

        var port = FreePort();
        string[] user = Environment.UserName == "root" ? ["-u", "nobody"] : [];
        var process = Process.Start(new ProcessStartInfo(path, [.. user, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "1000"]))!;
        await WaitForPortAsync(port, cancellationToken);
        return new ServerProcess("smtp-sink", process, port);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    public static async Task WaitForPortAsync(int port, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellationToken);
            }
        }

        throw new InvalidOperationException($"Nothing listens on port {port}.");
    }

    private static double Ticks(string field) => double.Parse(field, CultureInfo.InvariantCulture);
}
