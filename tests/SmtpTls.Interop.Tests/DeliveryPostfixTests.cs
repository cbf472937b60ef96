using System.Security.Cryptography;
using SmtpTls.Interop.Tests.Support;
using SmtpTls.Relay;

namespace SmtpTls.Interop.Tests;

/// <summary>The relay's deliveries to Postfix's smtpd, which takes mail over TLS only.</summary>
public sealed class DeliveryPostfixTests : IDisposable
{
    private readonly Pki _pki = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TlsLevel.Opportunistic)]
    [InlineData(TlsLevel.Encrypt)]
    [InlineData(TlsLevel.Fingerprint)]
    [InlineData(TlsLevel.Verify)]
    [InlineData(TlsLevel.Secure)]
    public async Task Postfix_takes_messages_on_one_connection_at_every_level(TlsLevel level)
    {
        Needs.Postfix();
        var certificate = _pki.Issue(["mx.test", "example.test"]);
        await using var postfix = await StartAsync(_pki.Export(certificate));
        await using var deliveries = new Deliveries("mx.test", postfix.Port, "example.test");
        var route = Route(level) with { Fingerprints = level == TlsLevel.Fingerprint ? [certificate.Certificate.GetCertHashString(HashAlgorithmName.SHA256)] : [] };

        for (var i = 0; i < 3; i++)
        {
            var report = await deliveries.DeliverAsync(route, Token, "b@example.test", "c@example.test");

            Assert.All(report.Recipients, r => Assert.Equal((RecipientFate.Delivered, null), (r.Fate, r.Failure)));
            Assert.NotNull(report.Tls);
            Assert.Equal((level, level == TlsLevel.Secure ? "example.test" : "mx.test"), (report.Tls.Level, report.Tls.MatchedIdentity));
            Assert.True(report.OfferedDsn);
            await postfix.WaitForLogAsync([$"{report.RemoteQueueId}: to=<c@example.test>", "status=sent"], Token);
        }

        // One handshake for all three.
        Assert.Equal(2, postfix.Log.Split("TLS connection established from").Length);
    }

    [Theory]
    [InlineData(TlsLevel.Verify, "elsewhere.test")]
    [InlineData(TlsLevel.Secure, "mx.test")]
    public async Task A_certificate_for_another_name_is_deferred_with_the_reason(TlsLevel level, string names)
    {
        Needs.Postfix();
        await using var postfix = await StartAsync(_pki.Export(_pki.Issue(names)));
        await using var deliveries = new Deliveries("mx.test", postfix.Port, "example.test");

        var report = await deliveries.DeliverAsync(Route(level), Token, "b@example.test");

        AssertDeferred(report, FindingCode.NameMismatch);
        Assert.Contains(names, report.NextHopFailure!.Message, StringComparison.Ordinal);
        await AssertNothingCameAsync(postfix);
    }

    [Theory]
    [InlineData(TlsLevel.Verify)]
    [InlineData(TlsLevel.Secure)]
    public async Task An_unknown_root_is_deferred_with_the_reason(TlsLevel level)
    {
        Needs.Postfix();
        using var stranger = new Pki();
        var (certificate, key) = stranger.Export(stranger.Issue(["mx.test", "example.test"]));
        await File.AppendAllTextAsync(certificate, await File.ReadAllTextAsync(stranger.CaFile, Token), Token);
        await using var postfix = await StartAsync((certificate, key));
        await using var deliveries = new Deliveries("mx.test", postfix.Port, "example.test");

        var report = await deliveries.DeliverAsync(Route(level), Token, "b@example.test");

        AssertDeferred(report, FindingCode.UntrustedRoot);
        Assert.Contains(stranger.Root.Subject, report.NextHopFailure!.Message, StringComparison.Ordinal);
        await AssertNothingCameAsync(postfix);
    }

    [Fact]
    public async Task Another_fingerprint_is_deferred_with_the_reason()
    {
        Needs.Postfix();
        await using var postfix = await StartAsync(_pki.Export(_pki.Issue("mx.test")));
        await using var deliveries = new Deliveries("mx.test", postfix.Port);

        var report = await deliveries.DeliverAsync(Route(TlsLevel.Fingerprint) with { Fingerprints = [new string('A', 64)] }, Token, "b@example.test");

        AssertDeferred(report, FindingCode.FingerprintMismatch);
        await AssertNothingCameAsync(postfix);
    }

    [Fact]
    public async Task Where_no_STARTTLS_is_offered_nothing_goes_out()
    {
        Needs.Postfix();
        await using var postfix = await PostfixInstance.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal), Token);
        await using var deliveries = new Deliveries("mx.test", postfix.Port);

        var report = await deliveries.DeliverAsync(Route(TlsLevel.Encrypt), Token, "b@example.test");

        Assert.Equal(FindingCode.StartTlsWithheldOnLoopback, report.NextHopFailure?.Code);
        Assert.Equal(RecipientFate.Deferred, report.Recipients[0].Fate);
        await AssertNothingCameAsync(postfix);
    }

    // By BDAT, where the message is at the server before it has refused anybody.
    [Fact]
    public async Task Each_recipient_gets_Postfixs_own_answer_and_the_session_goes_on()
    {
        Needs.Postfix();
        await using var postfix = await PostfixInstance.StartAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["smtpd_recipient_restrictions"] = "check_recipient_access inline:{{gone@example.test = 550 5.1.1 gone} {busy@example.test = 450 4.2.1 busy}}, permit_mynetworks, reject",
            },
            Token);
        await using var deliveries = new Deliveries("mx.test", postfix.Port);
        var route = Route(TlsLevel.None);

        var mixed = await deliveries.DeliverAsync(route, Token, "gone@example.test", "b@example.test", "busy@example.test");
        var none = await deliveries.DeliverAsync(route, Token, "gone@example.test");
        var after = await deliveries.DeliverAsync(route, Token, "c@example.test");

        Assert.Equal("Failed 550, Delivered 250, Deferred 450", Fates(mixed));
        Assert.Equal("Failed 550", Fates(none));
        Assert.Equal("Delivered 250", Fates(after));
        Assert.Single(postfix.Log.Split('\n'), line => line.Contains("/smtpd[", StringComparison.Ordinal) && line.Contains(": connect from", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Recipients_beyond_Postfixs_limit_get_another_transaction()
    {
        Needs.Postfix();
        await using var postfix = await PostfixInstance.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["smtpd_recipient_limit"] = "3" }, Token);
        await using var deliveries = new Deliveries("mx.test", postfix.Port);
        var recipients = Enumerable.Range(0, 10).Select(i => $"r{i}@example.test").ToArray();

        var report = await deliveries.DeliverAsync(Route(TlsLevel.None), Token, recipients);

        Assert.All(report.Recipients, r => Assert.Equal(RecipientFate.Delivered, r.Fate));
        foreach (var recipient in recipients)
        {
            await postfix.WaitForLogAsync([$"to=<{recipient}>", "status=sent"], Token);
        }
    }

    [Fact]
    public async Task A_large_message_goes_by_DATA()
    {
        Needs.Postfix();
        await using var postfix = await PostfixInstance.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal), Token);
        await using var deliveries = new Deliveries("mx.test", postfix.Port);
        var message = "Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(".0123456789012345678901234567890123456789012345678901234567890\r\n", 20_000));

        var report = await deliveries.DeliverAsync(Route(TlsLevel.None), message, Token, "b@example.test");

        Assert.Equal("Delivered 250", Fates(report));
        await postfix.WaitForLogAsync([$"{report.RemoteQueueId}: to=<b@example.test>", "status=sent"], Token);
    }

    public void Dispose() => _pki.Dispose();

    private static string Fates(DeliveryReport report) => string.Join(", ", report.Recipients.Select(r => $"{r.Fate} {r.Reply?.Code}"));

    private static void AssertDeferred(DeliveryReport report, FindingCode code)
    {
        Assert.Equal((RecipientFate.Deferred, "4.7.5"), (report.Recipients[0].Fate, report.Recipients[0].Reply?.Enhanced.ToString()));
        Assert.Equal((code, false), (report.NextHopFailure!.Code, report.NextHopFailure.Permanent));
        Assert.False(report.Tls!.Verified);
    }

    private SmtpRoute Route(TlsLevel level) => new() { Domains = ["*"], TlsLevel = level, TrustedCertificates = [_pki.Root] };

    private static Task<PostfixInstance> StartAsync((string Certificate, string Key) files) => PostfixInstance.StartAsync(
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["smtpd_tls_security_level"] = "encrypt",
            ["smtpd_tls_cert_file"] = files.Certificate,
            ["smtpd_tls_key_file"] = files.Key,
        },
        Token);

    // Postfix gives a transaction a queue id with its first recipient, and logs that as "client=".
    private static async Task AssertNothingCameAsync(PostfixInstance postfix)
    {
        await postfix.WaitForLogAsync(["/smtpd[", "disconnect from"], Token);
        Assert.DoesNotContain("client=", postfix.Log, StringComparison.Ordinal);
    }
}
