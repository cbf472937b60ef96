using System.Net;
using SmtpTls.Queue;
using SmtpTls.Storage;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>Our relay on 127.0.0.1 with a queue in a file of its own, STARTTLS offered there too.</summary>
internal sealed class TestRelay : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder;

    private TestRelay(SmtpRelay relay, TempFolder folder)
    {
        Inner = relay;
        _folder = folder;
    }

    public SmtpRelay Inner { get; }

    /// <summary>Where it listens.</summary>
    public int Port => Inner.Listeners[0].Port;

    /// <summary>Starts one.</summary>
    /// <param name="route">Where all mail goes.</param>
    /// <param name="listener">Changes the listener.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<TestRelay> StartAsync(SmtpRoute route, Func<SmtpListenerOptions, SmtpListenerOptions> listener, CancellationToken cancellationToken)
    {
        var folder = new TempFolder();
        try
        {
            var store = await SqliteQueueStore.OpenAsync(new SqliteQueueOptions { Path = folder["edge.queue"], Access = QueueAccess.Relay }, cancellationToken);
            var relay = await SmtpRelay.StartAsync(
                new SmtpRelayOptions
                {
                    Store = store,
                    Routes = [route],
                    HostName = "mail.test",
                    Listeners =
                    [
                        listener(new SmtpListenerOptions { Addresses = [IPAddress.Loopback], HostName = "mail.test", StartTls = StartTlsPolicy.Always }),
                    ],
                },
                cancellationToken);
            return new TestRelay(relay, folder);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>All mail to a server on 127.0.0.1.</summary>
    public static SmtpRoute To(int port) => new() { Domains = ["*"], SmartHosts = [new SmartHost("127.0.0.1", port)], TlsLevel = TlsLevel.None };

    /// <summary>The first entry of this kind in the tracking log, waiting for it.</summary>
    public async Task<TrackingEvent> WaitForAsync(TrackingEventKind kind, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        while (!deadline.IsCancellationRequested)
        {
            await foreach (var entry in Inner.Queue.TrackAsync(new TrackingQuery(), cancellationToken))
            {
                if (entry.Kind == kind)
                {
                    return entry;
                }
            }

            await Task.Delay(50, cancellationToken);
        }

        throw new TimeoutException($"No {kind} in the tracking log. The relay's last error: {Inner.LastError}");
    }

    /// <summary>What waits in the queue.</summary>
    public async Task<IReadOnlyList<QueuedMessage>> QueuedAsync(CancellationToken cancellationToken)
    {
        var messages = new List<QueuedMessage>();
        await foreach (var message in Inner.Queue.FindAsync(new MessageQuery(), cancellationToken))
        {
            messages.Add(message);
        }

        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        await Inner.DisposeAsync();
        _folder.Dispose();
    }
}
