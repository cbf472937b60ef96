using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Support;

/// <summary>Two ends of a loopback connection on a port that the system chose, with a TLS stream over each.</summary>
internal sealed class TlsPair : IAsyncDisposable
{
    private readonly Socket _client;
    private readonly Socket _server;

    private TlsPair(Socket client, Socket server)
    {
        _client = client;
        _server = server;
        Client = new SslStream(new NetworkStream(client));
        Server = new SslStream(new NetworkStream(server));
        Dialled = (IPEndPoint)client.RemoteEndPoint!;
    }

    internal SslStream Client { get; }

    internal SslStream Server { get; }

    internal IPEndPoint Dialled { get; }

    internal Stream RawServer => new NetworkStream(_server);

    internal Stream RawClient => new NetworkStream(_client);

    internal static async Task<TlsPair> ConnectAsync(CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
        var server = await listener.AcceptAsync(cancellationToken);
        server.NoDelay = true;
        return new TlsPair(client, server);
    }

    /// <summary>Handshake of a verifier with the listener's certificates; the verdict on what they presented.</summary>
    internal static async Task<PeerVerdict> JudgeAsync(
        PeerPolicy policy, TimeProvider clock, CancellationToken cancellationToken, params ListenerCertificate[] certificates)
    {
        await using var pair = await ConnectAsync(cancellationToken);
        var verifier = new PeerVerifier(policy, pair.Dialled, clock);
        await Task.WhenAll(
            new CertificateSelector(certificates).AuthenticateAsync(pair.Server, cancellationToken),
            pair.Client.AuthenticateAsClientAsync(verifier.CreateClientOptions(), cancellationToken));
        return verifier.Evaluate(pair.Client);
    }

    /// <summary>Ends the server's side as a closing or a crashing process would.</summary>
    internal void CloseServer(bool reset)
    {
        _server.LingerState = new LingerOption(reset, 0);
        _server.Close();
    }

    internal void CloseClient() => _client.Close();

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        _client.Dispose();
        _server.Dispose();
    }
}
