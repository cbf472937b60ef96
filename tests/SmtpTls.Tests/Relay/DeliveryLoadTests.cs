using System.Net;
using SmtpTls.Net;
using SmtpTls.Queue;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Relay;

/// <summary>Many deliveries at once over real sockets: none is lost, none is made twice, and no bound is passed.</summary>
public sealed class DeliveryLoadTests : IAsyncDisposable
{
    private const int Deliveries = 300;

    private readonly SmtpListener _server = SmtpListener.Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback], TlsMode = TlsMode.None, Sink = new Taker() });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_arrive_once_within_the_bounds()
    {
        var limits = new DeliveryLimits { ConnectionsPerNextHop = 4, Connections = 6, MessagesPerConnection = 20 };
        var opener = new SessionOpener(new Dialer(new FakeResolver(), new TcpConnector(), TimeProvider.System), TimeProvider.System);
        var agent = new DeliveryAgent(new OneServer(_server.Port), opener, new DeliveryProfile { HelloName = "relay.test", Limits = limits }, TimeProvider.System);
        var route = new SmtpRoute { Domains = ["*"], TlsLevel = TlsLevel.None };
        await using (agent)
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, Deliveries), new ParallelOptions { MaxDegreeOfParallelism = 40, CancellationToken = Token }, async (i, token) =>
            {
                var hop = $"hop{i % 3}.test";
                var lease = DeliveryBench.NewLease with { Domain = hop, NextHop = hop, Size = 22, Recipients = [new LeasedRecipient(0, $"r{i}@{hop}", DsnNotify.Unspecified, null)] };
                var report = await agent.DeliverAsync(new DeliveryJob(lease, route, _ => ValueTask.FromResult<Stream>(new MemoryStream("Subject: hi\r\n\r\nhello\r\n"u8.ToArray()))), token);

                Assert.Equal($"r{i}@{hop} Delivered 250", DeliveryBench.Fates(report));
                Assert.InRange(agent.ConnectionsInUse, 0, limits.Connections);
            });

            Assert.Equal(0, agent.ConnectionsInUse);
            Assert.InRange(agent.ConnectionsIdle, 0, limits.Connections);
        }

        Assert.Equal(Deliveries, _server.Received);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private sealed class Taker : IMessageSink
    {
        public ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            message.Dispose();
            return ValueTask.FromResult(new SmtpReply(250, null, ["ok"]));
        }
    }

    private sealed class OneServer(int port) : INextHopResolver
    {
        public Task<NextHopAnswer> ResolveAsync(SmtpRoute route, string domain, CancellationToken cancellationToken)
        {
            Assert.True(ReferenceIdentity.TryParse(domain, out var identity, out _));
            return Task.FromResult(new NextHopAnswer([new NextHopHost(domain, identity, [new IPEndPoint(IPAddress.Loopback, port)])], Failure: null));
        }
    }
}
