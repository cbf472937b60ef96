namespace SmtpTls.Tests.Console;

public sealed class UsageTests
{
    [Theory]
    [InlineData("capability", "Required argument missing")]
    [InlineData("", "No verb was given. Give one of listen, send, capability, certificate, relay, queue, demo.")]
    [InlineData("frobnicate", "'frobnicate' is no verb. Give one of listen, send, capability, certificate, relay, queue, demo.")]
    [InlineData("listen --port 70000", "--port: '70000' is no port. Give 0 to 65535.")]
    [InlineData("listen --tls-mode sometimes", "--tls-mode: 'sometimes' is none of its values. Give one of starttls|implicit|none.")]
    [InlineData("listen --start-tls always", "TLS was asked for, but there is no certificate. Give --certificate FILE, or --self-signed NAME for a trial.")]
    [InlineData("listen --address nowhere", "--address: 'nowhere' is no IP address. Give one of this machine's")]
    [InlineData("listen --certificate a.pem --certificate b.pem --key k.pem", "--key was given 1 times and --certificate 2 times.")]
    [InlineData("listen --ca-out ca.pem", "--ca-out was given without --self-signed")]
    [InlineData("listen --max-size much", "--max-size: 'much' is no size. Give bytes, or for example 512K or 50M.")]
    [InlineData("listen --count 0", "--count: '0' is no number above zero.")]
    [InlineData("listen --self-signed bad_-.name-", "bad_-.name-")]
    [InlineData("send --from a@test --to b@test", "'--server' is required.")]
    [InlineData("send --server mail.test --to b@test", "--from is missing. Give the sender's address")]
    [InlineData("send --server mail.test --from a@test", "There is no recipient. Give --to, --cc or --bcc.")]
    [InlineData("send --server mail.test --eml - --body Hi", "--eml is a whole message already. Leave out --subject, --body and --body-file.")]
    [InlineData("send --server mail.test --from a@test --to b@test --port 0", "--port: '0' is no port. Give 1 to 65535.")]
    [InlineData("send --server mail.test --from a@test --to b@test --timeout soon", "--timeout: 'soon' is no time. Give seconds, for example 10 or 0.5")]
    [InlineData("send --server mail.test --from a@test --to b@test --user me", "--user needs --password-env. Give the name of the environment variable")]
    [InlineData("send --server mail.test --from a@test --to b@test --password-env X", "--password-env was given without --user.")]
    [InlineData("send --server mail.test --from a@test --to b@test --client-key k.pem", "--client-key was given without --client-certificate.")]
    [InlineData("capability --frob mail.test", "'--frob' is neither an option of capability nor a target.")]
    [InlineData("capability --ca nowhere.pem mail.test", "--ca: The certificate file 'nowhere.pem' cannot be read")]
    [InlineData("certificate --tls-identity face mail.test", "--tls-identity: 'face' is none of its values. Give one of name|address.")]
    [InlineData("relay", "'--config' is required.")]
    [InlineData("relay --config nowhere.json --check", "nowhere.json: $: the file")]
    [InlineData("queue remove --queue x.queue abc", "'abc' is no message's id.")]
    [InlineData("queue list", "'--queue' is required.")]
    public async Task What_cannot_be_used_is_named_with_a_remedy_and_exit_code_2(string line, string expected)
    {
        var run = await ConsoleProgram.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.StartsWith("smtptls: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task Help_names_the_verbs()
    {
        var run = await ConsoleProgram.RunAsync("--help");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.All(["listen", "send", "capability", "certificate", "relay", "queue", "demo"], verb => Assert.Contains($"\n  {verb} ", run.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("capability")]
    [InlineData("certificate")]
    public async Task A_target_that_is_none_is_a_record_with_a_failure_and_exit_code_2(string verb)
    {
        var run = await ConsoleProgram.RunAsync(verb, "--json", "a..b");
        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("InvalidInput", run.Object.Text("Failure", "Code"));
        Assert.Equal("a..b", run.Object.Text("Target"));
    }
}
