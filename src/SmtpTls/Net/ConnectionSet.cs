using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmtpTls.Net;

/// <summary>All connections of a listener: accepts them, bounds them, and brings them to an end.</summary>
internal sealed class ConnectionSet : IDisposable
{
    // Between two tries after the system could not give a connection (no file handles left).
    private static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

    private readonly ListenerContext _context;
    private readonly DeadlineSweeper _sweeper;
    private readonly ConnectionCounter _counter;
    private readonly ConcurrentDictionary<ServerConnection, Task> _connections = new();
    private volatile bool _stopping;

    public ConnectionSet(ListenerContext context)
    {
        _context = context;
        _sweeper = new DeadlineSweeper(context.Clock);
        _counter = new ConnectionCounter(context.Profile.Limits.MaximumConnections, context.Profile.Limits.MaximumConnectionsPerClient);
    }

    /// <summary>How many connections are open.</summary>
    public int Open => _counter.Open;

    /// <summary>Accepts connections until the token is cancelled.</summary>
    public async Task AcceptAsync(Socket listening, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                Begin(await listening.AcceptAsync(cancellationToken).ConfigureAwait(false));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || (e is SocketException && cancellationToken.IsCancellationRequested))
            {
                // Whoever cancels closes the socket next: this loop may meet either first.
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // The client was gone before it was accepted: nothing that the next one would have to wait for.
                ReportLost(e);
            }
            catch (SocketException e)
            {
                // The system is short of something (file handles): that does not end the listener.
                _context.Report(ListenerEventKind.ListenerFault, listening.LocalEndPoint, $"A connection could not be accepted: {e.Message}");
                await PauseAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends every session: 421 where no message is under way, at once where one still is when the token is cancelled.</summary>
    public async Task StopAsync(CancellationToken abort)
    {
        _stopping = true;
        foreach (var (connection, _) in _connections)
        {
            connection.Stop();
        }

        var drained = Task.WhenAll(_connections.Values);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (abort.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), aborted).ConfigureAwait(false))
        {
            if (await Task.WhenAny(drained, aborted.Task).ConfigureAwait(false) == drained)
            {
                return;
            }
        }

        foreach (var (connection, _) in _connections)
        {
            connection.Abort();
        }

        await drained.ConfigureAwait(false);
    }

    public void Dispose() => _sweeper.Dispose();

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(AcceptPause, _context.Clock, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopping; the loop that called sees the same token.
            return;
        }
    }

    private void Begin(Socket socket)
    {
        try
        {
            // Replies are small and each is waited for: with Nagle's algorithm one message takes 43 ms (measured).
            socket.NoDelay = true;
            var client = ((IPEndPoint)socket.RemoteEndPoint!).Address;
            if (_stopping || !_counter.TryEnter(client))
            {
                TurnAway(socket, _stopping ? "is stopping" : "has too many connections; try again later");
                return;
            }

            Serve(socket, client);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            ReportLost(e);
            socket.Dispose();
        }
    }

    private void ReportLost(Exception e) =>
        _context.Report(ListenerEventKind.SessionAborted, null, $"A connection was lost before the greeting: {e.Message}", FindingCode.ConnectionLost);

    private void Serve(Socket socket, IPAddress client)
    {
        var deadline = _sweeper.Add();
        try
        {
            var connection = new ServerConnection(socket, _context, deadline);
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _connections.TryAdd(connection, ended.Task);

            // Away from the accepting loop at once: the session's first bytes may be there already.
            _ = Task.Run(() => RunAsync(connection, client, ended), CancellationToken.None);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            deadline.Dispose();
            _counter.Leave(client);
            throw;
        }
    }

    private async Task RunAsync(ServerConnection connection, IPAddress client, TaskCompletionSource ended)
    {
        _context.Report(ListenerEventKind.Connected, connection.Remote, "connected");
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A fault of ours: one session ends, the others go on, and the log has the whole of it.
            _context.Report(ListenerEventKind.ListenerFault, connection.Remote, $"The session ended by a fault of the listener: {e}");
        }
        finally
        {
            connection.Dispose();
            _connections.TryRemove(connection, out _);
            _counter.Leave(client);
            _context.Report(ListenerEventKind.Disconnected, connection.Remote, "disconnected");
            ended.TrySetResult();
        }
    }

    // Best effort: the greeting's place is taken by 421 (RFC 5321 §3.1), and nobody waits for it to arrive. A client
    // of implicit TLS cannot read it and sees the connection closed.
    private void TurnAway(Socket socket, string reason)
    {
        _context.Report(ListenerEventKind.TurnedAway, socket.RemoteEndPoint, $"421: {reason}");
        if (_context.Mode != TlsMode.Implicit)
        {
            socket.Blocking = false;
            socket.Send(Encoding.ASCII.GetBytes($"421 4.7.0 {_context.Profile.HostName} {reason}\r\n"), SocketFlags.None, out _);
        }

        socket.Dispose();
    }
}
