using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SmtpTls.Net;
using SmtpTls.Protocol;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

/// <summary>Clients that do not speak SMTP, and listeners that end before they began: each has an end, and the log says why.</summary>
public sealed class BadClientTests : IAsyncDisposable
{
    private readonly ConcurrentQueue<ListenerEvent> _log = new();
    private readonly SmtpListener _listener;

    public BadClientTests() => _listener = SmtpListener.Start(new SmtpListenerOptions
    {
        HostName = "mail.test",
        Addresses = [IPAddress.Loopback],
        Limits = new ListenerLimits { MaximumErrors = 3 },
        Log = _log.Enqueue,
    });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    [Fact]
    public async Task A_command_line_without_end_ends_the_session()
    {
        using var client = await RawClient.GreetedAsync(_listener.Port);
        var piece = Encoding.ASCII.GetBytes(new string('x', 10_000));
        var sent = 0;
        var closed = await Record.ExceptionAsync(async () =>
        {
            for (; sent < 100_000_000; sent += piece.Length)
            {
                await client.SendAsync(piece);
            }
        });

        Assert.True(closed is IOException, $"after {sent} octets: {closed}");
        await AbortedAsync("The client sent a command line without end");
    }

    [Fact]
    public async Task A_line_that_is_only_long_is_answered_once_and_the_session_goes_on()
    {
        using var client = await RawClient.GreetedAsync(_listener.Port);
        Assert.StartsWith("500 5.5.2", await client.SayAsync("NOOP " + new string('x', 50_000)), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", "554 5.5.0", "The client speaks HTTP")]
    [InlineData("\x16\x03\x01\x02\r\n", "554 5.5.0", "The client began with TLS")]
    [InlineData("A\r\nB\r\nC\r\n", "500 5.5.2", "The client made 3 errors")]
    public async Task Whoever_is_sent_away_is_logged_with_the_reason(string said, string reply, string reason)
    {
        using var client = await RawClient.ConnectAsync(_listener.Port);
        await client.ReplyAsync();
        await client.SendAsync(said);
        Assert.StartsWith(reply, await client.ReplyAsync(), StringComparison.Ordinal);
        await AbortedAsync(reason);
    }

    [Fact]
    public async Task Accepting_ends_in_peace_where_the_socket_is_closed_already()
    {
        var clock = new FakeClock();
        var context = new ListenerContext(new ServerProfile("mail.test", new ListenerLimits()), clock, (_, _) => throw new InvalidOperationException(), handshake: null);
        using var connections = new ConnectionSet(context);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Dispose();

        await connections.AcceptAsync(socket, new CancellationToken(canceled: true));

        Assert.Equal(0, connections.Open);
    }

    private async Task AbortedAsync(string reason)
    {
        // Ends every session, so that the log is whole.
        await _listener.StopAsync(cancellationToken: Token);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.SessionAborted && e.Message.StartsWith(reason, StringComparison.Ordinal));
    }
}
