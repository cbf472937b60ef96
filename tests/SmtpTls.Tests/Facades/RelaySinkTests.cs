using System.Collections.Concurrent;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Facades;

/// <summary>From a client's socket into the queue.</summary>
public sealed class RelaySinkTests : IAsyncDisposable
{
    private readonly IntakeBench _bench = new(domains: ["test", "*.test"]);
    private readonly ConcurrentQueue<ListenerEvent> _log = new();
    private readonly ConcurrentQueue<SmtpFailure> _failures = new();
    private readonly SmtpListener _listener;

    public RelaySinkTests() => _listener = SmtpListener.Start(new SmtpListenerOptions
    {
        HostName = "relay.test",
        Sink = new RelaySink(_bench.Intake, "inbound", _failures.Enqueue),
        RecipientPolicy = new RelayPermission(_bench.Routes, "relay.test", [], []),
        OffersDsn = true,
        Log = _log.Enqueue,
    });

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    [Fact]
    public async Task A_message_is_in_the_queue_as_it_came_and_its_client_reads_the_id()
    {
        var reply = await SendAsync("SMTPUTF8 RET=HDRS ENVID=Q1", "<@x.test:b@test> NOTIFY=NEVER", "Subject: x\r\n\r\n..dot\r\nGrüße\r\n.");

        var (message, content) = Assert.Single(_bench.Seen.Taken);
        Assert.Equal($"250 2.0.0 Ok: queued as {message.Id}", reply);
        Assert.EndsWith("+0000\r\nSubject: x\r\n\r\n.dot\r\nGrüße\r\n", content, StringComparison.Ordinal);
        Assert.Contains("with UTF8SMTP id", content, StringComparison.Ordinal);
        Assert.Equal((true, true, DsnReturn.Headers, "Q1"), (message.HasEightBit, message.NeedsSmtpUtf8, message.Return, message.EnvelopeId));

        // The source route is gone (RFC 5321 §3.6.1).
        Assert.Equal([new Queue.NewRecipient("b@test", "test", "test") { Notify = DsnNotify.Never }], message.Recipients);
        Assert.Equal((MessageSourceKind.Smtp, "inbound", "client.test"), (message.Origin.Kind, message.Origin.Source, message.Origin.HelloName));
        Assert.StartsWith("127.0.0.1:", message.Origin.RemoteEndPoint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_answered_before_the_queue_has_it()
    {
        var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _bench.Seen.Before = () =>
        {
            reached.SetResult();
            return stored.Task;
        };
        var reply = SendAsync("", "<b@test>", "Subject: x\r\n\r\n.");
        await reached.Task;
        Assert.False(reply.IsCompleted);
        stored.SetResult();
        Assert.StartsWith("250", await reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_that_fails_is_451_and_the_relay_is_told_why()
    {
        _bench.Seen.Fault = new SmtpException(new SmtpFailure { Code = FindingCode.QueueUnavailable, Message = "The disk is full." });
        Assert.StartsWith("451 4.3.0", await SendAsync("", "<b@test>", "Subject: x\r\n\r\n."), StringComparison.Ordinal);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.MessageRefused && e.Message.StartsWith("451", StringComparison.Ordinal));
        var failure = Assert.Single(_failures);
        Assert.Equal((FindingCode.QueueUnavailable, "The disk is full."), (failure.Code, failure.Message));
        Assert.Equal(0, _listener.Received);
    }

    [Fact]
    public async Task A_queue_that_knows_what_the_client_should_hear_is_quoted()
    {
        _bench.Seen.Fault = new SmtpException(new SmtpFailure
        {
            Code = FindingCode.QueueUnavailable,
            Message = "The disk is nearly full.",
            Reply = new SmtpReply(452, new EnhancedStatusCode(4, 3, 1), ["Insufficient system storage"]),
        });
        Assert.StartsWith("452 4.3.1", await SendAsync("", "<b@test>", "Subject: x\r\n\r\n."), StringComparison.Ordinal);
        Assert.Single(_failures);
    }

    [Fact]
    public async Task A_loop_is_refused()
    {
        var hops = string.Concat(Enumerable.Repeat("Received: from x\r\n", 101));
        Assert.StartsWith("554 5.4.6", await SendAsync("", "<b@test>", $"{hops}\r\n."), StringComparison.Ordinal);
        Assert.Empty(_bench.Seen.Taken);
    }

    [Fact]
    public async Task A_recipient_without_a_route_is_refused_at_RCPT()
    {
        using var client = await RawClient.GreetedAsync(_listener.Port);
        await client.SayAsync("MAIL FROM:<a@test>");
        Assert.StartsWith("550 5.4.4", await client.SayAsync("RCPT TO:<b@elsewhere.example>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<postmaster>"), StringComparison.Ordinal);
    }

    private async Task<string> SendAsync(string parameters, string recipient, string data)
    {
        using var client = await RawClient.GreetedAsync(_listener.Port);
        Assert.StartsWith("250", await client.SayAsync($"MAIL FROM:<a@test> {parameters}"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync($"RCPT TO:{recipient}"), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
        return await client.SayAsync(data);
    }
}
