using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

public sealed class SmtpListenerTests : IAsyncDisposable
{
    private readonly ConcurrentQueue<ListenerEvent> _log = new();
    private SmtpListener? _listener;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_message_is_captured_as_it_was_sent()
    {
        using var client = await RawClient.GreetedAsync(Start().Port);
        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SayAsync("RCPT TO:<c@test>");
        await client.SayAsync("DATA");
        Assert.Equal("250 2.0.0 Ok: queued as 1", await client.SayAsync("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n..dot\r\n..\r\nlast\r\n."));

        using var message = await _listener!.Capture!.ReceiveAsync(Token);
        Assert.Equal("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n.dot\r\n.\r\nlast\r\n", message.GetText());
        Assert.Equal("Grüße", message.Subject);
        Assert.Equal("a@test", message.From);
        Assert.Equal(["b@test", "c@test"], message.To);
        Assert.Equal("client.test", message.HelloName);
        Assert.Null(message.Tls);
        Assert.Equal(1, _listener.Received);
    }

    [Fact]
    public async Task A_pipelined_transaction_in_one_packet_is_answered_in_order()
    {
        using var client = await RawClient.GreetedAsync(Start().Port);
        await client.SendAsync("MAIL FROM:<a@test>\r\nRCPT TO:<b@test>\r\nRCPT TO:<bad\r\nDATA\r\nSubject: x\r\n\r\nbody\r\n.\r\nNOOP\r\nQUIT\r\n");
        string[] codes = ["250 2.1.0", "250 2.1.5", "501 5.1.3", "354", "250 2.0.0 Ok: queued", "250 2.0.0 Ok", "221"];
        foreach (var code in codes)
        {
            Assert.StartsWith(code, await client.ReplyAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("", await client.ReplyAsync());
    }

    [Fact]
    public async Task Chunks_make_a_message_and_dots_in_them_are_content()
    {
        using var client = await RawClient.GreetedAsync(Start().Port);
        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SendAsync("BDAT 14\r\nSubject: x\r\n\r\nBDAT 5 LAST\r\n..\r\n\nNOOP\r\n");
        Assert.StartsWith("250 2.0.0 14 octets", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("554 5.6.0", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.ReplyAsync(), StringComparison.Ordinal);

        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SendAsync("BDAT 14\r\nSubject: x\r\n\r\nBDAT 7 LAST\r\n.\r\n..\r\n");
        Assert.StartsWith("250 2.0.0 14 octets", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0 Ok: queued", await client.ReplyAsync(), StringComparison.Ordinal);
        using var message = await _listener!.Capture!.ReceiveAsync(Token);
        Assert.Equal("Subject: x\r\n\r\n.\r\n..\r\n", message.GetText());
    }

    [Theory]
    [InlineData(StartTlsPolicy.ExceptLoopback, false)]
    [InlineData(StartTlsPolicy.Always, true)]
    [InlineData(StartTlsPolicy.Never, false)]
    public async Task STARTTLS_on_loopback_is_what_the_policy_says(StartTlsPolicy policy, bool offered)
    {
        var listener = Start(new SmtpListenerOptions { StartTls = policy, Certificates = [Certificate()] });
        using var client = await RawClient.ConnectAsync(listener.Port);
        await client.ReplyAsync();
        var lines = (await client.SayAsync("EHLO a")).Split('\n');
        Assert.Equal(offered, lines.Any(l => l is "250-STARTTLS" or "250 STARTTLS"));
        var reply = await client.SayAsync("STARTTLS");
        Assert.StartsWith(offered ? "220" : "502 5.5.1", reply, StringComparison.Ordinal);
        if (policy == StartTlsPolicy.ExceptLoopback)
        {
            Assert.Contains("withheld on loopback", reply, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_message_over_STARTTLS_has_its_evidence()
    {
        using var client = await RawClient.GreetedAsync(StartTls().Port);
        using var tls = await client.StartTlsAsync();
        Assert.StartsWith("503", await client.SayAsync("MAIL FROM:<a@test>"), StringComparison.Ordinal);
        Assert.DoesNotContain("STARTTLS", await client.SayAsync("EHLO again.test"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0 Ok: queued", await SendAsync(client, "Subject: x\r\n\r\nbody\r\n"), StringComparison.Ordinal);
        using var message = await _listener!.Capture!.ReceiveAsync(Token);
        Assert.Equal("TLSv1.3", message.Tls!.Protocol);
        Assert.Equal(tls.NegotiatedCipherSuite.ToString(), message.Tls.CipherSuite);
        Assert.Equal("mail.test", message.Tls.ServerNameIndication);
        Assert.Equal(TlsMode.StartTls, message.Tls.Mode);
    }

    [Fact]
    public async Task Implicit_TLS_begins_with_the_handshake()
    {
        var listener = Start(new SmtpListenerOptions { TlsMode = TlsMode.Implicit, Certificates = [Certificate()] });
        using var client = await RawClient.ConnectAsync(listener.Port);
        using var tls = await client.StartTlsAsync(command: false);
        Assert.StartsWith("220", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("STARTTLS", await client.SayAsync("EHLO a"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0", await SendAsync(client, "Subject: x\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_text_behind_STARTTLS_ends_the_session_before_a_handshake()
    {
        using var client = await RawClient.GreetedAsync(StartTls().Port);
        await client.SendAsync("STARTTLS\r\nMAIL FROM:<evil@test>\r\n");
        Assert.StartsWith("554 5.7.0", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("", await client.ReplyAsync());
        Assert.Contains(_log, e => e.Code == FindingCode.StartTlsInjection);
    }

    [Fact]
    public async Task A_handshake_that_is_none_ends_the_session_and_not_the_listener()
    {
        using (var client = await RawClient.GreetedAsync(StartTls().Port))
        {
            Assert.StartsWith("220", await client.SayAsync("STARTTLS"), StringComparison.Ordinal);
            await client.SendAsync("this is no ClientHello, and never will be one\r\n");
            await Eventually(() => _log.Any(e => e is { Kind: ListenerEventKind.TlsFailed, Code: FindingCode.HandshakeFailed }));
        }

        using var next = await RawClient.GreetedAsync(_listener!.Port);
        await next.StartTlsAsync();
    }

    [Fact]
    public async Task A_message_beyond_memory_goes_through_a_file_unchanged()
    {
        using var client = await RawClient.GreetedAsync(Start().Port);
        var line = Encoding.ASCII.GetBytes(new string('x', 98) + "\r\n");
        var content = new byte[5 * 1024 * 1024 / 100 * 100];
        for (var i = 0; i < content.Length; i += 100)
        {
            line.CopyTo(content, i);
            content[i] = (byte)('a' + (i / 100 % 26));
        }

        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SayAsync("DATA");
        await client.SendAsync(content);
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
        using var message = await _listener!.Capture!.ReceiveAsync(Token);
        Assert.Equal(content.Length, message.Size);
        await using var stream = message.OpenRead();
        Assert.Equal(SHA256.HashData(content), await SHA256.HashDataAsync(stream, Token));
    }

    [Fact]
    public async Task A_message_of_60_MiB_gets_552_and_the_connection_survives()
    {
        using var client = await RawClient.GreetedAsync(Start().Port);
        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SayAsync("DATA");
        var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 62) + "\r\n", 16 * 1024)));
        for (var i = 0; i < 60; i++)
        {
            await client.SendAsync(block);
        }

        Assert.StartsWith("552 5.3.4", await client.SayAsync("."), StringComparison.Ordinal);
        Assert.StartsWith("250", await SendAsync(client, "Subject: small\r\n\r\n"), StringComparison.Ordinal);
        using var message = await _listener!.Capture!.ReceiveAsync(Token);
        Assert.Equal("small", message.Subject);
        Assert.Equal(0, _listener.Capture.Count);
    }

    [Fact]
    public async Task A_message_that_cannot_be_stored_gets_452_and_the_session_goes_on()
    {
        using var client = await RawClient.GreetedAsync(Start(new SmtpListenerOptions
        {
            TemporaryFolder = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N")),
            Limits = new ListenerLimits { MaximumMessageInMemory = 1_000 },
        }).Port);
        var body = string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 50));
        Assert.StartsWith("452 4.3.1", await SendAsync(client, "Subject: large\r\n\r\n" + body), StringComparison.Ordinal);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.ListenerFault && e.Message.Contains("temporary file", StringComparison.Ordinal));
        Assert.StartsWith("250", await SendAsync(client, "Subject: small\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_vanishes_in_the_middle_leaves_nothing(bool reset)
    {
        var client = await RawClient.GreetedAsync(Start().Port);
        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SayAsync("DATA");
        await client.SendAsync("Subject: half\r\n\r\nof it\r\n.\r");
        if (reset)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        await Eventually(() => _listener!.Connections == 0);
        Assert.Equal(0, _listener!.Capture!.Count);
        Assert.Contains(_log, e => e is { Kind: ListenerEventKind.SessionAborted, Code: FindingCode.ConnectionLost });
    }

    [Fact]
    public async Task A_line_without_end_is_read_past_and_answered_once()
    {
        using var client = await RawClient.GreetedAsync(Start().Port);
        await client.SendAsync(new string('x', 100_000));
        Assert.StartsWith("500 5.5.2", await client.SayAsync(""), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_client_hears_421_when_its_time_is_over()
    {
        var clock = new FakeClock();
        using var client = await RawClient.GreetedAsync(Start(new SmtpListenerOptions { Clock = clock }).Port);
        clock.Advance(TimeSpan.FromMinutes(4));
        Assert.StartsWith("250", await client.SayAsync("NOOP"), StringComparison.Ordinal);
        await AdvanceUntil(clock, TimeSpan.FromMinutes(1), () => _log.Any(e => e.Code == FindingCode.TimedOut));
        Assert.StartsWith("421 4.4.2", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("", await client.ReplyAsync());
    }

    [Fact]
    public async Task A_silent_client_inside_TLS_hears_421_too()
    {
        var clock = new FakeClock();
        var listener = Start(new SmtpListenerOptions { Clock = clock, StartTls = StartTlsPolicy.Always, Certificates = [Certificate()] });
        using var client = await RawClient.GreetedAsync(listener.Port);
        using var tls = await client.StartTlsAsync();
        await client.SayAsync("EHLO a");
        await AdvanceUntil(clock, TimeSpan.FromMinutes(1), () => _log.Any(e => e.Code == FindingCode.TimedOut));
        Assert.StartsWith("421 4.4.2", await client.ReplyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_client_too_many_is_turned_away_and_later_let_in()
    {
        Start(new SmtpListenerOptions { Limits = new ListenerLimits { MaximumConnectionsPerClient = 2 } });
        using var first = await RawClient.GreetedAsync(_listener!.Port);
        using (await RawClient.GreetedAsync(_listener.Port))
        {
            using var third = await RawClient.ConnectAsync(_listener.Port);
            Assert.StartsWith("421 4.7.0", await third.ReplyAsync(), StringComparison.Ordinal);
            Assert.Equal("", await third.ReplyAsync());
        }

        await Eventually(() => _listener.Connections == 1);
        using var again = await RawClient.GreetedAsync(_listener.Port);
    }

    [Fact]
    public async Task Stopping_ends_idle_sessions_with_421_and_lets_a_message_come_to_its_end()
    {
        Start();
        using var idle = await RawClient.GreetedAsync(_listener!.Port);
        using var busy = await RawClient.GreetedAsync(_listener.Port);
        await busy.SayAsync("MAIL FROM:<a@test>");
        await busy.SayAsync("RCPT TO:<b@test>");
        await busy.SayAsync("DATA");
        var stopped = _listener.StopAsync(TimeSpan.FromMinutes(1), Token);
        Assert.StartsWith("421 4.3.2", await idle.ReplyAsync(), StringComparison.Ordinal);
        Assert.False(stopped.IsCompleted);
        Assert.StartsWith("250", await busy.SayAsync("Subject: drained\r\n\r\n."), StringComparison.Ordinal);
        Assert.StartsWith("421 4.3.2", await busy.SayAsync("NOOP"), StringComparison.Ordinal);
        await stopped;
        using var message = _listener.Capture!.TryReceive();
        Assert.Equal("drained", message!.Subject);
        await Assert.ThrowsAnyAsync<SocketException>(() => RawClient.ConnectAsync(_listener.Port));
    }

    [Fact]
    public async Task Stopping_cuts_off_what_does_not_end_in_time()
    {
        Start();
        using var busy = await RawClient.GreetedAsync(_listener!.Port);
        await busy.SayAsync("MAIL FROM:<a@test>");
        await busy.SayAsync("RCPT TO:<b@test>");
        await busy.SayAsync("DATA");
        await _listener.StopAsync(TimeSpan.Zero, Token);
        Assert.Equal(0, _listener.Connections);
        Assert.Equal(0, _listener.Capture!.Count);
    }

    [Fact]
    public async Task A_sink_that_fails_is_a_451_and_the_reason_is_in_the_log()
    {
        using var client = await RawClient.GreetedAsync(Start(new SmtpListenerOptions { Sink = new FailingSink() }).Port);
        Assert.StartsWith("451 4.3.0", await SendAsync(client, "Subject: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.ListenerFault && e.Message.Contains("no room at the inn", StringComparison.Ordinal));
        Assert.StartsWith("250", await client.SayAsync("NOOP"), StringComparison.Ordinal);
        Assert.Equal(0, _listener!.Received);
    }

    [Fact]
    public async Task A_capture_that_is_full_says_452_until_somebody_receives()
    {
        using var capture = new MessageCapture(1);
        using var client = await RawClient.GreetedAsync(Start(new SmtpListenerOptions { Sink = capture }).Port);
        Assert.StartsWith("250", await SendAsync(client, "Subject: 1\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("452 4.3.1", await SendAsync(client, "Subject: 2\r\n\r\n"), StringComparison.Ordinal);
        capture.TryReceive()!.Dispose();
        Assert.StartsWith("250", await SendAsync(client, "Subject: 3\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_has_whole_messages_only()
    {
        var folder = Directory.CreateTempSubdirectory("smtptls-test").FullName;
        try
        {
            var captured = new ConcurrentQueue<string>();
            using var client = await RawClient.GreetedAsync(Start(new SmtpListenerOptions { Sink = new FolderSink(folder, (_, p) => captured.Enqueue(p)) }).Port);
            var reply = await SendAsync(client, "Subject: kept\r\n\r\nbody\r\n");
            Assert.StartsWith("250 2.0.0 Ok: queued as ", reply, StringComparison.Ordinal);
            var file = Assert.Single(Directory.GetFiles(folder));
            Assert.EndsWith(".eml", file, StringComparison.Ordinal);
            Assert.Equal(file, Assert.Single(captured));
            Assert.Equal(Path.GetFileNameWithoutExtension(file), reply["250 2.0.0 Ok: queued as ".Length..]);
            Assert.Equal("Subject: kept\r\n\r\nbody\r\n", await File.ReadAllTextAsync(file, Token));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_port_in_use_is_named_with_the_remedy()
    {
        var port = Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback] }).Port;
        var e = Assert.Throws<SmtpException>(() => SmtpListener.Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback], Port = port }));
        Assert.Equal(FindingCode.ListenFailed, e.Failure.Code);
        Assert.Contains($"127.0.0.1:{port}", e.Message, StringComparison.Ordinal);
        Assert.Contains("another port", e.Failure.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_listener_that_only_loopback_reaches_warns()
    {
        var options = new SmtpListenerOptions { Addresses = [IPAddress.Loopback], Certificates = [Certificate()] };
        Assert.Contains(Start(options).Findings, f => f is { Code: FindingCode.StartTlsWithheldOnLoopback, Severity: FindingSeverity.Warning });
    }

    [Fact]
    public async Task All_addresses_have_the_same_port()
    {
        var listener = Start();
        Assert.All(listener.Endpoints, e => Assert.Equal(listener.Port, e.Port));
        Assert.NotEqual(0, listener.Port);
        foreach (var endpoint in listener.Endpoints)
        {
            using var client = await RawClient.GreetedAsync(
                listener.Port, endpoint.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback);
        }
    }

    [Theory]
    [InlineData("port", -1)]
    [InlineData("implicit without certificate", 0)]
    [InlineData("always without certificate", 0)]
    [InlineData("required and never", 0)]
    [InlineData("host name", 0)]
    [InlineData("limit", 0)]
    public void Options_that_contradict_each_other_are_refused(string what, int port)
    {
        var options = what switch
        {
            "port" => new SmtpListenerOptions { Port = port },
            "implicit without certificate" => new SmtpListenerOptions { TlsMode = TlsMode.Implicit },
            "always without certificate" => new SmtpListenerOptions { StartTls = StartTlsPolicy.Always },
            "required and never" => new SmtpListenerOptions { RequireTls = true, StartTls = StartTlsPolicy.Never, Certificates = [Certificate()] },
            "host name" => new SmtpListenerOptions { HostName = "mail test\r\n250 evil" },
            _ => new SmtpListenerOptions { Limits = new ListenerLimits { MaximumRecipients = 0 } },
        };
        var e = Assert.Throws<SmtpException>(() => SmtpListener.Start(options));
        Assert.Equal(FindingCode.InvalidInput, e.Failure.Code);
        Assert.NotEmpty(e.Failure.Advice);
    }

    private static async Task<string> SendAsync(RawClient client, string message)
    {
        Assert.StartsWith("250", await client.SayAsync("MAIL FROM:<a@test>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<b@test>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
        return await client.SayAsync(message + ".");
    }

    private SmtpListener StartTls() =>
        Start(new SmtpListenerOptions { StartTls = StartTlsPolicy.Always, Certificates = [Certificate()] });

    // By the system's clock, as the handshakes are.
    private static ListenerCertificate Certificate() => ListenerCertificate.SelfSigned(["mail.test"]);

    private SmtpListener Start(SmtpListenerOptions? options = null) =>
        _listener = SmtpListener.Start((options ?? new SmtpListenerOptions()) with { HostName = options?.HostName ?? "mail.test", Log = _log.Enqueue });

    // Something another thread is about to do: asked again and again, for half a minute at most.
    private static async Task Eventually(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    // The deadline begins when the session has come to wait, which the test cannot see: time goes on until it is noticed.
    private static Task AdvanceUntil(FakeClock clock, TimeSpan step, Func<bool> condition) => Eventually(() =>
    {
        clock.Advance(step);
        return condition();
    });

    private sealed class FailingSink : IMessageSink
    {
        public ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            message.Dispose();
            throw new IOException("no room at the inn");
        }
    }
}
