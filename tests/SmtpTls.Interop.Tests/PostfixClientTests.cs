using System.Globalization;
using System.Text;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Interop.Tests;

/// <summary>Postfix's smtp client at level "secure" against our listener.</summary>
public sealed class PostfixClientTests : IDisposable
{
    private readonly Pki _pki = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CertificateKeyKind.Rsa2048)]
    [InlineData(CertificateKeyKind.EcdsaP256)]
    public async Task Postfix_verifies_the_listener_and_delivers(CertificateKeyKind key)
    {
        Needs.Postfix();
        await using var listener = TestListener.Start(_pki.Issue("mail.test", key, withIntermediate: true));
        await using var postfix = await StartAsync(listener.Port, "mail.test");

        var handed = await postfix.SendmailAsync("a@test", "b@example.test", "Subject: from Postfix\n\none\n.\n..two\nthree\n", Token);
        Assert.True(handed.ExitCode == 0, handed.ToString());

        using var message = await listener.ReceiveAsync(Token);
        Assert.Equal("a@test", message.From);
        Assert.Equal(["b@example.test"], message.To);
        Assert.Equal("from Postfix", message.Subject);
        Assert.EndsWith("\r\n\r\none\r\n.\r\n..two\r\nthree\r\n", Encoding.ASCII.GetString(TestListener.Bytes(message)), StringComparison.Ordinal);
        Assert.Equal("TLSv1.3", message.Tls?.Protocol);
        Assert.Equal("mail.test", message.Tls?.ServerNameIndication);

        await postfix.WaitForLogAsync(["/smtp[", "Verified TLS connection established to", $"TLSv1.3 with cipher {message.Tls!.CipherSuite}"], Token);
        await postfix.WaitForLogAsync(["/smtp[", "status=sent", $"queued as {message.Id}"], Token);
    }

    [Fact]
    public async Task Postfix_keeps_the_message_where_the_listener_has_another_name()
    {
        Needs.Postfix();
        await using var listener = TestListener.Start(_pki.Issue("mail.test"));
        await using var postfix = await StartAsync(listener.Port, "other.test");

        var handed = await postfix.SendmailAsync("a@test", "b@example.test", "Subject: not for you\n\nx\n", Token);
        Assert.True(handed.ExitCode == 0, handed.ToString());

        await postfix.WaitForLogAsync(["/smtp[", "status=deferred", "Server certificate not verified"], Token);
        Assert.Equal(0, listener.Waiting);
        Assert.Equal(0, listener.Inner.Received);
    }

    public void Dispose() => _pki.Dispose();

    private Task<PostfixInstance> StartAsync(int port, string name) => PostfixInstance.StartAsync(
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["default_transport"] = "smtp",
            ["relay_transport"] = "smtp",
            ["relayhost"] = string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{port}"),
            ["smtp_tls_security_level"] = "secure",
            ["smtp_tls_secure_cert_match"] = name,
            ["smtp_tls_servername"] = name,
            ["smtp_tls_CAfile"] = _pki.CaFile,
        },
        Token);
}
