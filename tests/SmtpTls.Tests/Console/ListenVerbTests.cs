using System.Net.Sockets;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Console;

public sealed class ListenVerbTests : IAsyncDisposable
{
    private readonly ConsoleFixture _fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Listen_and_send_meet_over_verified_TLS_and_the_message_is_a_whole_file()
    {
        var (folder, ca) = (_fixture.File("mail"), _fixture.File("test-ca.pem"));
        await using var program = ConsoleProgram.Start(
        [
            "listen", "--address", "127.0.0.1", "--port", "0", "--self-signed", "mail.test", "localhost", "--ca-out", ca,
            "--start-tls", "always", "--require-tls", "--capture", folder, "--count", "1", "--json",
        ]);
        var ready = await program.JsonLineAsync();
        Assert.Equal("Ready", ready.Text("Event"));
        Assert.Equal($"127.0.0.1:{ready.Text("Port")}", ready.GetProperty("Endpoints")[0].GetString());
        Assert.Equal("Always", ready.Text("StartTls"));
        Assert.Equal("true", ready.Text("RequireTls"));
        Assert.Equal(folder, ready.Text("CaptureFolder"));
        Assert.Equal((await File.ReadAllTextAsync(ca, Token)).TrimEnd(), ready.Text("SelfSignedPem").TrimEnd());

        var sent = await ConsoleProgram.RunAsync(
            "send", "--server", "mail.test", "--address", "127.0.0.1", "--port", ready.Text("Port"), "--ca", ca,
            "--from", "a@test", "--to", "b@test", "--subject", "Grüße", "--body", "Hello", "--json");
        Assert.True(sent.ExitCode == 0, sent.ToString());
        var received = await program.JsonLineAsync();
        Shape.Is<ReceivedMessage>(received, "Path");
        Assert.Equal("Grüße", received.Text("Subject"));
        Assert.Equal("mail.test", received.Text("Tls", "ServerNameIndication"));
        Assert.Equal(sent.Object.Text("QueueId"), received.Text("Id"));
        Assert.Equal(0, await program.ExitAsync());

        var file = Assert.Single(Directory.GetFiles(folder));
        Assert.Equal(received.Text("Path"), file);
        Assert.Equal(received.Text("Size"), $"{new FileInfo(file).Length}");
        Assert.EndsWith("Hello\r\n", await File.ReadAllTextAsync(file, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_self_signed_certificate_is_one_and_is_reported_as_one()
    {
        await using var program = ConsoleProgram.Start(["listen", "--address", "127.0.0.1", "--self-signed", "mail.test", "--start-tls", "always", "--json"]);
        var port = (await program.JsonLineAsync()).Text("Port");
        var run = await ConsoleProgram.RunAsync("certificate", $"mail.test:{port}", "--address", "127.0.0.1", "--json");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("true", run.Object.Text("Leaf", "IsSelfSigned"));
        Assert.Equal("SelfSigned", run.Object.GetProperty("Findings")[0].Text("Code"));
        program.Signal(ConsoleProgram.SigTerm);
        Assert.Equal(0, await program.ExitAsync());
    }

    [Fact]
    public async Task The_first_line_says_ready_and_where_and_that_messages_are_not_kept()
    {
        await using var program = ConsoleProgram.Start(["listen", "--address", "127.0.0.1", "--address", "::1", "--self-signed", "mail.test", "--host-name", "mx.test"]);
        Assert.Matches(@"^Ready: mx\.test listens on 127\.0\.0\.1:\d+, \[::1\]:\d+$", await program.LineAsync());
        Assert.Contains("STARTTLS, except on loopback connections", await program.LineAsync(), StringComparison.Ordinal);
        Assert.Contains("mail.test", await program.LineAsync(), StringComparison.Ordinal);
        Assert.Contains("--ca-out FILE", await program.LineAsync(), StringComparison.Ordinal);
        Assert.Contains("not kept", await program.LineAsync(), StringComparison.Ordinal);
        program.Signal(ConsoleProgram.SigTerm);
        Assert.Equal(0, await program.ExitAsync());
        Assert.Contains("StartTlsWithheldOnLoopback", program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_and_key_from_files_are_presented()
    {
        var issued = _fixture.Issue("mail.test");
        issued.ExportPem(_fixture.File("c.pem"), _fixture.File("k.pem"));
        issued.ExportPfx(_fixture.File("c.pfx"), "geheim");
        string[][] ways =
        [
            ["--certificate", _fixture.File("c.pem"), "--key", _fixture.File("k.pem")],
            ["--certificate", _fixture.File("c.pfx"), "--password-env", "SMTPTLS_TEST_PASSWORD"],
        ];
        foreach (var way in ways)
        {
            await using var program = ConsoleProgram.Start(
                ["listen", "--address", "127.0.0.1", "--start-tls", "always", "--json", .. way], ("SMTPTLS_TEST_PASSWORD", "geheim"));
            var ready = await program.JsonLineAsync();
            Assert.Equal(issued.Thumbprint, ready.GetProperty("Certificates")[0].Text("Thumbprint"));
            var run = await ConsoleProgram.RunAsync("certificate", $"mail.test:{ready.Text("Port")}", "--address", "127.0.0.1", "--ca", _fixture.AuthorityFile);
            Assert.True(run.ExitCode == 0, run.ToString());
        }
    }

    [Fact]
    public async Task A_message_under_way_is_taken_to_its_end_after_SIGTERM_and_nobody_else_is_let_in()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals to send.");
        var folder = _fixture.File("mail");
        await using var program = ConsoleProgram.Start(["listen", "--address", "127.0.0.1", "--capture", folder, "--json"]);
        var port = (await program.JsonLineAsync()).GetProperty("Port").GetInt32();
        using var busy = await RawClient.GreetedAsync(port);
        using var idle = await RawClient.GreetedAsync(port);
        await busy.SayAsync("MAIL FROM:<a@test>");
        await busy.SayAsync("RCPT TO:<b@test>");
        Assert.StartsWith("354", await busy.SayAsync("DATA"), StringComparison.Ordinal);
        await busy.SendAsync("Subject: half\r\n\r\nbefore\r\n");

        program.Signal(ConsoleProgram.SigTerm);
        Assert.StartsWith("421", await idle.ReplyAsync(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(port));
        Assert.StartsWith("250 2.0.0 Ok: queued", await busy.SayAsync("after\r\n."), StringComparison.Ordinal);
        Assert.Equal("half", (await program.JsonLineAsync()).Text("Subject"));
        Assert.Equal(0, await program.ExitAsync());
        Assert.EndsWith("before\r\nafter\r\n", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder)), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_signal_stops_at_once_and_half_a_message_is_no_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals to send.");
        var folder = _fixture.File("mail");
        await using var program = ConsoleProgram.Start(["listen", "--address", "127.0.0.1", "--capture", folder, "--json"]);
        var port = (await program.JsonLineAsync()).GetProperty("Port").GetInt32();
        using var busy = await RawClient.GreetedAsync(port);
        using var idle = await RawClient.GreetedAsync(port);
        await busy.SayAsync("MAIL FROM:<a@test>");
        await busy.SayAsync("RCPT TO:<b@test>");
        await busy.SayAsync("DATA");
        await busy.SendAsync("Subject: half\r\n\r\nbefore\r\n");
        program.Signal(ConsoleProgram.SigInt);
        Assert.StartsWith("421", await idle.ReplyAsync(), StringComparison.Ordinal);
        Assert.False(program.HasExited);

        program.Signal(ConsoleProgram.SigInt);
        Assert.Equal(0, await program.ExitAsync());
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public async Task A_line_a_message_comes_at_once_and_cannot_be_forged()
    {
        await using var program = ConsoleProgram.Start(["listen", "--address", "127.0.0.1", "--host-name", "mx.test"]);
        var port = int.Parse((await program.LineAsync()).Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);
        using var client = await RawClient.GreetedAsync(port);
        await client.SayAsync("MAIL FROM:<>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SayAsync("DATA");
        Assert.StartsWith("250", await client.SayAsync("Subject: =?utf-8?q?one=0D=0Atwo=1B[31m?=\r\n\r\n."), StringComparison.Ordinal);
        string line;
        do
        {
            line = await program.LineAsync();
        }
        while (line.StartsWith(' '));

        Assert.Contains("<> to b@test: one", line, StringComparison.Ordinal);
        Assert.Contains("plain text", line, StringComparison.Ordinal);
        Assert.Contains("not kept", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', line);
    }

    [Fact]
    public async Task Limits_reach_the_engine()
    {
        await using var program = ConsoleProgram.Start(["listen", "--address", "127.0.0.1", "--max-size", "1K", "--max-recipients", "1", "--json"]);
        using var client = await RawClient.ConnectAsync((await program.JsonLineAsync()).GetProperty("Port").GetInt32());
        await client.ReplyAsync();
        Assert.Contains("SIZE 1024", await client.SayAsync("EHLO client.test"), StringComparison.Ordinal);
        Assert.StartsWith("552", await client.SayAsync("MAIL FROM:<a@test> SIZE=1025"), StringComparison.Ordinal);
        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        Assert.StartsWith("452", await client.SayAsync("RCPT TO:<c@test>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_exit_code_1_with_the_endpoint_and_the_remedy()
    {
        var other = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync("listen", "--address", "127.0.0.1", "--port", $"{other.Port}", "--json");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("ListenFailed", run.Object.Text("Failure", "Code"));
        Assert.Contains($"127.0.0.1:{other.Port}", run.Error, StringComparison.Ordinal);
        Assert.Contains("Another program has the port", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_certificate_or_a_key_that_does_not_fit_is_named()
    {
        _fixture.Issue("mail.test").ExportPem(_fixture.File("c.pem"), _fixture.File("k.pem"));
        _fixture.Issue("mail.test").ExportPem(_fixture.File("c2.pem"), _fixture.File("k2.pem"));
        await File.WriteAllTextAsync(_fixture.File("broken.pem"), "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n", Token);
        foreach (var (certificate, key) in new[] { ("broken.pem", "k.pem"), ("c.pem", "k2.pem"), ("nowhere.pem", "k.pem") })
        {
            var run = await ConsoleProgram.RunAsync("listen", "--certificate", _fixture.File(certificate), "--key", _fixture.File(key), "--json");
            Assert.True(run.ExitCode == 2, run.ToString());
            Assert.Equal("CertificateUnusable", run.Object.Text("Failure", "Code"));
            Assert.Contains(certificate, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Troubles_are_told_on_standard_error()
    {
        await using var program = ConsoleProgram.Start(["listen", "--address", "127.0.0.1", "--self-signed", "mail.test", "--start-tls", "always", "--json"]);
        var port = (await program.JsonLineAsync()).GetProperty("Port").GetInt32();
        using (var client = await RawClient.GreetedAsync(port))
        {
            Assert.StartsWith("220", await client.SayAsync("STARTTLS"), StringComparison.Ordinal);
            await client.SendAsync("EHLO in plain text\r\n");
            await client.ReplyAsync();
        }

        program.Signal(ConsoleProgram.SigTerm);
        Assert.Equal(0, await program.ExitAsync());
        Assert.Contains("TlsFailed 127.0.0.1:", program.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Connected", program.Error, StringComparison.Ordinal);
    }
}
