using System.Net;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>Our listener on 127.0.0.1, STARTTLS offered there too, and a wait for what happens at it.</summary>
internal sealed class TestListener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ProcessLines _events = new();

    private TestListener(SmtpListenerOptions options)
    {
        Inner = SmtpListener.Start(options with { Log = e => _events.Add($"{e.Kind} {e.Code} {e.Message}") });
    }

    public SmtpListener Inner { get; }

    public int Port => Inner.Port;

    /// <summary>Messages that were accepted and not yet received.</summary>
    public int Waiting => Inner.Capture!.Count;

    public static TestListener Start(params IssuedCertificate[] certificates) => Start(o => o, certificates);

    public static TestListener Start(Func<SmtpListenerOptions, SmtpListenerOptions> change, params IssuedCertificate[] certificates) => new(change(new SmtpListenerOptions
    {
        Addresses = [IPAddress.Loopback],
        HostName = "mail.test",
        StartTls = StartTlsPolicy.Always,
        Certificates = [.. certificates.Select(c => c.ToListenerCertificate())],
    }));

    /// <summary>The next message.</summary>
    public async Task<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            return await Inner.Capture!.ReceiveAsync(deadline.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No message came. What happened at the listener:\n{_events}", late);
        }
    }

    /// <summary>The bytes of the next message, which must have come through TLS.</summary>
    public async Task<byte[]> ReceiveBytesAsync(CancellationToken cancellationToken)
    {
        using var message = await ReceiveAsync(cancellationToken);
        Assert.NotNull(message.Tls);
        return Bytes(message);
    }

    public static byte[] Bytes(ReceivedMessage message)
    {
        using var content = message.OpenRead();
        using var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>Waits for an event of this kind.</summary>
    public async Task<string> WaitForAsync(ListenerEventKind kind, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        return await _events.FindAsync(e => e.StartsWith($"{kind} ", StringComparison.Ordinal), deadline.Token);
    }

    public ValueTask DisposeAsync() => Inner.DisposeAsync();
}
