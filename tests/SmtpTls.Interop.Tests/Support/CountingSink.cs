using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>The last stop of the mail in a test of loss: remembers which message came when, and outlives the relay.</summary>
internal sealed class CountingSink : IMessageSink, IAsyncDisposable
{
    private static readonly SmtpReply Ok = new(250, new EnhancedStatusCode(2, 0, 0), ["Ok"]);
    private static readonly SmtpReply NotNow = new(451, new EnhancedStatusCode(4, 3, 0), ["Not now"]);

    private readonly ConcurrentDictionary<string, ConcurrentQueue<long>> _arrivals = new(StringComparer.Ordinal);
    private readonly SmtpListener _listener;
    private volatile bool _paused;
    private long _total;

    private CountingSink() => _listener = SmtpListener.Start(new SmtpListenerOptions
    {
        Addresses = [IPAddress.Loopback],
        HostName = "sink.test",
        StartTls = StartTlsPolicy.Never,
        Limits = new ListenerLimits { MaximumConnections = 1000, MaximumConnectionsPerClient = 1000 },
        Sink = this,
    });

    public int Port => _listener.Port;

    /// <summary>Messages taken, duplicates counted each time.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>When each message came, as <see cref="Stopwatch.GetTimestamp"/> counts; the key is its X-Id.</summary>
    public IReadOnlyDictionary<string, ConcurrentQueue<long>> Arrivals => _arrivals;

    public static CountingSink Start() => new();

    /// <summary>Refuses everything with 451 until <see cref="Resume"/>.</summary>
    public void Pause() => _paused = true;

    public void Resume() => _paused = false;

    public ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        using (message)
        {
            if (_paused)
            {
                return ValueTask.FromResult(NotNow);
            }

            var text = message.GetText();
            var at = text.IndexOf(LoadClient.IdHeader, StringComparison.Ordinal) + LoadClient.IdHeader.Length;
            var id = text[at..text.IndexOf('\r', at)];
            _arrivals.GetOrAdd(id, _ => new ConcurrentQueue<long>()).Enqueue(Stopwatch.GetTimestamp());
            Interlocked.Increment(ref _total);
        }

        return ValueTask.FromResult(Ok);
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
