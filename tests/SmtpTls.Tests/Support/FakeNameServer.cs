using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using SmtpTls.Dns;

namespace SmtpTls.Tests.Support;

/// <summary>A question as it came in.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="IsTcp">Over TCP.</param>
/// <param name="HasEdns">With an OPT record.</param>
/// <param name="Payload">What the OPT record says can be taken; 0 without.</param>
/// <param name="Port">The port that it came from.</param>
/// <param name="Id">Its id.</param>
internal sealed record DnsAsked(DnsQuestion Question, bool IsTcp, bool HasEdns, int Payload, int Port, ushort Id);

/// <summary>
/// A name server on loopback, UDP and TCP on one port that the system chose. What it answers is a function of the question: the
/// datagrams in turn, none for silence.
/// </summary>
internal sealed class FakeNameServer : IAsyncDisposable
{
    private readonly Socket _udp;
    private readonly TcpListener _tcp;
    private readonly Func<DnsAsked, IEnumerable<byte[]>> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<DnsAsked> _asked = new();
    private readonly Task _running;

    public FakeNameServer(Func<DnsAsked, IEnumerable<byte[]>> answer)
    {
        _answer = answer;
        (_udp, _tcp) = Bind();
        _running = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    public FakeNameServer(Func<DnsAsked, DnsReply?> answer)
        : this(asked => answer(asked) is { } reply ? [reply.ToBytes(asked.Id)] : Array.Empty<byte[]>())
    {
    }

    public IPEndPoint EndPoint => (IPEndPoint)_udp.LocalEndPoint!;

    public IReadOnlyList<DnsAsked> Asked => [.. _asked];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _tcp.Stop();
        await _running;
        _udp.Dispose();
        _tcp.Dispose();
        _stop.Dispose();
    }

    // The system chooses a port for UDP; where somebody has that one for TCP, it chooses again.
    private static (Socket Udp, TcpListener Tcp) Bind()
    {
        for (var attempt = 0; ; attempt++)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var tcp = new TcpListener((IPEndPoint)udp.LocalEndPoint!);
            try
            {
                tcp.Start();
                return (udp, tcp);
            }
            catch (SocketException) when (attempt < 20)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var got = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                foreach (var reply in Answer(buffer.AsSpan(0, got.ReceivedBytes), isTcp: false, ((IPEndPoint)got.RemoteEndPoint).Port))
                {
                    await _udp.SendToAsync(reply, SocketFlags.None, got.RemoteEndPoint, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptTcpClientAsync(_stop.Token);
                var stream = client.GetStream();
                var length = new byte[2];
                await stream.ReadExactlyAsync(length, _stop.Token);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stop.Token);
                foreach (var reply in Answer(query, isTcp: true, ((IPEndPoint)client.Client.RemoteEndPoint!).Port))
                {
                    BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)reply.Length));
                    await stream.WriteAsync(length, _stop.Token);
                    await stream.WriteAsync(reply, _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // The test is over, or the client is gone.
        }
    }

    private byte[][] Answer(ReadOnlySpan<byte> query, bool isTcp, int port)
    {
        Assert.True(DnsMessageReader.TryRead(query, out var read, out var error), error);
        Assert.NotNull(read.Question);
        Assert.False(read.IsResponse);

        // The OPT record is the last: root, type, payload.
        var payload = read.HasEdns ? BinaryPrimitives.ReadUInt16BigEndian(query[^8..]) : 0;
        var asked = new DnsAsked(read.Question, isTcp, read.HasEdns, payload, port, read.Id);
        _asked.Enqueue(asked);
        return [.. _answer(asked)];
    }
}
