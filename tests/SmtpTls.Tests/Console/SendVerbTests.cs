using System.Net;
using System.Text;

namespace SmtpTls.Tests.Console;

public sealed class SendVerbTests : IAsyncDisposable
{
    private readonly ConsoleFixture _fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_message_goes_out_verified_and_the_text_says_how()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--to", "c@test", "--subject", "Grüße", "--body", "Hello\n.\nWorld"));
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("", run.Error);
        Assert.Contains("Accepted: 2 of 2 recipients, by mail.test (127.0.0.1)", run.Output, StringComparison.Ordinal);
        Assert.Contains("TLSv1.3, TLS_", run.Output, StringComparison.Ordinal);
        Assert.Contains("mail.test matches mail.test in the certificate; verified", run.Output, StringComparison.Ordinal);

        using var message = await listener.Capture!.ReceiveAsync(Token);
        Assert.Equal("Grüße", message.Subject);
        Assert.Equal(["b@test", "c@test"], message.To);
        Assert.EndsWith("\r\n\r\nHello\r\n.\r\nWorld\r\n", message.GetText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_one_line_with_the_names_of_the_engines_records()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--subject", "Hi", "--body", "Hello", "--json"));
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("", run.Error);
        var result = run.Object;
        Shape.Is<SendResult>(result);
        Shape.Is<TlsEvidence>(result.GetProperty("Tls"));
        Shape.Is<SmtpReply>(result.GetProperty("Reply"));
        Shape.Is<RecipientResult>(Assert.Single(result.GetProperty("Recipients").EnumerateArray()));
        Shape.Is<PhaseTiming>(result.GetProperty("Timings")[0]);
        Assert.Equal("true", result.Text("Accepted"));
        Assert.Equal("mail.test", result.Text("Tls", "MatchedIdentity"));
        Assert.Equal("StartTls", result.Text("Tls", "Mode"));
        Assert.Equal("Secure", result.Text("Tls", "Level"));
        Assert.Equal("2.0.0", result.Text("Reply", "Enhanced"));
        Assert.Equal("null", result.Text("Failure"));
    }

    [Fact]
    public async Task A_server_dialled_by_address_is_refused_and_nothing_is_sent()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(
            "send", "--server", "127.0.0.1", "--port", $"{listener.Port}", "--ca", _fixture.AuthorityFile, "--from", "a@test", "--to", "b@test", "--json");
        Assert.True(run.ExitCode == 1, run.ToString());
        Shape.Is<SmtpFailure>(run.Object.GetProperty("Failure"));
        Assert.Equal("IdentityIsAddress", run.Object.Text("Failure", "Code"));
        Assert.Equal("Handshake", run.Object.Text("Failure", "Phase"));
        Assert.Contains("mail.test", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, listener.Received);
    }

    [Fact]
    public async Task A_root_that_is_not_trusted_is_a_refusal_for_people_on_standard_error()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync("send", "--server", "mail.test", "--address", "127.0.0.1", "--port", $"{listener.Port}", "--from", "a@test", "--to", "b@test");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("Not accepted: 0 of 1 recipients", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("smtptls: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, listener.Received);
    }

    [Fact]
    public async Task A_skipped_check_is_warned_of_and_in_the_result()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(
            "send", "--server", "127.0.0.1", "--port", $"{listener.Port}", "--from", "a@test", "--to", "b@test", "--skip-certificate-check", "--json");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("--skip-certificate-check: whoever answers gets the message", run.Error, StringComparison.Ordinal);
        Assert.Equal("true", run.Object.Text("Tls", "CheckSkipped"));
        Assert.Equal("false", run.Object.Text("Tls", "Verified"));
        Assert.Contains("CertificateCheckSkipped", run.Object.Codes(), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("none", TlsMode.StartTls)]
    [InlineData("implicit", TlsMode.Implicit)]
    public async Task The_other_modes_are_there(string mode, TlsMode listens)
    {
        var listener = _fixture.Listen(mode: listens);
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--tls-mode", mode, "--json"));
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(mode == "none" ? "null" : "Implicit", mode == "none" ? run.Object.Text("Tls") : run.Object.Text("Tls", "Mode"));
    }

    [Fact]
    public async Task An_internationalized_name_is_verified_by_its_A_label()
    {
        var listener = _fixture.Listen(names: "xn--mnchen-3ya.test");
        var run = await ConsoleProgram.RunAsync(
            "send", "--server", "MÜNCHEN.test", "--address", "127.0.0.1", "--port", $"{listener.Port}", "--ca", _fixture.AuthorityFile, "--from", "a@test", "--to", "b@test", "--json");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("xn--mnchen-3ya.test", run.Object.Text("Tls", "MatchedIdentity"));
    }

    [Theory]
    [InlineData("b@test\r\nRCPT TO:<c@test>")]
    [InlineData("b@")]
    [InlineData("no address")]
    public async Task An_address_that_is_none_is_refused_before_anything_is_dialled(string address)
    {
        var run = await ConsoleProgram.RunAsync("send", "--server", "mail.test", "--from", "a@test", "--to", address, "--json");
        Assert.True(run.ExitCode == 2, run.ToString());
        Shape.Is<SendResult>(run.Object);
        Assert.Equal("InvalidInput", run.Object.Text("Failure", "Code"));
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_refused_port_is_exit_code_1_with_the_place_in_the_message()
    {
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        var run = await ConsoleProgram.RunAsync("send", "--server", "127.0.0.1", "--port", $"{port}", "--from", "a@test", "--to", "b@test", "--json");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("ConnectFailed", run.Object.Text("Failure", "Code"));
        Assert.Contains($"127.0.0.1:{port}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_port_is_a_time_out_that_names_the_phase()
    {
        using var silent = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var run = await ConsoleProgram.RunAsync("send", "--server", "127.0.0.1", "--port", $"{port}", "--from", "a@test", "--to", "b@test", "--timeout", "0.3", "--json");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("TimedOut", run.Object.Text("Failure", "Code"));
        Assert.Equal("Greeting", run.Object.Text("Failure", "Phase"));
    }

    [Fact]
    public async Task A_finished_message_from_standard_input_arrives_intact()
    {
        var listener = _fixture.Listen();
        var eml = "From: x@test\nTo: y@test\nBcc: hidden@test\nSubject: raw\n\nfirst\n.\n..\n.dot\nlast, without an end"u8.ToArray();
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--eml", "-", "--json"), eml);
        Assert.True(run.ExitCode == 0, run.ToString());
        using var message = await listener.Capture!.ReceiveAsync(Token);
        Assert.Equal("a@test", message.From);
        Assert.Equal(["b@test"], message.To);
        Assert.Equal("From: x@test\r\nTo: y@test\r\nSubject: raw\r\n\r\nfirst\r\n.\r\n..\r\n.dot\r\nlast, without an end\r\n", message.GetText());
    }

    [Fact]
    public async Task A_finished_message_from_a_file_names_its_own_envelope()
    {
        var listener = _fixture.Listen();
        var path = _fixture.File("mail.eml");
        await File.WriteAllTextAsync(path, "From: X <x@test>\r\nTo: y@test\r\nCc: z@test\r\nSubject: raw\r\n\r\nbody\r\n", Token);
        var run = await ConsoleProgram.RunAsync(
            "send", "--server", "mail.test", "--address", "127.0.0.1", "--port", $"{listener.Port}", "--ca", _fixture.AuthorityFile, "--eml", path);
        Assert.True(run.ExitCode == 0, run.ToString());
        using var message = await listener.Capture!.ReceiveAsync(Token);
        Assert.Equal("x@test", message.From);
        Assert.Equal(["y@test", "z@test"], message.To);
    }

    [Fact]
    public async Task A_body_comes_from_standard_input_or_a_file_and_has_to_be_UTF8()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--body", "-"), Encoding.UTF8.GetBytes("Straße\n"));
        Assert.True(run.ExitCode == 0, run.ToString());
        using var message = await listener.Capture!.ReceiveAsync(Token);
        Assert.EndsWith(Convert.ToBase64String("Straße\r\n"u8) + "\r\n", message.GetText(), StringComparison.Ordinal);

        var path = _fixture.File("latin1.txt");
        await File.WriteAllBytesAsync(path, Encoding.Latin1.GetBytes("Straße\n"), Token);
        run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--body-file", path));
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains("is not UTF-8", run.Error, StringComparison.Ordinal);

        run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--body-file", _fixture.File("nowhere.txt")));
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains("nowhere.txt", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_reaches_the_server_and_nothing_else()
    {
        const string Password = "Sehr-Geheim-42";
        await using var server = AuthServer.Start(_fixture.Issue("mail.test").Certificate);
        var run = await ConsoleProgram.RunAsync(
            [
                "send", "--server", "mail.test", "--address", "127.0.0.1", "--port", $"{server.Port}", "--ca", _fixture.AuthorityFile, "--tls-mode", "implicit",
                "--from", "a@test", "--to", "b@test", "--user", "me", "--password-env", "SMTPTLS_TEST_PASSWORD", "--verbose", "--json",
            ],
            input: null,
            [("SMTPTLS_TEST_PASSWORD", Password)]);
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal($"\0me\0{Password}", server.Credential);
        Assert.Contains("AUTH PLAIN", run.Error, StringComparison.Ordinal);
        foreach (var secret in new[] { Password, Convert.ToBase64String(Encoding.UTF8.GetBytes(Password)), Convert.ToBase64String(Encoding.UTF8.GetBytes(server.Credential!)) })
        {
            Assert.DoesNotContain(secret, run.Output + run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_variable_that_is_not_set_is_named()
    {
        var run = await ConsoleProgram.RunAsync(
            "send", "--server", "mail.test", "--from", "a@test", "--to", "b@test", "--user", "me", "--password-env", "SMTPTLS_NO_SUCH_VARIABLE");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains("the environment variable 'SMTPTLS_NO_SUCH_VARIABLE' is not set or empty", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_dialogue_is_told_on_standard_error_when_asked_for()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--verbose", "--json"));
        Assert.True(run.ExitCode == 0, run.ToString());
        Shape.Is<SendResult>(run.Object);
        Assert.Contains("C: STARTTLS", run.Error, StringComparison.Ordinal);
        Assert.Contains("S: 220 ", run.Error, StringComparison.Ordinal);
        Assert.Contains("C: RCPT TO:<b@test>", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_has_to_fit_its_key()
    {
        var listener = _fixture.Listen();
        var (first, second) = (_fixture.Issue("client.test"), _fixture.Issue("other.test"));
        first.ExportPem(_fixture.File("c.pem"), _fixture.File("k.pem"));
        second.ExportPem(_fixture.File("c2.pem"), _fixture.File("k2.pem"));
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--client-certificate", _fixture.File("c.pem"), "--client-key", _fixture.File("k.pem")));
        Assert.True(run.ExitCode == 0, run.ToString());

        run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--client-certificate", _fixture.File("c.pem"), "--client-key", _fixture.File("k2.pem"), "--json"));
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("CertificateUnusable", run.Object.Text("Failure", "Code"));
        Assert.Contains("k2.pem", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_ends_a_wait_with_the_shells_code()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals to send.");
        using var silent = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        await using var program = ConsoleProgram.Start(["send", "--server", "127.0.0.1", "--port", $"{port}", "--from", "a@test", "--to", "b@test"]);
        using var connected = await silent.AcceptTcpClientAsync(Token);
        program.Signal(ConsoleProgram.SigInt);
        Assert.Equal(130, await program.ExitAsync());
        Assert.Contains("Stopped before it was done.", program.Error, StringComparison.Ordinal);
    }
}
