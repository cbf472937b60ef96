using System.Net;
using System.Net.Sockets;
using SmtpTls.Net;
using SmtpTls.Protocol;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

/// <summary>What goes wrong around a listener and must not go wrong in it.</summary>
public sealed class ListenerFaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_log_that_throws_costs_no_message_no_session_and_no_stop()
    {
        var listener = SmtpListener.Start(new SmtpListenerOptions
        {
            Addresses = [IPAddress.Loopback],
            Log = _ => throw new IOException("no space left on device"),
        });
        using (var client = await RawClient.GreetedAsync(listener.Port))
        {
            await client.SayAsync("MAIL FROM:<a@test>");
            await client.SayAsync("RCPT TO:<b@test>");
            await client.SayAsync("DATA");
            Assert.StartsWith("250 2.0.0 Ok: queued", await client.SayAsync("Subject: x\r\n\r\n."), StringComparison.Ordinal);
        }

        await listener.StopAsync(TimeSpan.Zero, Token).WaitAsync(Patience, Token);
        Assert.Equal(0, listener.Connections);
        Assert.Equal(1, listener.Received);
        await listener.DisposeAsync();
    }

    // Stopping cancels and closes; the loop may notice the closed socket first, and must not throw into the stop.
    [Fact]
    public async Task Accepting_ends_where_its_socket_is_closed()
    {
        using var connections = new ConnectionSet(new ListenerContext(
            new ServerProfile("mail.test", new ListenerLimits()),
            TimeProvider.System,
            (_, _) => throw new InvalidOperationException("No message is sent here."),
            handshake: null));
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        socket.Dispose();

        await connections.AcceptAsync(socket, Token).WaitAsync(Patience, Token);
        Assert.Equal(0, connections.Open);
    }

    [Fact]
    public async Task A_listener_can_be_disposed_of_twice()
    {
        var listener = SmtpListener.Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback] });
        await listener.DisposeAsync();
        await listener.DisposeAsync();
        Assert.False(listener.IsRunning);
    }

    [Fact]
    public async Task A_drain_time_that_is_none_is_refused_before_anything_is_stopped()
    {
        await using var listener = SmtpListener.Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback] });
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => listener.StopAsync(TimeSpan.FromSeconds(-5), Token));
        Assert.True(listener.IsRunning);
        using var client = await RawClient.GreetedAsync(listener.Port);
    }
}
