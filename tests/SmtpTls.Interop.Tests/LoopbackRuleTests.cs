using System.Text.Json;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Interop.Tests;

/// <summary>
/// STARTTLS on loopback and beside it, on one listener with the default policy, on addresses that are no loopback: the
/// console listens on one machine (a network namespace) and asks from there and from another.
/// </summary>
public sealed class LoopbackRuleTests : IAsyncLifetime
{
    private const int Port = 2525;

    private NamespacePair? _machines;
    private ExternalProcess? _listener;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _machines = await NamespacePair.CreateAsync(Token);
        try
        {
            await StartListenerAsync(_machines.Server);
        }
        catch
        {
            // xunit does not dispose of what failed to initialize.
            await DisposeAsync();
            throw;
        }
    }

    [Fact]
    public async Task STARTTLS_is_offered_on_real_addresses_and_withheld_on_loopback_ones_by_the_same_listener()
    {
        string[] real = [$"{NamespacePair.ServerIPv4}:{Port}", $"[{NamespacePair.ServerIPv6}]:{Port}"];

        var fromOutside = await AskAsync(_machines!.Client, expectedExitCode: 0, real);
        AssertOffered(fromOutside, real);

        // The machine's own address, dialled by itself, is no loopback address.
        var fromInside = await AskAsync(_machines.Server, expectedExitCode: 0, real);
        AssertOffered(fromInside, real);

        string[] loopback = [$"127.0.0.1:{Port}", $"127.1.2.3:{Port}", $"[::1]:{Port}"];
        var overLoopback = await AskAsync(_machines.Server, expectedExitCode: 1, loopback);
        foreach (var target in loopback)
        {
            var result = Assert.Single(overLoopback, r => Text(r, "Target") == target && Text(r, "SecondLookFor") is null);
            Assert.Equal("Withheld", Text(result, "StartTls"));
            Assert.Contains("StartTlsWithheldOnLoopback", Codes(result), StringComparer.Ordinal);
            Assert.DoesNotContain("STARTTLS", Strings(result, "Capabilities"), StringComparer.Ordinal);
            Assert.Contains("PIPELINING", Strings(result, "Capabilities"), StringComparer.Ordinal);
        }
    }

    [Fact]
    public async Task Asked_for_localhost_the_console_names_the_case_and_finds_STARTTLS_on_the_machines_own_addresses()
    {
        var target = $"localhost:{Port}";

        var results = await AskAsync(_machines!.Server, expectedExitCode: 1, target);

        var first = results.FindAll(r => Text(r, "Target") == target && Text(r, "SecondLookFor") is null);
        Assert.NotEmpty(first);
        Assert.All(first, r => Assert.Equal("Withheld", Text(r, "StartTls")));
        Assert.All(first, r => Assert.Contains("StartTlsWithheldOnLoopback", Codes(r), StringComparer.Ordinal));

        var second = results.FindAll(r => Text(r, "SecondLookFor") == target);
        foreach (var address in (string[])[NamespacePair.ServerIPv4, NamespacePair.ServerIPv6])
        {
            var found = Assert.Single(second, r => Text(r, "Address") == address);
            Assert.Equal("Offered", Text(found, "StartTls"));
            Assert.Equal("TLSv1.3", Text(found.GetProperty("Tls"), "Protocol"));
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task The_command_is_refused_on_loopback_with_the_reason(string address)
    {
        var reply = await SayStartTlsAsync(address);
        Assert.False(reply.GetProperty("offered").GetBoolean());
        Assert.Equal(502, reply.GetProperty("code").GetInt32());
        Assert.Contains("withheld on loopback", Text(reply, "text"), StringComparison.Ordinal);

        var onRealAddress = await SayStartTlsAsync(NamespacePair.ServerIPv4);
        Assert.True(onRealAddress.GetProperty("offered").GetBoolean());
        Assert.Equal(220, onRealAddress.GetProperty("code").GetInt32());
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_listener is not null)
            {
                await _listener.DisposeAsync();
            }
        }
        finally
        {
            if (_machines is not null)
            {
                await _machines.DisposeAsync();
            }
        }
    }

    private async Task StartListenerAsync(string machine)
    {
        _listener = ExternalProcess.Start(
            "ip", NamespacePair.Inside(machine, [.. ConsoleProgram.Command, "listen", "--port", $"{Port}", "--self-signed", "mail.test", "--json"]));
        var ready = ConsoleProgram.ReadLines(await _listener.WaitForLineAsync(line => line.Contains("\"Ready\"", StringComparison.Ordinal), Token))[0];
        Assert.Equal(Port, ready.GetProperty("Port").GetInt32());
        Assert.Equal("ExceptLoopback", ready.GetProperty("StartTls").GetString());
    }

    private static void AssertOffered(List<JsonElement> results, string[] targets)
    {
        Assert.Equal(targets.Length, results.Count);
        foreach (var target in targets)
        {
            var result = Assert.Single(results, r => Text(r, "Target") == target);
            Assert.Equal("Offered", Text(result, "StartTls"));
            Assert.Equal("TLSv1.3", Text(result.GetProperty("Tls"), "Protocol"));
            Assert.Contains("STARTTLS", Strings(result, "Capabilities"), StringComparer.Ordinal);
            Assert.DoesNotContain("STARTTLS", Strings(result, "CapabilitiesAfterTls"), StringComparer.Ordinal);
        }
    }

    private static string? Text(JsonElement record, string property) => record.TryGetProperty(property, out var value) ? value.GetString() : null;

    private static List<string?> Strings(JsonElement record, string property) => [.. record.GetProperty(property).EnumerateArray().Select(v => v.GetString())];

    private static List<string?> Codes(JsonElement record) => [.. record.GetProperty("Findings").EnumerateArray().Select(f => Text(f, "Code"))];

    private static async Task<List<JsonElement>> AskAsync(string machine, int expectedExitCode, params string[] targets)
    {
        var outcome = await ExternalProcess.RunAsync(
            "ip", NamespacePair.Inside(machine, [.. ConsoleProgram.Command, "capability", .. targets, "--json"]), Token);
        Assert.True(outcome.ExitCode == expectedExitCode, outcome.ToString());
        return ConsoleProgram.ReadLines(outcome.Output);
    }

    private async Task<JsonElement> SayStartTlsAsync(string address)
    {
        Needs.Program("python3");
        var script = Path.Combine(AppContext.BaseDirectory, "Python", "starttls.py");
        var outcome = await ExternalProcess.RunAsync("ip", NamespacePair.Inside(_machines!.Server, "python3", script, address, $"{Port}"), Token);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return Assert.Single(ConsoleProgram.ReadLines(outcome.Output));
    }
}
