using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Interop.Tests;

/// <summary><c>openssl s_client -starttls smtp</c> against our listener.</summary>
public sealed partial class OpenSslTests : IDisposable
{
    private readonly Pki _pki = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("-tls1_2", "TLSv1.2", CertificateKeyKind.Rsa2048)]
    [InlineData("-tls1_2", "TLSv1.2", CertificateKeyKind.EcdsaP256)]
    [InlineData("-tls1_3", "TLSv1.3", CertificateKeyKind.Rsa2048)]
    [InlineData("-tls1_3", "TLSv1.3", CertificateKeyKind.EcdsaP256)]
    public async Task OpenSSL_verifies_chain_and_name(string version, string protocol, CertificateKeyKind key)
    {
        Needs.Program("openssl");
        await using var listener = TestListener.Start(_pki.Issue("mail.test", key, withIntermediate: true));

        var outcome = await ConnectAsync(listener, ["-servername", "mail.test", "-verify_hostname", "mail.test", "-showcerts", version]);

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains("Verification: OK", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Verified peername: mail.test", outcome.Output, StringComparison.Ordinal);
        Assert.Contains($"New, {protocol}, Cipher is", outcome.Output, StringComparison.Ordinal);

        // The server's own and the intermediate; a root is not sent (RFC 8446 §4.4.2).
        Assert.Equal(2, BeginCertificate().Count(outcome.Output));

        // Inside TLS the session goes on: the answer to EHLO lists no STARTTLS any more.
        Assert.Contains("250-PIPELINING", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("STARTTLS", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("221 2.0.0", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenSSL_refuses_the_listener_under_another_name()
    {
        Needs.Program("openssl");
        await using var listener = TestListener.Start(_pki.Issue("mail.test"));

        var outcome = await ConnectAsync(listener, ["-verify_hostname", "other.test"]);

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("hostname mismatch", outcome.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("a.test", "a.test")]
    [InlineData("b.test", "b.test")]
    [InlineData("unknown.test", "a.test")]
    public async Task The_server_name_picks_the_certificate(string asked, string presented)
    {
        Needs.Program("openssl");
        await using var listener = TestListener.Start(_pki.Issue("a.test"), _pki.Issue("b.test", CertificateKeyKind.Rsa2048));

        var outcome = await ConnectAsync(listener, ["-servername", asked, "-verify_hostname", presented]);

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains($"Verified peername: {presented}", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_knows_no_better_than_TLS_1_1_gets_an_alert_and_the_listener_goes_on()
    {
        Needs.Program("openssl");
        await using var listener = TestListener.Start(_pki.Issue("mail.test"));

        // Without the security level OpenSSL would not even try, and the refusal would be its own.
        var old = await ConnectAsync(listener, ["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"]);

        Assert.NotEqual(0, old.ExitCode);
        Assert.Contains("SSL alert number 70", old.Error, StringComparison.Ordinal);
        await listener.WaitForAsync(ListenerEventKind.TlsFailed, Token);
        var current = await ConnectAsync(listener, ["-tls1_2", "-verify_hostname", "mail.test"]);
        Assert.True(current.ExitCode == 0, current.ToString());
    }

    public void Dispose() => _pki.Dispose();

    private Task<ProcessOutcome> ConnectAsync(TestListener listener, string[] arguments) => ExternalProcess.RunAsync(
        "openssl",
        [
            "s_client", "-starttls", "smtp", "-connect", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{listener.Port}"),
            "-CAfile", _pki.CaFile, "-verify_return_error", "-crlf", "-ign_eof", .. arguments,
        ],
        Encoding.ASCII.GetBytes("EHLO client.test\nQUIT\n"),
        Token);

    [GeneratedRegex("-----BEGIN CERTIFICATE-----", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BeginCertificate();
}
