using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Console;

/// <summary>What goes wrong at a prompt or in a script is said once, with place and remedy, in words that can be typed there.</summary>
public sealed partial class BadInputTests : IAsyncDisposable
{
    private readonly ConsoleFixture _fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("capability mail.test --port 99999")]
    [InlineData("send --json --from a@test --to b@test")]
    [InlineData("listen --start-tls sometimes")]
    [InlineData("listen --count 1 --count 2")]
    public async Task A_command_line_that_cannot_be_used_is_an_object_where_objects_are_asked_for(string line)
    {
        var run = await ConsoleProgram.RunAsync([.. line.Split(' '), "--json"]);
        Assert.True(run.ExitCode == 2, run.ToString());
        Shape.Is<SmtpFailure>(run.Object.GetProperty("Failure"));
        Assert.Equal("InvalidInput", run.Object.Text("Failure", "Code"));
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("send --server --from a@test --to b@test", "--server: its value is missing; --from follows at once.")]
    [InlineData("listen --capture --json", "--capture: its value is missing; --json follows at once.")]
    [InlineData("send --server mail.test --from a@test --to b@test --subject --body Hi", "--subject: its value is missing; --body follows at once.")]
    public async Task An_option_is_no_other_options_value(string line, string expected)
    {
        var run = await ConsoleProgram.RunAsync(line.Split(' '));
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists("--json"));
    }

    [Fact]
    public async Task A_value_that_looks_like_an_option_goes_behind_an_equals_sign()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--subject=--body", "--body", "Hi"));
        Assert.True(run.ExitCode == 0, run.ToString());
        using var message = await listener.Capture!.ReceiveAsync(Token);
        Assert.Equal("--body", message.Subject);
    }

    [Fact]
    public async Task Where_nothing_was_tried_there_is_only_the_reason()
    {
        var run = await ConsoleProgram.RunAsync("send", "--server", "mail.test", "--from", "a@test", "--to", "b@test", "--ca", _fixture.File("none.pem"));
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("", run.Output);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("--eml", "--eml: '{0}' is a folder.")]
    [InlineData("--body-file", "--body-file: '{0}' is a folder.")]
    [InlineData("--ca", "--ca: The certificate file '{0}' cannot be read: it is a folder.")]
    public async Task A_folder_is_no_file(string option, string expected)
    {
        var run = await ConsoleProgram.RunAsync("send", "--server", "mail.test", "--from", "a@test", "--to", "b@test", option, _fixture.Folder);
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Contains(string.Format(CultureInfo.InvariantCulture, expected, _fixture.Folder), run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_on_standard_input_is_no_message()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(_fixture.Send(listener, "--eml", "-", "--json"), []);
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("InvalidInput", run.Object.Text("Failure", "Code"));
        Assert.Contains("The message is empty.", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, listener.Received);
    }

    [Fact]
    public async Task Advice_is_in_options_and_not_in_parameters()
    {
        var listener = _fixture.Listen();
        var run = await ConsoleProgram.RunAsync(
            "send", "--server", "127.0.0.1", "--port", $"{listener.Port}", "--ca", _fixture.AuthorityFile, "--from", "a@test", "--to", "b@test");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("give --server-name mail.test", run.Error, StringComparison.Ordinal);
        Assert.Contains("give --server-name mail.test", run.Output, StringComparison.Ordinal);

        run = await ConsoleProgram.RunAsync("certificate", $"mail.test:{listener.Port}", "--address", "127.0.0.1");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("--ca FILE", run.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_parameter_that_the_engine_advises_has_an_option_here()
    {
        var table = File.ReadAllText(RepositoryFolder.Combine("src", "SmtpTls.Console", "Output", "ShellWords.cs"));
        var advised = Directory.EnumerateFiles(RepositoryFolder.Combine("src", "SmtpTls"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(File.ReadLines)
            .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .SelectMany(line => Parameter().Matches(line))
            .Select(match => match.Value)
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        Assert.Contains("-ServerName", advised, StringComparer.Ordinal);
        Assert.All(advised, parameter => Assert.Contains($"(\"{parameter}", table, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_servers_words_are_parted_from_the_advice()
    {
        await using var listener = SmtpListener.Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback], Sink = new RefusingSink() });
        var run = await ConsoleProgram.RunAsync(
            "send", "--server", "127.0.0.1", "--port", $"{listener.Port}", "--tls-mode", "none", "--from", "a@test", "--to", "b@test");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("554 5.7.1 no thanks. The server's text", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_recipient_too_many_is_named_and_what_to_do_about_it()
    {
        await using var listener = SmtpListener.Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback], Limits = new ListenerLimits { MaximumRecipients = 2 } });
        var run = await ConsoleProgram.RunAsync(
            "send", "--server", "127.0.0.1", "--port", $"{listener.Port}", "--tls-mode", "none", "--from", "a@test", "--to", "b@test", "--to", "c@test", "--to", "d@test");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.StartsWith("Partly accepted: 2 of 3 recipients", run.Output, StringComparison.Ordinal);
        Assert.Contains("refused 1 of 3 recipients: d@test (452 4.5.3", run.Error, StringComparison.Ordinal);
        Assert.Contains("Send the message again, to these recipients only", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo", 1)]
    [InlineData("listen --address 127.0.0.1 --tls-mode none", 1)]
    [InlineData("capability a..b", 3)]
    public async Task An_output_that_takes_nothing_is_named(string line, int exitCode)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here, a device that is always full.");
        var start = new ProcessStartInfo("sh") { RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"exec \"{Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet"}\" \"{ConsoleProgram.Assembly}\" {line} > /dev/full");
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == exitCode, $"exit {process.ExitCode}: {error}");
        Assert.StartsWith("smtptls: Standard output cannot be written to: ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("listen")]
    [InlineData("send")]
    [InlineData("capability")]
    [InlineData("certificate")]
    [InlineData("demo")]
    public async Task Help_ends_with_examples_of_options_that_exist(string verb)
    {
        var run = await ConsoleProgram.RunAsync(verb, "--help");
        Assert.True(run.ExitCode == 0, run.ToString());
        var parts = run.Output.Split("\nExamples:\n");
        Assert.Equal(2, parts.Length);
        var examples = parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(examples, example => Assert.StartsWith($"  smtptls {verb}", example, StringComparison.Ordinal));
        var options = examples.SelectMany(example => example.Split(' ')).Where(word => word.StartsWith("--", StringComparison.Ordinal));
        Assert.All(options, option => Assert.Contains($"\n  {option} ", parts[0], StringComparison.Ordinal));
    }

    [GeneratedRegex("(?<= )-[A-Z][a-z]+[A-Za-z]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();

    private sealed class RefusingSink : IMessageSink
    {
        public ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            message.Dispose();
            return ValueTask.FromResult(new SmtpReply(554, new EnhancedStatusCode(5, 7, 1), ["no thanks"]));
        }
    }
}
