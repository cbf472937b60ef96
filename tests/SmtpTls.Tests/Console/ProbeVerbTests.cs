using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Tests.Console;

public sealed class ProbeVerbTests : IAsyncDisposable
{
    private readonly ConsoleFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Capability_is_exit_code_0_where_STARTTLS_is_there()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync("capability", $"mail.test:{listener.Port}", "--address", "127.0.0.1", "--ca", _fixture.AuthorityFile, "--json");
        Assert.True(run.ExitCode == 0, run.ToString());
        Shape.Is<CapabilityResult>(run.Object);
        Assert.Equal("Offered", run.Object.Text("StartTls"));
        Assert.Equal("true", run.Object.Text("Tls", "Verified"));
        Assert.Equal("", run.Error);
    }

    [Fact]
    public async Task Capability_in_text_says_what_is_offered()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync("capability", $"mail.test:{listener.Port}", "--address", "127.0.0.1", "--ca", _fixture.AuthorityFile, "--verbose");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains($"mail.test (127.0.0.1:{listener.Port}): STARTTLS is offered and works", run.Output, StringComparison.Ordinal);
        Assert.Contains("TLSv1.3, TLS_", run.Output, StringComparison.Ordinal);
        Assert.Contains("STARTTLS", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Fact]
    public async Task Capability_on_loopback_explains_that_STARTTLS_is_withheld_and_looks_twice()
    {
        var listener = _fixture.Listen(StartTlsPolicy.ExceptLoopback);
        var run = await ConsoleProgram.RunAsync("capability", $"127.0.0.1:{listener.Port}", "--json", "--timeout", "5");
        Assert.True(run.ExitCode == 1, run.ToString());
        var first = run.Objects[0];
        Assert.Equal("Withheld", first.Text("StartTls"));
        Assert.Contains("StartTlsWithheldOnLoopback", first.Codes(), StringComparer.Ordinal);
        Assert.All(run.Objects.Skip(1), second => Assert.Equal($"127.0.0.1:{listener.Port}", second.Text("SecondLookFor")));

        run = await ConsoleProgram.RunAsync("capability", $"127.0.0.1:{listener.Port}", "--json", "--no-second-look");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("Withheld", run.Object.Text("StartTls"));
    }

    [Fact]
    public async Task Capability_is_exit_code_3_where_nobody_answers_and_1_where_somebody_says_no()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var silent = $"127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}";
        var run = await ConsoleProgram.RunAsync("capability", silent, "--json", "--no-second-look");
        Assert.True(run.ExitCode == 3, run.ToString());
        Assert.Equal("Unreachable", run.Object.Text("StartTls"));
        Assert.Equal("ConnectFailed", run.Object.Text("Failure", "Code"));

        var never = _fixture.Listen(StartTlsPolicy.Never);
        run = await ConsoleProgram.RunAsync("capability", silent, $"127.0.0.1:{never.Port}", "--json", "--no-second-look");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(2, run.Objects.Count);
        Assert.Equal(silent, run.Objects[0].Text("Target"));
    }

    [Fact]
    public async Task Certificate_is_exit_code_0_where_it_is_verified()
    {
        var listener = _fixture.Listen();
        string[] line = ["certificate", "mail.test", "--port", $"{listener.Port}", "--address", "127.0.0.1", "--ca", _fixture.AuthorityFile];
        var run = await ConsoleProgram.RunAsync([.. line, "--json"]);
        Assert.True(run.ExitCode == 0, run.ToString());
        Shape.Is<CertificateResult>(run.Object);
        Shape.Is<CertificateInfo>(run.Object.GetProperty("Leaf"));
        Assert.Equal("true", run.Object.Text("Verified"));
        Assert.Equal(listener.Certificates[0].Thumbprint, run.Object.Text("Thumbprint"));
        Assert.StartsWith("-----BEGIN CERTIFICATE-----\n", run.Object.Text("Pem"), StringComparison.Ordinal);

        run = await ConsoleProgram.RunAsync(line);
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("verified", run.Output, StringComparison.Ordinal);
        Assert.Contains(listener.Certificates[0].Thumbprint, run.Output, StringComparison.Ordinal);
        Assert.Contains("days left", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_of_an_address_is_not_verified_and_the_reason_is_a_finding()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync("certificate", $"127.0.0.1:{listener.Port}", "--ca", _fixture.AuthorityFile, "--json");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("IdentityIsAddress", run.Object.Codes(), StringComparer.Ordinal);
        Assert.Equal("false", run.Object.Text("Verified"));
    }

    [Fact]
    public async Task The_old_behaviour_can_be_asked_for_and_is_marked()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(
            "certificate", $"mail.test:{listener.Port}", "--address", "127.0.0.1", "--ca", _fixture.AuthorityFile, "--tls-identity", "address", "--json");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal("Address", run.Object.Text("Tls", "IdentityUsed"));
        Assert.Contains("AddressIdentityUsed", run.Object.Codes(), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Certificate_is_exit_code_1_where_none_was_seen()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var run = await ConsoleProgram.RunAsync("certificate", $"127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("no certificate was seen", run.Output, StringComparison.Ordinal);
        Assert.Contains("ConnectFailed", run.Output, StringComparison.Ordinal);
    }
}
