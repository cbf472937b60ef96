using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Net;

/// <summary>Opens the sockets of a listener: all of them, on one port, or none.</summary>
internal static class ListeningSockets
{
    // Connections that have arrived and were not accepted yet; the system lowers it to its own limit (somaxconn).
    private const int Backlog = 1_024;

    // A port that the system chose for one address may be taken on the next; then another is chosen.
    private const int PortTries = 20;

    /// <summary>Binds and listens. With port 0 the system chooses one that is free on every address.</summary>
    /// <exception cref="SmtpException">An endpoint cannot be listened on.</exception>
    public static IReadOnlyList<Socket> Open(IReadOnlyList<IPAddress> addresses, int port)
    {
        for (var tries = 1; ; tries++)
        {
            var sockets = new List<Socket>();
            var chosen = port;
            try
            {
                foreach (var address in addresses)
                {
                    sockets.Add(Listen(new IPEndPoint(address, chosen)));
                    chosen = ((IPEndPoint)sockets[0].LocalEndPoint!).Port;
                }

                return sockets;
            }
            catch (SmtpException e)
            {
                sockets.ForEach(s => s.Dispose());
                if (port != 0 || tries == PortTries || e.InnerException is not SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Every IPv4 address and, where the system has it, every IPv6 address.</summary>
    public static IReadOnlyList<IPAddress> EveryAddress() =>
        Socket.OSSupportsIPv6 ? [IPAddress.Any, IPAddress.IPv6Any] : [IPAddress.Any];

    private static Socket Listen(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                // IPv4 has its own socket, so that addresses in logs and rules are what they look like.
                socket.DualMode = false;
            }

            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SmtpException(Failure(endpoint, e), e);
        }
    }

    private static SmtpFailure Failure(IPEndPoint endpoint, SocketException e) => new()
    {
        Code = FindingCode.ListenFailed,
        Message = $"Cannot listen on {endpoint}: {e.Message}.",
        Advice = e.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "Another program has the port: stop it, or give another port (0 lets the system choose).",
            SocketError.AccessDenied => "Ports below 1024 need elevated rights: run elevated, or give a higher port.",
            SocketError.AddressNotAvailable => "The address is not one of this machine's: give one that is, or leave it out.",
            _ => "",
        },
        Endpoint = endpoint.ToString(),
        Cause = e.Message,
        Permanent = e.SocketErrorCode != SocketError.AddressAlreadyInUse,
    };
}
