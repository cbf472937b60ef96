using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Tests.Console;

/// <summary>A relay as a process: mail in, mail out, and its queue looked into beside it and without it.</summary>
public sealed class RelayVerbTests : IAsyncDisposable
{
    private readonly ConsoleFixture _fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Queue => _fixture.File("edge.queue");

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Mail_goes_in_and_out_over_verified_TLS_and_the_queue_is_empty_after()
    {
        var sink = _fixture.Listen();
        _fixture.Issue("edge.test").ExportPem(_fixture.File("c.pem"), _fixture.File("k.pem"));
        var config = Configure($$"""
            { "domains": "*", "smartHosts": "127.0.0.1:{{sink.Port}}", "tlsLevel": "secure", "serverName": "mail.test", "trustedCertificates": "ca.pem" }
            """, """, "certificate": "c.pem", "key": "k.pem", "startTls": "always", "requireTls": true""");
        await using var program = ConsoleProgram.Start(["relay", "--config", config, "--json"]);
        var ready = await program.JsonLineAsync();
        Assert.Equal("Ready", ready.Text("Event"));
        Assert.Equal("edge", ready.Text("Name"));
        Assert.Equal(Queue, ready.Text("QueueLocation"));
        var listener = Assert.Single(ready.GetProperty("Listeners").EnumerateArray());

        var sent = await ConsoleProgram.RunAsync(
            "send", "--server", "edge.test", "--address", "127.0.0.1", "--port", listener.Text("Port"), "--ca", _fixture.AuthorityFile,
            "--from", "a@test", "--to", "b@test", "--subject", "Hi", "--body", "Hello", "--json");
        Assert.True(sent.ExitCode == 0, sent.ToString());
        Assert.Equal(13, sent.Object.Text("QueueId").Length);

        var received = await sink.Capture!.ReceiveAsync(Token);
        Assert.Equal("Hi", received.Subject);
        Assert.Equal("mail.test", received.Tls!.ServerNameIndication);
        program.Signal(ConsoleProgram.SigTerm);
        Assert.Equal(0, await program.ExitAsync());
        Assert.Contains($" Delivered {sent.Object.Text("QueueId")}: ", program.Error, StringComparison.Ordinal);
        Assert.Equal("", (await ConsoleProgram.RunAsync("queue", "list", "--queue", Queue)).Output);
    }

    [Fact]
    public async Task The_queue_is_worked_on_beside_the_relay_and_without_it()
    {
        await using var program = ConsoleProgram.Start(["relay", "--config", Configure(Nowhere()), "--quiet"]);
        var port = await ReadyPortAsync(program);
        var first = await SendAsync(port, "first@test");
        var second = await SendAsync(port, "second@test");

        var listed = (await QueueAsync("list", "--json")).Objects;
        Assert.Equal([first, second], listed.Select(message => message.Text("Id")).ToArray());
        Shape.Is<QueuedMessage>(listed[0]);
        Assert.Equal(Queue, listed[0].Text("Queue"));
        Assert.Contains($"{second}  ", (await QueueAsync("list", "--recipient", "SECOND*")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(first, (await QueueAsync("list", "--recipient", "SECOND*")).Output, StringComparison.Ordinal);
        var row = (await QueueAsync("list", "--next-hops", "--json")).Object;
        Shape.Is<NextHopQueue>(row);
        Assert.StartsWith("127.0.0.1:", row.Text("NextHop"), StringComparison.Ordinal);
        Assert.Contains("<first@test> by 127.0.0.1:", (await QueueAsync("show", first)).Output, StringComparison.Ordinal);
        Assert.Equal("Retried", (await QueueAsync("retry", first, "--json")).Object.Text("Event"));

        var exported = (await QueueAsync("export", first, "--path", _fixture.Folder, "--json")).Object.Text("Path");
        Assert.Equal(_fixture.File($"{first}.eml"), exported);
        Assert.EndsWith("Hello\r\n", await File.ReadAllTextAsync(exported, Token), StringComparison.Ordinal);
        Assert.Equal($"Removed {first}\n", (await QueueAsync("remove", first)).Output);

        program.Signal(ConsoleProgram.SigInt);
        Assert.Equal(0, await program.ExitAsync());
        Assert.Equal(second, (await QueueAsync("list", "--json")).Object.Text("Id"));
        Assert.Equal($"Removed {second}\n", (await QueueAsync("remove", "--all", "--with-ndr")).Output);
        var report = (await QueueAsync("list", "--json")).Object;
        Assert.Equal("", report.Text("From"));
        Assert.Equal("a@test", Assert.Single(report.GetProperty("Recipients").EnumerateArray()).Text("Recipient"));
    }

    [Fact]
    public async Task A_message_that_is_not_there_is_named_with_exit_code_1()
    {
        await MakeQueueAsync();
        foreach (var verb in new[] { "show", "retry", "remove", "export" })
        {
            var run = await ConsoleProgram.RunAsync("queue", verb, "--queue", Queue, "0000000000001");
            Assert.True(run.ExitCode == 1, run.ToString());
            Assert.Contains("The message 0000000000001 is not in the queue", run.Error, StringComparison.Ordinal);
        }
    }

    // A script whose variable is empty shall not empty a queue.
    [Fact]
    public async Task All_messages_are_meant_only_by_who_says_so()
    {
        await MakeQueueAsync();

        var none = await ConsoleProgram.RunAsync("queue", "remove", "--queue", Queue);
        var filtered = await ConsoleProgram.RunAsync("queue", "remove", "--queue", Queue, "--sender", "*");

        Assert.True(none.ExitCode == 2, none.ToString());
        Assert.Contains("No message was named.", none.Error, StringComparison.Ordinal);
        Assert.True(filtered.ExitCode == 2, filtered.ToString());
        Assert.Contains("Filters were given without --all.", filtered.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_signal_ends_the_draining_and_the_message_is_kept()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var config = Configure(
            $$"""{ "domains": "*", "smartHosts": "127.0.0.1:{{((IPEndPoint)silent.LocalEndpoint).Port}}", "tlsLevel": "none" }""", more: """, "drainTime": "1h" """);
        await using var program = ConsoleProgram.Start(["relay", "--config", config]);
        var id = await SendAsync(await ReadyPortAsync(program), "b@test");
        using var underWay = await silent.AcceptTcpClientAsync(Token);
        program.Signal(ConsoleProgram.SigTerm);

        // Another signal than the first: two of a kind may become one before anybody has looked.
        program.Signal(ConsoleProgram.SigInt);
        Assert.Equal(0, await program.ExitAsync());
        Assert.Equal(id, (await QueueAsync("list", "--json")).Object.Text("Id"));
    }

    [Fact]
    public async Task A_queue_has_one_relay()
    {
        var config = Configure(Nowhere());
        await using var program = ConsoleProgram.Start(["relay", "--config", config]);
        _ = await ReadyPortAsync(program);

        var run = await ConsoleProgram.RunAsync("relay", "--config", config, "--json");

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("QueueInUse", run.Object.Text("Failure", "Code"));
        Assert.False(program.HasExited);
    }

    [Fact]
    public async Task A_check_starts_nothing_and_tells_what_surprises()
    {
        var config = Configure("""{ "domains": "*", "smartHosts": "192.0.2.1", "tlsLevel": "secure" }""");

        var plain = await ConsoleProgram.RunAsync("relay", "--config", config, "--check");
        var json = await ConsoleProgram.RunAsync("relay", "--config", config, "--check", "--json");

        Assert.True(plain.ExitCode == 0, plain.ToString());
        Assert.Contains($"can be used: 1 route, 1 listener, queue {Queue}", plain.Output, StringComparison.Ordinal);
        Assert.Contains("IdentityIsAddress: Route 1 (*): the smart host 192.0.2.1:25 is an address", plain.Error, StringComparison.Ordinal);
        Assert.Equal("Checked", json.Object.Text("Event"));
        Assert.Equal(["IdentityIsAddress"], json.Object.Codes());
        Assert.False(File.Exists(Queue));
    }

    [Fact]
    public async Task A_wrong_configuration_is_refused_with_exit_code_2()
    {
        var config = Configure("""{ "domains": "a b", "tlsLevel": "none" }""");

        var run = await ConsoleProgram.RunAsync("relay", "--config", config, "--json");

        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("InvalidInput", run.Object.Text("Failure", "Code"));
        Assert.Contains("$.routes: Route 1 (a b): the domain 'a b' cannot be used: it holds a space.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_that_does_not_exist_is_not_made_by_looking_into_it()
    {
        var run = await ConsoleProgram.RunAsync("queue", "list", "--queue", Queue);

        Assert.True(run.ExitCode is 1 or 2, run.ToString());
        Assert.Contains("edge.queue", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Queue));
    }

    private string Configure(string route, string listener = "", string more = "")
    {
        var path = _fixture.File("relay.json");
        File.WriteAllText(path, $$"""
            { "name": "edge", "queuePath": "edge.queue", "hostName": "edge.test", "listeners": [ { "address": "127.0.0.1", "port": 0{{listener}} } ], "routes": [ {{route}} ]{{more}} }
            """);
        return path;
    }

    // A port that the system gave and nobody has any longer.
    private static string Nowhere()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $$"""{ "domains": "*", "smartHosts": "127.0.0.1:{{((IPEndPoint)listener.LocalEndpoint).Port}}", "tlsLevel": "none" }""";
    }

    private async Task MakeQueueAsync()
    {
        await using var program = ConsoleProgram.Start(["relay", "--config", Configure(Nowhere())]);
        _ = await ReadyPortAsync(program);
        program.Signal(ConsoleProgram.SigTerm);
        Assert.Equal(0, await program.ExitAsync());
    }

    private static async Task<string> ReadyPortAsync(ConsoleProgram program)
    {
        var line = await program.LineAsync();
        Assert.StartsWith("Ready: edge.test relays what comes to 127.0.0.1:", line, StringComparison.Ordinal);
        return line[(line.LastIndexOf(':') + 1)..];
    }

    private static async Task<string> SendAsync(string port, string recipient)
    {
        var sent = await ConsoleProgram.RunAsync(
            "send", "--server", "localhost", "--address", "127.0.0.1", "--port", port, "--tls-mode", "none",
            "--from", "a@test", "--to", recipient, "--body", "Hello", "--json");
        Assert.True(sent.ExitCode == 0, sent.ToString());
        return sent.Object.Text("QueueId");
    }

    private async Task<ConsoleRun> QueueAsync(string verb, params string[] arguments)
    {
        var run = await ConsoleProgram.RunAsync(["queue", verb, "--queue", Queue, .. arguments]);
        Assert.True(run.ExitCode == 0, run.ToString());
        return run;
    }
}
