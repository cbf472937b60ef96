using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SmtpTls.Tests.Support;

/// <summary>A client that sends exactly what a test says, and reads replies as text. Every read ends after a time.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly byte[] _one = new byte[1];
    private Stream _stream;

    private RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public static async Task<RawClient> ConnectAsync(int port, IPAddress? address = null)
    {
        var target = address ?? IPAddress.Loopback;
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(target, port, TestContext.Current.CancellationToken);
        return new RawClient(socket);
    }

    /// <summary>Connects, reads the banner and says EHLO.</summary>
    public static async Task<RawClient> GreetedAsync(int port, IPAddress? address = null)
    {
        var client = await ConnectAsync(port, address);
        Assert.StartsWith("220 ", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("EHLO client.test"), StringComparison.Ordinal);
        return client;
    }

    /// <summary>Sends a line and reads the reply.</summary>
    public async Task<string> SayAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await ReplyAsync();
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, patience.Token);
    }

    /// <summary>One reply, its lines joined with LF; empty at the end of the stream.</summary>
    public async Task<string> ReplyAsync()
    {
        var lines = new List<string>();
        while (true)
        {
            var line = await LineAsync();
            if (line is null)
            {
                return string.Join('\n', lines);
            }

            lines.Add(line);
            if (line.Length < 4 || line[3] != '-')
            {
                return string.Join('\n', lines);
            }
        }
    }

    /// <summary>STARTTLS and the handshake, without looking at the certificate.</summary>
    public async Task<SslStream> StartTlsAsync(string serverName = "mail.test", bool command = true, X509Certificate2? certificate = null)
    {
        if (command)
        {
            Assert.StartsWith("220", await SayAsync("STARTTLS"), StringComparison.Ordinal);
        }

        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        using var patience = new CancellationTokenSource(Patience);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = serverName,
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
                EnabledSslProtocols = SslProtocols.None,
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            },
            patience.Token);
        _stream = tls;
        return tls;
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Ends the connection with a reset, as a crash does.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, 0);
        _socket.Dispose();
    }

    private async Task<string?> LineAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var line = new List<byte>();
        while (await _stream.ReadAsync(_one, patience.Token) == 1)
        {
            if (_one[0] == (byte)'\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(_one[0]);
        }

        return line.Count == 0 ? null : Encoding.UTF8.GetString([.. line]);
    }
}
