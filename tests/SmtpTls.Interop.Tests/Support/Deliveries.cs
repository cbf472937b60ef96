using System.Net;
using System.Text;
using SmtpTls.Dns;
using SmtpTls.Net;
using SmtpTls.Queue;
using SmtpTls.Relay;
using SmtpTls.Tls;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>The relay's deliverer in front of one server on 127.0.0.1, which is what DNS would have said.</summary>
internal sealed class Deliveries(string host, int port, string? nextHopName = null) : IAsyncDisposable
{
    private readonly DeliveryAgent _agent = New(host, port, nextHopName);

    /// <summary>Makes one attempt with a small message from a@test.</summary>
    public Task<DeliveryReport> DeliverAsync(SmtpRoute route, CancellationToken cancellationToken, params string[] recipients) =>
        DeliverAsync(route, "Subject: delivered\r\n\r\none\r\n.\r\ntwo\r\n", cancellationToken, recipients);

    public Task<DeliveryReport> DeliverAsync(SmtpRoute route, string message, CancellationToken cancellationToken, params string[] recipients)
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        var lease = new DeliveryLease
        {
            Delivery = 1,
            Id = new QueueIdSource(TimeProvider.System, instance: 1).Next(),
            Until = DateTimeOffset.MaxValue,
            Domain = "example.test",
            NextHop = "example.test",
            Attempt = 1,
            ReversePath = "a@test",
            Recipients = recipients.Select((r, i) => new LeasedRecipient(i, r, DsnNotify.Unspecified, OriginalRecipient: null)).ToArray(),
            Size = bytes.Length,
            ReceivedAt = TimeProvider.System.GetUtcNow(),
        };
        return _agent.DeliverAsync(new DeliveryJob(lease, route, _ => ValueTask.FromResult<Stream>(new MemoryStream(bytes))), cancellationToken);
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    private static DeliveryAgent New(string host, int port, string? nextHopName)
    {
        var opener = new SessionOpener(new Dialer(new SystemDnsResolver(), new TcpConnector(), TimeProvider.System), TimeProvider.System);
        return new DeliveryAgent(new Fixed(host, port, nextHopName ?? host), opener, new DeliveryProfile { HelloName = "relay.test" }, TimeProvider.System);
    }

    private sealed class Fixed(string host, int port, string name) : INextHopResolver
    {
        public Task<NextHopAnswer> ResolveAsync(SmtpRoute route, string domain, CancellationToken cancellationToken)
        {
            // At level Secure the next hop's own name has to be in the certificate, at the others the host's.
            Assert.True(ReferenceIdentity.TryParse(route.TlsLevel == TlsLevel.Secure ? name : host, out var identity, out _));
            return Task.FromResult(new NextHopAnswer([new NextHopHost(host, identity, [new IPEndPoint(IPAddress.Loopback, port)])], Failure: null));
        }
    }
}
