using System.Net;
using System.Net.Sockets;
using SmtpTls.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

/// <summary>The one place with real sockets, on loopback.</summary>
public class DialerTests
{
    private static readonly Dialer Dialer = new(new FakeResolver(), new TcpConnector(), TimeProvider.System);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_sends_small_segments_at_once()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var phases = new PhaseClock(TimeProvider.System);

        await using var stream = await Dialer.ConnectAsync("mail.test", (IPEndPoint)listener.LocalEndpoint, TimeSpan.FromSeconds(30), phases, Stop);

        Assert.True(Assert.IsType<NetworkStream>(stream).Socket.NoDelay);
        Assert.Equal(SmtpPhase.Connect, Assert.Single(phases.Timings).Phase);
    }

    [Fact]
    public async Task A_port_that_nobody_listens_on_is_told_with_host_address_and_advice()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = (IPEndPoint)listener.LocalEndpoint;
        listener.Stop();

        var thrown = await Assert.ThrowsAsync<SmtpException>(() =>
            Dialer.ConnectAsync("mail.test", endpoint, TimeSpan.FromSeconds(30), new PhaseClock(TimeProvider.System), Stop));

        Assert.Equal(FindingCode.ConnectFailed, thrown.Failure.Code);
        Assert.Equal($"Could not connect to mail.test ({endpoint}): the connection was refused.", thrown.Failure.Message);
        Assert.StartsWith($"Nothing listens on port {endpoint.Port} there", thrown.Failure.Advice, StringComparison.Ordinal);
        Assert.Equal(endpoint.ToString(), thrown.Failure.Endpoint);
        Assert.IsType<SocketException>(thrown.InnerException);
    }

    [Fact]
    public async Task A_cancelled_connect_is_cancelled_and_no_failure()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Dialer.ConnectAsync("mail.test", new IPEndPoint(IPAddress.Loopback, 9), TimeSpan.FromSeconds(30), new PhaseClock(TimeProvider.System), cancelled.Token));
    }

    [Fact]
    public async Task Without_a_name_the_client_greets_with_its_own_address()
    {
        using var four = new TcpListener(IPAddress.Loopback, 0);
        four.Start();
        await using var stream = await Dialer.ConnectAsync("x", (IPEndPoint)four.LocalEndpoint, TimeSpan.FromSeconds(30), new PhaseClock(TimeProvider.System), Stop);

        Assert.Equal("[127.0.0.1]", LocalHostName.ForHello(name: null, stream));
        Assert.Equal("client.test", LocalHostName.ForHello("client.test", stream));
        Assert.Equal("[127.0.0.1]", LocalHostName.ForHello(name: null, Stream.Null));
    }

    [Fact]
    public void The_machines_name_is_one_that_EHLO_may_carry_or_none()
    {
        var name = LocalHostName.Find();

        Assert.True(name is null || (DnsName.TryParse(name, out var parsed, out _) && parsed.Value == name && name.Contains('.', StringComparison.Ordinal)));
    }
}
