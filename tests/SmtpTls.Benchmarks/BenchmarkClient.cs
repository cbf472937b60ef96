using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SmtpTls.Benchmarks;

/// <summary>As little client as will do: fixed bytes out, replies counted by their lines.</summary>
internal sealed class BenchmarkClient : IDisposable
{
    // SslStream builds a chain whether it is looked at or not. Without the system's roots, revocation and downloads that
    // costs the client least, and client and server share the processors.
    private static readonly X509ChainPolicy Shallow = new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly Socket _socket;
    private Stream _stream;

    private BenchmarkClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Connects, reads the banner and says EHLO.</summary>
    public static async Task<BenchmarkClient> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        var client = new BenchmarkClient(socket);
        await client.ReadRepliesAsync(1, cancellationToken);
        await client.SendAsync("EHLO bench.test\r\n"u8.ToArray(), 1, cancellationToken);
        return client;
    }

    /// <summary>Sends bytes and waits for so many replies.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, int replies, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(bytes, cancellationToken);
        await ReadRepliesAsync(replies, cancellationToken);
    }

    /// <summary>STARTTLS and a full handshake: no session is resumed, and no certificate is looked at.</summary>
    public async Task StartTlsAsync(CancellationToken cancellationToken)
    {
        await SendAsync("STARTTLS\r\n"u8.ToArray(), 1, cancellationToken);
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "mail.test",
                EnabledSslProtocols = SslProtocols.Tls13,
                AllowTlsResume = false,
                CertificateChainPolicy = Shallow,
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            },
            cancellationToken);
        _stream = tls;
    }

    /// <summary>Ends the connection without leaving the port in TIME_WAIT: thousands are opened in a second.</summary>
    public void Dispose()
    {
        _socket.LingerState = new LingerOption(enable: true, 0);
        _socket.Dispose();
        _stream.Dispose();
    }

    private async Task ReadRepliesAsync(int count, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (count > 0)
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(filled), cancellationToken);
            if (read == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            filled += read;
            var start = 0;
            while (_buffer.AsSpan(start, filled - start).IndexOf((byte)'\n') is var length and >= 0)
            {
                count -= Count(_buffer.AsSpan(start, length));
                start += length + 1;
            }

            _buffer.AsSpan(start, filled - start).CopyTo(_buffer);
            filled -= start;
        }
    }

    // 1 for the last line of a reply.
    private static int Count(ReadOnlySpan<byte> line) => line[0] is (byte)'2' or (byte)'3'
        ? (line[3] == (byte)'-' ? 0 : 1)
        : throw new InvalidOperationException($"The server said: {Encoding.ASCII.GetString(line)}");
}
