using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SmtpTls.Benchmarks;

/// <summary>The last stop of the mail, which counts: smtp-sink, or our own listener where TLS is wanted, which smtp-sink has none of.</summary>
internal sealed partial class MailSink : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private long _count;

    private MailSink(Process process, int port)
    {
        _process = process;
        Port = port;
        _ = Task.Run(ReadAsync);
    }

    public int Port { get; }

    /// <summary>Messages taken so far.</summary>
    public long Count => Volatile.Read(ref _count);

    public static async Task<MailSink> StartAsync(CancellationToken cancellationToken)
    {
        var port = ServerProcess.FreePort();
        string[] user = Environment.UserName == "root" ? ["-u", "nobody"] : [];
        var process = Process.Start(new ProcessStartInfo(Tools.Find("smtp-sink")!, [.. user, "-c", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "1000"])
        {
            RedirectStandardOutput = true,
        })!;
        await ServerProcess.WaitForPortAsync(port, cancellationToken);
        return new MailSink(process, port);
    }

    public static async Task<MailSink> StartTlsAsync(BenchmarkCertificate certificate, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(MailSink).Assembly.Location, "serve", "starttls", "count"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[BenchmarkCertificate.FolderVariable] = certificate.Folder;
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The sink ended before it was ready.");
        return new MailSink(process, int.Parse(line, CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until so many messages have come.</summary>
    public async Task WaitForAsync(long count, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (Count < count)
        {
            if (watch.Elapsed > Patience)
            {
                throw new TimeoutException($"Only {Count} of {count} messages came to the sink within {Patience}.");
            }

            await Task.Delay(5, cancellationToken);
        }
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

    // "sess=1 quit=0 mesg=17", each time on the same line of a terminal.
    private async Task ReadAsync()
    {
        var buffer = new char[64 * 1024];
        var rest = "";
        int read;
        while ((read = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            var text = rest + new string(buffer, 0, read);
            if (Messages().Matches(text) is { Count: > 0 } matches)
            {
                Volatile.Write(ref _count, long.Parse(matches[^1].Groups["count"].ValueSpan, CultureInfo.InvariantCulture));
            }

            rest = text[^Math.Min(64, text.Length)..];
        }
    }

    [GeneratedRegex("mesg=(?<count>[0-9]+)[^0-9]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Messages();
}
