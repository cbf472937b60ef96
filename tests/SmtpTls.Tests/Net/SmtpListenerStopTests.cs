using System.Diagnostics;
using System.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

/// <summary>Stopping at the worst moment: while a message is being taken, and while the reply to it is on its way.</summary>
public sealed class SmtpListenerStopTests : IDisposable
{
    // Longer than any test may take: whoever waits for the draining to run out is found out.
    private static readonly TimeSpan Drain = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create();
    private readonly IssuedCertificate _issued;

    public SmtpListenerStopTests() => _issued = _authority.Issue(["mail.test"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _issued.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_session_that_was_asked_to_stop_in_a_message_ends_after_its_reply_and_waits_for_nothing()
    {
        // The session is asked to stop somewhere among the idle ones: all of them have heard it before the sink goes on.
        const int IdleClients = 8;
        var sink = new StoppingSink();
        await using var listener = Start(sink);
        sink.Listener = listener;
        var idle = new List<RawClient>();
        for (var i = 0; i < IdleClients; i++)
        {
            idle.Add(await RawClient.GreetedAsync(listener.Port));
        }

        using var client = await RawClient.GreetedAsync(listener.Port);
        await BeginMessageAsync(client);
        var reply = client.SayAsync("Subject: x\r\n\r\nbody\r\n.");
        var stopping = await sink.Stopping.WaitAsync(Patience, Token);
        foreach (var other in idle)
        {
            Assert.StartsWith("421 4.3.2", await other.ReplyAsync(), StringComparison.Ordinal);
            other.Dispose();
        }

        sink.GoOn();
        Assert.StartsWith("250 2.0.0 Ok", await reply, StringComparison.Ordinal);
        Assert.StartsWith("421 4.3.2", await client.ReplyAsync(), StringComparison.Ordinal);
        await stopping.WaitAsync(Patience, Token);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reply_on_its_way_is_not_cut_off(bool tls)
    {
        // The moment is hit by chance; each round looks for it a little later.
        const int Rounds = 60;
        for (var round = 0; round < Rounds; round++)
        {
            var delay = TimeSpan.FromMicroseconds(20 * round);
            var sink = new StoppingSink();
            await using var listener = Start(sink);
            sink.Listener = listener;
            using var client = await RawClient.GreetedAsync(listener.Port);
            if (tls)
            {
                _ = await client.StartTlsAsync();
                await client.SayAsync("EHLO client.test");
            }

            await BeginMessageAsync(client);
            var reply = client.SayAsync("Subject: x\r\n\r\nbody\r\n.");
            var stopping = await sink.Stopping.WaitAsync(Patience, Token);
            var begun = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(begun) >= delay);
            sink.GoOn();
            Assert.StartsWith("250 2.0.0 Ok", await reply, StringComparison.Ordinal);
            Assert.StartsWith("421 4.3.2", await client.ReplyAsync(), StringComparison.Ordinal);
            await stopping.WaitAsync(Patience, Token);
        }
    }

    private static async Task BeginMessageAsync(RawClient client)
    {
        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
    }

    private SmtpListener Start(StoppingSink sink) => SmtpListener.Start(new SmtpListenerOptions
    {
        HostName = "mail.test",
        Addresses = [IPAddress.Loopback],
        StartTls = StartTlsPolicy.Always,
        Certificates = [_issued.ToListenerCertificate()],
        Sink = sink,
    });

    /// <summary>Stops the listener when a message comes, and accepts the message when it is told to.</summary>
    private sealed class StoppingSink : IMessageSink
    {
        private readonly TaskCompletionSource<Task> _stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SmtpListener? Listener { get; set; }

        public Task<Task> Stopping => _stopping.Task;

        public void GoOn() => _goOn.TrySetResult();

        public async ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            using (message)
            {
                _stopping.TrySetResult(Task.Run(() => Listener!.StopAsync(Drain, CancellationToken.None), CancellationToken.None));
                await _goOn.Task.WaitAsync(Patience, cancellationToken);
                return new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), ["Ok"]);
            }
        }
    }
}
