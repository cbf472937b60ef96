using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>Postfix's smtp-sink on a port of its own: takes mail and throws it away, or misbehaves as its options say.</summary>
/// <remarks>Linked into the benchmarks, which have no test framework: keep xunit out of this file.</remarks>
internal sealed class SmtpSink : IAsyncDisposable
{
    private const int PortAttempts = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ExternalProcess _process;

    private SmtpSink(ExternalProcess process, int port)
    {
        _process = process;
        Port = port;
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts one.</summary>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="options">As <c>man smtp-sink</c> has them.</param>
    public static async Task<SmtpSink> StartAsync(CancellationToken cancellationToken, params string[] options)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var process = ExternalProcess.Start("smtp-sink", [.. Privileges(), .. options, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "128"]);
            if (await IsListeningAsync(process, port, cancellationToken))
            {
                return new SmtpSink(process, port);
            }

            var said = process.ToString();
            await process.DisposeAsync();
            if (attempt == PortAttempts)
            {
                throw new InvalidOperationException($"smtp-sink does not listen: {said}");
            }
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    // Run by root it wants to be told whom to become.
    private static string[] Privileges() => Environment.IsPrivilegedProcess ? ["-u", "postfix"] : [];

    // It does not say when it is ready. The connection counts as a session without a word.
    private static async Task<bool> IsListeningAsync(ExternalProcess process, int port, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        while (!deadline.IsCancellationRequested && !process.HasExited)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), deadline.Token);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(20, cancellationToken);
            }
        }

        return false;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
