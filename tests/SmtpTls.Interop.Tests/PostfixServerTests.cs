using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Interop.Tests;

/// <summary>Our sender against Postfix's smtpd, which takes mail over TLS only.</summary>
public sealed class PostfixServerTests : IDisposable
{
    private readonly Pki _pki = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CertificateKeyKind.Rsa2048)]
    [InlineData(CertificateKeyKind.EcdsaP256)]
    public async Task Postfix_takes_a_message_at_level_Secure_and_its_log_agrees_with_the_result(CertificateKeyKind key)
    {
        Needs.Postfix();
        var certificate = _pki.Issue("mail.test", key, withIntermediate: true);
        await using var postfix = await StartAsync(_pki.Export(certificate));

        var result = await SendAsync(postfix, "mail.test", _pki.Root);

        Assert.Null(result.Failure);
        Assert.True(result.Accepted);
        Assert.Equal("127.0.0.1", result.Address);
        Assert.NotNull(result.Tls);
        Assert.Equal("TLSv1.3", result.Tls.Protocol);
        Assert.Equal("mail.test", result.Tls.MatchedIdentity);
        Assert.Equal(TlsLevel.Secure, result.Tls.Level);
        Assert.True(result.Tls.Verified);
        Assert.Equal(certificate.Thumbprint, result.Tls.PeerThumbprint);

        // What Postfix wrote of the same session and the same message.
        await postfix.WaitForLogAsync(["TLS connection established from", $"TLSv1.3 with cipher {result.Tls.CipherSuite}"], Token);
        Assert.False(string.IsNullOrEmpty(result.QueueId), $"no queue id from: {result.Reply}");
        await postfix.WaitForLogAsync(["/cleanup[", $"{result.QueueId}: message-id={result.MessageId}"], Token);
        await postfix.WaitForLogAsync([$"{result.QueueId}: to=<b@example.test>", "status=sent"], Token);
    }

    [Fact]
    public async Task A_certificate_that_names_another_host_is_refused_and_nothing_is_sent()
    {
        Needs.Postfix();
        await using var postfix = await StartAsync(_pki.Export(_pki.Issue("mail.test")));

        var result = await SendAsync(postfix, "other.test", _pki.Root);

        Assert.Equal(FindingCode.NameMismatch, result.Failure?.Code);
        Assert.Contains("mail.test", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("other.test", result.Failure.Message, StringComparison.Ordinal);
        await AssertNothingCameAsync(postfix, result);
    }

    [Fact]
    public async Task A_root_that_is_not_trusted_is_named_and_nothing_is_sent()
    {
        Needs.Postfix();
        using var stranger = new Pki();
        var (certificate, key) = stranger.Export(stranger.Issue("mail.test"));
        await File.AppendAllTextAsync(certificate, await File.ReadAllTextAsync(stranger.CaFile, Token), Token);
        await using var postfix = await StartAsync((certificate, key));

        var result = await SendAsync(postfix, "mail.test", _pki.Root);

        Assert.Equal(FindingCode.UntrustedRoot, result.Failure?.Code);
        Assert.Contains(stranger.Root.Subject, result.Failure!.Message, StringComparison.Ordinal);
        await AssertNothingCameAsync(postfix, result);
    }

    [Fact]
    public async Task An_issuer_that_is_neither_sent_nor_trusted_is_named_and_nothing_is_sent()
    {
        Needs.Postfix();
        using var stranger = new Pki();
        await using var postfix = await StartAsync(stranger.Export(stranger.Issue("mail.test")));

        var result = await SendAsync(postfix, "mail.test", _pki.Root);

        Assert.Equal(FindingCode.ChainIncomplete, result.Failure?.Code);
        Assert.Contains(stranger.Root.Subject, result.Failure!.Message, StringComparison.Ordinal);
        await AssertNothingCameAsync(postfix, result);
    }

    // On loopback the sender names the case that an administrator meets there most: a server that withholds STARTTLS.
    [Fact]
    public async Task Where_no_STARTTLS_is_offered_nothing_is_sent()
    {
        Needs.Postfix();
        await using var postfix = await PostfixInstance.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal), Token);

        var result = await SendAsync(postfix, "mail.test", _pki.Root);

        Assert.Equal(FindingCode.StartTlsWithheldOnLoopback, result.Failure?.Code);
        await AssertNothingCameAsync(postfix, result);
    }

    public void Dispose() => _pki.Dispose();

    private static Task<PostfixInstance> StartAsync((string Certificate, string Key) files) => PostfixInstance.StartAsync(
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["smtpd_tls_security_level"] = "encrypt",
            ["smtpd_tls_cert_file"] = files.Certificate,
            ["smtpd_tls_key_file"] = files.Key,
        },
        Token);

    private static async Task<SendResult> SendAsync(
        PostfixInstance postfix, string server, System.Security.Cryptography.X509Certificates.X509Certificate2 trusted)
    {
        using var message = OutgoingMessage.Compose(new MailContent
        {
            From = "a@test",
            To = ["b@example.test"],
            Subject = "Grüße",
            TextBody = "first mail\n.\n",
        });
        var options = new SendOptions { Server = server, Address = "127.0.0.1", Port = postfix.Port, TrustedCertificates = [trusted], TlsLevel = TlsLevel.Secure };
        return await new SmtpSender().SendAsync(options, message, Token);
    }

    // Postfix gives a transaction a queue id with its first recipient, and logs that as "client=".
    private static async Task AssertNothingCameAsync(PostfixInstance postfix, SendResult result)
    {
        Assert.All(result.Recipients, r => Assert.False(r.Accepted));
        await postfix.WaitForLogAsync(["/smtpd[", "disconnect from"], Token);
        Assert.DoesNotContain("client=", postfix.Log, StringComparison.Ordinal);
    }
}
