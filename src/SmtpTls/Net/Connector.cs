using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Net;

/// <summary>Opens a byte stream to an endpoint. Tests put a server in memory behind it.</summary>
internal interface IConnector
{
    /// <summary>Connects, or throws <see cref="SocketException"/>.</summary>
    ValueTask<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken);
}

/// <summary>Opens TCP connections.</summary>
internal sealed class TcpConnector : IConnector
{
    public async ValueTask<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        // Nagle's algorithm and a delayed acknowledgement cost 40 ms a turn of the dialogue.
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
