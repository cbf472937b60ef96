using System.Globalization;
using System.Net;
using System.Text;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Interop.Tests;

/// <summary>swaks against our listener.</summary>
public sealed class SwaksTests : IDisposable
{
    // A line with a dot alone ends a message unless it is stuffed (RFC 5321 §4.5.2); these are all its shapes.
    private const string Message = "Subject: dots\r\nFrom: a@test\r\nTo: b@test\r\n\r\n.\r\n..\r\nbefore\r\n.\r\n.after\r\n...\r\nend\r\n";

    private readonly Pki _pki = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("tlsv1_2", "TLSv1.2", false)]
    [InlineData("tlsv1_3", "TLSv1.3", false)]
    [InlineData("tlsv1_3", "TLSv1.3", true)]
    public async Task Swaks_verifies_and_its_message_arrives_byte_by_byte(string version, string protocol, bool pipeline)
    {
        await Needs.SwaksAsync(Token);
        await using var listener = TestListener.Start(_pki.Issue("mail.test", withIntermediate: true));

        var outcome = await SendAsync(listener, _pki.CaFile, ["--tls-protocol", version, .. pipeline ? ["--pipeline"] : Array.Empty<string>()]);

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains("=== TLS started with cipher", outcome.Output, StringComparison.Ordinal);
        using var message = await listener.ReceiveAsync(Token);
        Assert.Equal("a@test", message.From);
        Assert.Equal(["b@test", "c@test"], message.To);
        Assert.Equal("swaks.test", message.HelloName);
        Assert.Equal(protocol, message.Tls?.Protocol);
        Assert.Equal(Message, Encoding.ASCII.GetString(TestListener.Bytes(message)));
    }

    [Fact]
    public async Task Swaks_refuses_a_listener_whose_root_it_does_not_know()
    {
        await Needs.SwaksAsync(Token);
        using var stranger = new Pki();
        await using var listener = TestListener.Start(_pki.Issue("mail.test"));

        var outcome = await SendAsync(listener, stranger.CaFile, []);

        // 29: STARTTLS was asked for and the session could not be made (swaks(1), EXIT CODES).
        Assert.True(outcome.ExitCode == 29, outcome.ToString());
        Assert.Equal(0, listener.Inner.Received);
    }

    [Theory]
    [InlineData("PLAIN", "correct horse", 0)]
    [InlineData("LOGIN", "correct horse", 0)]
    [InlineData("PLAIN", "wrong", 28)] // swaks(1): authentication failed
    [InlineData("LOGIN", "wrong", 28)]
    public async Task Swaks_authenticates_and_shows_a_certificate(string mechanism, string password, int exitCode)
    {
        await Needs.SwaksAsync(Token);
        var users = UserDirectory.Create([new NetworkCredential("ann@mail.test", "correct horse")]);
        await using var listener = TestListener.Start(
            o => o with { Users = users, RequireAuthentication = true, ClientCertificate = ClientCertificatePolicy.Require }, _pki.Issue("mail.test"));
        using var shown = _pki.Issue("client.test");
        var (certificate, key) = _pki.Export(shown);

        var outcome = await SendAsync(listener, _pki.CaFile,
            ["--auth", mechanism, "--auth-user", "ann@mail.test", "--auth-password", password, "--tls-cert", certificate, "--tls-key", key]);

        Assert.True(outcome.ExitCode == exitCode, outcome.ToString());
        if (exitCode == 0)
        {
            using var message = await listener.ReceiveAsync(Token);
            Assert.Equal(("ann@mail.test", "ESMTPSA"), (message.User, message.Protocol));
            Assert.Equal(["client.test"], message.ClientCertificate!.Certificate.DnsNames);
        }
        else
        {
            Assert.Contains("535 5.7.8", outcome.Output, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _pki.Dispose();

    private async Task<ProcessOutcome> SendAsync(TestListener listener, string caFile, string[] arguments)
    {
        var file = _pki.Folder["message.eml"];

        // swaks ends the last line itself.
        await File.WriteAllTextAsync(file, Message[..^2], Token);
        return await ExternalProcess.RunAsync(
            "swaks",
            [
                "--server", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{listener.Port}"), "--helo", "swaks.test",
                "--from", "a@test", "--to", "b@test,c@test", "--tls", "--tls-verify", "--tls-ca-path", caFile, "--tls-sni", "mail.test",
                "--data", $"@{file}", .. arguments,
            ],
            Token);
    }
}
