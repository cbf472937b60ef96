using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Interop.Tests;

/// <summary>Our relay between programs that were not written here.</summary>
public sealed class RelayTests : IDisposable
{
    private readonly Pki _pki = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_Postfix_at_level_secure_through_the_relay_to_a_sink()
    {
        Needs.Postfix();
        Needs.Program("smtp-sink");
        await using var sink = await SmtpSink.StartAsync(Token);
        await using var relay = await StartAsync(TestRelay.To(sink.Port));
        await using var postfix = await StartPostfixAsync(relay.Port);

        for (var i = 0; i < 5; i++)
        {
            var handed = await postfix.SendmailAsync("a@test", $"b{i}@example.test", "Subject: from Postfix\n\none\n.\ntwo\n", Token);
            Assert.True(handed.ExitCode == 0, handed.ToString());
        }

        for (var i = 0; i < 5; i++)
        {
            await postfix.WaitForLogAsync([$"to=<b{i}@example.test>", "status=sent", "queued as"], Token);
        }

        Assert.True(await relay.Inner.WaitDrainedAsync(TimeSpan.FromSeconds(30), Token));
        Assert.Equal((5, 5), (relay.Inner.Counters.Accepted, relay.Inner.Counters.Delivered));
        Assert.Equal("TLSv1.3", (await relay.WaitForAsync(TrackingEventKind.Receive, Token)).Tls?.Protocol);
    }

    [Theory]
    [InlineData(TlsLevel.Encrypt)]
    [InlineData(TlsLevel.Fingerprint)]
    [InlineData(TlsLevel.Verify)]
    [InlineData(TlsLevel.Secure)]
    public async Task The_relay_delivers_to_Postfix_and_both_logs_agree(TlsLevel level)
    {
        Needs.Postfix();
        var certificate = _pki.Issue("mx.test");
        await using var postfix = await StartServerAsync(certificate);
        var route = Route(postfix, level) with { Fingerprints = level == TlsLevel.Fingerprint ? [certificate.Certificate.GetCertHashString(HashAlgorithmName.SHA256)] : [] };
        await using var relay = await StartAsync(route);

        await SendAsync(relay.Port, "Subject: x\r\n\r\nbody\r\n");

        var sent = await relay.WaitForAsync(TrackingEventKind.Send, Token);
        Assert.Equal((level, level, "mx.test"), (sent.TlsLevel!.Value, sent.Tls!.Level, sent.Tls.MatchedIdentity));
        await postfix.WaitForLogAsync(["TLS connection established from", $"{sent.Tls.Protocol} with cipher {sent.Tls.CipherSuite}"], Token);
        await postfix.WaitForLogAsync([$"{sent.RemoteQueueId}: to=<b@example.test>", "status=sent"], Token);
    }

    [Theory]
    [InlineData("elsewhere.test", true, FindingCode.NameMismatch)]
    [InlineData("mx.test", false, FindingCode.ChainIncomplete)]
    public async Task A_certificate_that_does_not_hold_leaves_the_message_in_the_queue_with_the_reason(string name, bool trusted, FindingCode code)
    {
        Needs.Postfix();
        using var stranger = new Pki();
        await using var postfix = await StartServerAsync((trusted ? _pki : stranger).Issue(name));
        await using var relay = await StartAsync(Route(postfix, TlsLevel.Secure));

        await SendAsync(relay.Port, "Subject: x\r\n\r\nbody\r\n");

        var deferred = await relay.WaitForAsync(TrackingEventKind.Defer, Token);
        Assert.Equal((code, TlsLevel.Secure), (deferred.Code!.Value, deferred.TlsLevel!.Value));
        Assert.False(deferred.Tls!.Verified);
        var waiting = Assert.Single(await relay.QueuedAsync(Token));
        Assert.Equal(deferred.Detail, Assert.Single(waiting.Recipients).LastFailure);
        Assert.Contains(trusted ? name : stranger.Root.Subject, deferred.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("client=", postfix.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("correct horse", 0)]
    [InlineData("wrong", 28)] // swaks(1): authentication failed
    [InlineData(null, 23)] // MAIL was refused
    public async Task Swaks_relays_where_it_authenticates(string? password, int exitCode)
    {
        await Needs.SwaksAsync(Token);
        Needs.Program("smtp-sink");
        await using var sink = await SmtpSink.StartAsync(Token);
        var users = UserDirectory.Create([new NetworkCredential("ann@mail.test", "correct horse")]);
        await using var relay = await StartAsync(TestRelay.To(sink.Port), o => o with { Users = users, RequireAuthentication = true });
        string[] credential = password is null ? [] : ["--auth", "PLAIN", "--auth-user", "ann@mail.test", "--auth-password", password];

        var outcome = await ExternalProcess.RunAsync(
            "swaks",
            [
                "--server", "127.0.0.1", "--port", relay.Port.ToString(CultureInfo.InvariantCulture), "--from", "a@test", "--to", "b@example.test",
                "--helo", "swaks.test", "--tls", "--tls-verify", "--tls-ca-path", _pki.CaFile, "--tls-sni", "mail.test", .. credential,
            ],
            Token);

        Assert.True(outcome.ExitCode == exitCode, outcome.ToString());
        if (exitCode == 0)
        {
            Assert.Equal(["b@example.test"], (await relay.WaitForAsync(TrackingEventKind.Send, Token)).Recipients);
            Assert.Equal("ann@mail.test", (await relay.WaitForAsync(TrackingEventKind.Receive, Token)).Origin?.User);
        }
        else
        {
            Assert.Empty(await relay.QueuedAsync(Token));
            Assert.Equal(0, relay.Inner.Counters.Accepted);
        }
    }

    // The strictest canonicalization there is (RFC 6376 §3.4.1, §3.4.3): not a byte of what is signed may change.
    [Theory]
    [InlineData("smäll: äöü\r\n.\r\n..\r\n \t\r\n\r\nend\r\n")]
    [InlineData(null)]
    public async Task A_signature_holds_after_the_relay_and_Postfix(string? body)
    {
        Needs.Postfix();
        await Needs.DkimAsync(Token);
        using var key = RSA.Create(2048);
        var keyFile = _pki.Folder["dkim.key"];
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), Token);

        // Beyond 64 KiB it goes by DATA, and in blocks.
        body ??= string.Concat(Enumerable.Range(0, 20_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"{(i % 3 == 0 ? "." : "")}{i}: ÄÖÜ\r\n")));
        var message = "From: a@test\r\nTo: b@example.test\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@test>\r\nSubject:   folded\r\n\t and   spaced\r\nMIME-Version: 1.0\r\n"
            + $"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}";
        var signed = await DkimAsync(Encoding.UTF8.GetBytes(message), "sign", keyFile);
        Assert.True(signed.ExitCode == 0, signed.ToString());

        await using var last = TestListener.Start(_pki.Issue("mail.test"));
        await using var postfix = await StartServerAsync(_pki.Issue("mx.test"), last.Port);
        await using var relay = await StartAsync(Route(postfix, TlsLevel.Verify));
        await SendAsync(relay.Port, signed.Output);

        var arrived = await last.ReceiveBytesAsync(Token);
        var verified = await DkimAsync(arrived, "verify", Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()));
        Assert.True(verified.ExitCode == 0, $"{verified}\n{Encoding.UTF8.GetString(arrived)[..1000]}");

        // Two hops, each of which has said so, and nothing else in front of what was signed.
        var text = Encoding.UTF8.GetString(arrived);
        Assert.Equal(2, text[..^signed.Output.Length].Split("Received: ").Length - 1);
        Assert.EndsWith(signed.Output, text, StringComparison.Ordinal);

        // The check itself can fail.
        arrived[^3] ^= 1;
        Assert.NotEqual(0, (await DkimAsync(arrived, "verify", Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()))).ExitCode);
    }

    public void Dispose() => _pki.Dispose();

    private Task<TestRelay> StartAsync(SmtpRoute route, Func<SmtpListenerOptions, SmtpListenerOptions>? listener = null)
    {
        var certificate = _pki.Issue("mail.test").ToListenerCertificate();
        return TestRelay.StartAsync(route, o => (listener?.Invoke(o) ?? o) with { Certificates = [certificate] }, Token);
    }

    private SmtpRoute Route(PostfixInstance postfix, TlsLevel level) =>
        TestRelay.To(postfix.Port) with { TlsLevel = level, ServerName = "mx.test", TrustedCertificates = [_pki.Root] };

    private async Task SendAsync(int port, string message)
    {
        using var mail = OutgoingMessage.FromBytes(Encoding.UTF8.GetBytes(message), "a@test", ["b@example.test"]);
        var options = new SendOptions { Server = "mail.test", Address = "127.0.0.1", Port = port, TrustedCertificates = [_pki.Root] };
        Assert.Null((await new SmtpSender().SendAsync(options, mail, Token)).Failure);
    }

    private static Task<ProcessOutcome> DkimAsync(byte[] message, params string[] arguments) => ExternalProcess.RunAsync(
        Needs.DebianPython, [Path.Combine(AppContext.BaseDirectory, "Python", "mail_dkim.py"), .. arguments], message, Token);

    // Postfix that hands everything to the relay, over TLS that it verifies.
    private Task<PostfixInstance> StartPostfixAsync(int relay) => PostfixInstance.StartAsync(Forwarding(relay), Token);

    // Postfix that takes mail over TLS only, and passes it on where there is somewhere to.
    private Task<PostfixInstance> StartServerAsync(IssuedCertificate certificate, int? next = null)
    {
        var (file, key) = _pki.Export(certificate);
        var parameters = next is { } port ? Forwarding(port) : new Dictionary<string, string>(StringComparer.Ordinal);
        parameters["smtpd_tls_security_level"] = "encrypt";
        parameters["smtpd_tls_cert_file"] = file;
        parameters["smtpd_tls_key_file"] = key;
        return PostfixInstance.StartAsync(parameters, Token);
    }

    private Dictionary<string, string> Forwarding(int port) => new(StringComparer.Ordinal)
    {
        ["default_transport"] = "smtp",
        ["relay_transport"] = "smtp",
        ["relayhost"] = string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{port}"),
        ["smtp_tls_security_level"] = "secure",
        ["smtp_tls_secure_cert_match"] = "mail.test",
        ["smtp_tls_servername"] = "mail.test",
        ["smtp_tls_CAfile"] = _pki.CaFile,
    };
}
