using System.Net;
using System.Text;
using SmtpTls.Net;
using SmtpTls.Queue;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Relay;

/// <summary>A delivery agent in front of scripted servers: who is to be dialled is said here, in place of DNS.</summary>
internal sealed class DeliveryBench : INextHopResolver, IAsyncDisposable
{
    public const string OpenPlain = """
        S: 220 mx.test ESMTP
        C: EHLO relay.test
        S: 250 mx.test

        """;

    public const string OpenPipelining = """
        S: 220 mx.test ESMTP
        C: EHLO relay.test
        S: 250-mx.test
        S: 250 PIPELINING

        """;

    public const string OpenTls = """
        S: 220 mx.test ESMTP
        C: EHLO relay.test
        S: 250-mx.test
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 go ahead
        TLS
        C: EHLO relay.test
        S: 250 mx.test

        """;

    // One message to b@test, accepted.
    public const string Take = """
        C: MAIL FROM:<a@test>
        S: 250 ok
        C: RCPT TO:<b@test>
        S: 250 ok
        C: DATA
        S: 354 go on
        BODY
        S: 250 2.0.0 Ok: queued as Q1

        """;

    public const string Quit = "C: QUIT\nS: 221 bye\n";

    private readonly ScriptedServer _server;
    private readonly NextHopAnswer _answer;
    private readonly DeliveryAgent _agent;
    private long _delivery;

    public DeliveryBench(ScriptedServer server, DeliveryLimits? limits = null, params string[] hosts)
        : this(server, Found(hosts.Length == 0 ? ["mx.test=192.0.2.1"] : hosts), limits)
    {
    }

    public DeliveryBench(ScriptedServer server, NextHopAnswer answer, DeliveryLimits? limits = null)
    {
        _server = server;
        _answer = answer;
        Limits = limits ?? new DeliveryLimits();
        _agent = new DeliveryAgent(
            this,
            new SessionOpener(new Dialer(new FakeResolver(), server, Clock), Clock),
            new DeliveryProfile { HelloName = "relay.test", Limits = Limits },
            Clock);
    }

    public FakeClock Clock { get; } = TestPki.Clock();

    public DeliveryLimits Limits { get; }

    public DeliveryAgent Agent => _agent;

    public SmtpRoute Route { get; init; } = new() { Domains = ["*"], TlsLevel = TlsLevel.None };

    public string Content { get; init; } = "Subject: hi\r\n\r\nhello\r\n";

    public static DeliveryLease NewLease { get; } = new()
    {
        Delivery = 1,
        Id = new QueueIdSource(TestPki.Clock(), instance: 1).Next(),
        Until = DateTimeOffset.MaxValue,
        Domain = "test",
        NextHop = "test",
        Attempt = 1,
        ReversePath = "a@test",
        Recipients = [],
        Size = 0,
        ReceivedAt = TestPki.Now,
    };

    public DeliveryLease Lease { get; init; } = NewLease;

    /// <summary>Opens the content; a test may put a broken one in its place.</summary>
    public Func<CancellationToken, ValueTask<Stream>>? OpenContent { get; init; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public Task<NextHopAnswer> ResolveAsync(SmtpRoute route, string domain, CancellationToken cancellationToken) => Task.FromResult(_answer);

    /// <summary>Makes one attempt.</summary>
    public Task<DeliveryReport> DeliverAsync(params string[] recipients) => DeliverAsync(Route, Token, recipients);

    public Task<DeliveryReport> DeliverAsync(SmtpRoute route, CancellationToken cancellationToken, params string[] recipients)
    {
        var content = Encoding.UTF8.GetBytes(Content);
        var lease = Lease with
        {
            Delivery = ++_delivery,
            Size = content.Length,
            Recipients = recipients.Select((r, i) => new LeasedRecipient(10 + i, r, DsnNotify.Unspecified, OriginalRecipient: null)).ToArray(),
        };
        return _agent.DeliverAsync(new DeliveryJob(lease, route, OpenContent ?? (_ => ValueTask.FromResult<Stream>(new MemoryStream(content)))), cancellationToken);
    }

    /// <summary>Who got what, in one line: <c>b@test Delivered 250, c@test Failed 550</c>.</summary>
    public static string Fates(DeliveryReport report) =>
        string.Join(", ", report.Recipients.Select(r => $"{r.Recipient.Address} {r.Fate} {(r.Reply is null ? "-" : r.Reply.Code)}"));

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>Hosts as <c>mx.test=192.0.2.1 192.0.2.2</c>, on port 25.</summary>
    public static NextHopAnswer Found(params string[] hosts) => new(
        hosts.Select(text =>
        {
            var (host, addresses) = (text.Split('=')[0], text.Split('=')[1]);
            Assert.True(ReferenceIdentity.TryParse(host, out var identity, out _));
            return new NextHopHost(host, identity, addresses.Split(' ').Select(a => new IPEndPoint(IPAddress.Parse(a), 25)).ToArray());
        }).ToArray(),
        Failure: null);
}
