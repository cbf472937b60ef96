using System.Net;
using System.Net.Sockets;
using SmtpTls.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Probe;

/// <summary>A network of the test's own: an address leads to a script, to a piece of code or to a real listener; every other refuses.</summary>
internal sealed class Switchboard : IConnector, IAsyncDisposable
{
    private readonly Dictionary<IPAddress, IConnector> _places = [];
    private readonly List<IPEndPoint> _dialled = [];

    /// <summary>What was dialled, in order.</summary>
    public IReadOnlyList<IPEndPoint> Dialled
    {
        get
        {
            lock (_dialled)
            {
                return [.. _dialled];
            }
        }
    }

    /// <summary>At the address a script is played, or several for connections one after the other.</summary>
    public Switchboard Script(string address, params string[] scripts) => Put(address, new ScriptedServer(scripts));

    /// <summary>So too, with a certificate for the script's handshake.</summary>
    public Switchboard Script(string address, IssuedCertificate certificate, params string[] scripts) =>
        Put(address, new ScriptedServer(certificate.Certificate, scripts));

    /// <summary>At the address code plays the server's end of each connection.</summary>
    public Switchboard Play(string address, Func<Stream, Task> play) => Put(address, new CodedServer(play));

    /// <summary>The address leads to a listener, whatever port is dialled.</summary>
    public Switchboard Redirect(string address, SmtpListener listener) => Put(address, new Redirection(listener.Endpoints[0]));

    public ValueTask<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        lock (_dialled)
        {
            _dialled.Add(endpoint);
        }

        return _places.TryGetValue(endpoint.Address, out var place)
            ? place.ConnectAsync(endpoint, cancellationToken)
            : throw new SocketException((int)SocketError.ConnectionRefused);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var place in _places.Values.OfType<IAsyncDisposable>())
        {
            await place.DisposeAsync();
        }
    }

    private Switchboard Put(string address, IConnector place)
    {
        _places.Add(IPAddress.Parse(address), place);
        return this;
    }

    private sealed class CodedServer(Func<Stream, Task> play) : IConnector, IAsyncDisposable
    {
        private readonly List<Task> _connections = [];

        public ValueTask<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
        {
            var (client, server) = DuplexStream.CreatePair();
            _connections.Add(PlayAsync(server));
            return ValueTask.FromResult<Stream>(client);
        }

        public async ValueTask DisposeAsync() => await Task.WhenAll(_connections);

        private async Task PlayAsync(DuplexStream server)
        {
            await Task.Yield();
            await using (server)
            {
                await play(server);
            }
        }
    }

    private sealed class Redirection(IPEndPoint target) : IConnector
    {
        public ValueTask<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken) =>
            new TcpConnector().ConnectAsync(target, cancellationToken);
    }
}
