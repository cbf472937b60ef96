using System.Globalization;
using System.Net;

namespace SmtpTls.Benchmarks;

/// <summary>The listener as a process of its own, so that its CPU time and memory can be told from the client's.</summary>
internal static class ServeCommand
{
    // How often a sink that counts says how far it is.
    private static readonly TimeSpan CountInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Arguments: <c>plain</c> or <c>starttls</c>, and <c>count</c> to have the messages counted as smtp-sink -c does. Prints
    /// the port and stays until its input ends.
    /// </summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var tls = args is ["starttls", ..];
        await using var listener = SmtpListener.Start(new SmtpListenerOptions
        {
            Addresses = [IPAddress.Loopback],
            HostName = "mail.test",
            StartTls = tls ? StartTlsPolicy.Always : StartTlsPolicy.Never,
            Certificates = tls ? [Certificate()] : [],
            Limits = new ListenerLimits { MaximumConnections = 10_000, MaximumConnectionsPerClient = 10_000 },
            Sink = new DiscardingSink(),
        });
        Console.WriteLine(listener.Port.ToString(CultureInfo.InvariantCulture));
        // Console.In waits on the caller's thread, whatever its methods are called.
        var ended = Task.Run(Console.In.ReadLine, cancellationToken);
        while (args is [_, "count"] && !ended.IsCompleted)
        {
            Console.Write(string.Create(CultureInfo.InvariantCulture, $"mesg={listener.Received} \r"));
            await Task.WhenAny(ended, Task.Delay(CountInterval, cancellationToken));
        }

        await ended;
        return 0;
    }

    // RSA 2048 in the process that measures against Postfix, whose default key kind it is.
    private static ListenerCertificate Certificate()
    {
        var folder = Environment.GetEnvironmentVariable(BenchmarkCertificate.FolderVariable)
            ?? throw new InvalidOperationException($"{BenchmarkCertificate.FolderVariable} is not set.");
        return ListenerCertificate.FromPem(Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
    }

    /// <summary>What smtp-sink does with a message.</summary>
    private sealed class DiscardingSink : IMessageSink
    {
        private static readonly SmtpReply Ok = new(250, new EnhancedStatusCode(2, 0, 0), ["Ok"]);

        public ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            message.Dispose();
            return ValueTask.FromResult(Ok);
        }
    }
}
