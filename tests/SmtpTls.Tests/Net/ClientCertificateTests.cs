using System.Collections.Concurrent;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Net;

/// <summary>Client certificates on a real listener, and the policy that is asked about recipients.</summary>
public sealed class ClientCertificateTests : IAsyncDisposable
{
    private readonly ConcurrentQueue<ListenerEvent> _log = new();
    private SmtpListener? _listener;

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)] // several certificates choose by the client's server name, another way through the handshake
    public async Task What_the_client_showed_is_known_of_its_message(int certificates)
    {
        Start(o => o with
        {
            ClientCertificate = ClientCertificatePolicy.Require,
            Certificates = [.. Enumerable.Range(0, certificates).Select(i => ListenerCertificate.SelfSigned([$"mail{i}.test"]))],
        });
        var shown = Issue("client.test");
        using var client = await RawClient.GreetedAsync(_listener!.Port);
        var tls = await client.StartTlsAsync("mail1.test", certificate: shown);
        Assert.Equal(SslProtocols.Tls13, tls.SslProtocol);
        await client.SayAsync("EHLO a");
        await SendAsync(client);

        using var message = _listener.Capture!.TryReceive()!;
        var certificate = message.ClientCertificate!;
        var sha256 = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(shown.RawData));
        Assert.Equal(sha256, certificate.Certificate.Sha256);
        Assert.Equal(sha256, message.ClientCertificateSha256);
        Assert.Equal(sha256, message.Tls!.PeerSha256);
        Assert.Equal(["client.test"], certificate.Certificate.DnsNames);
        Assert.Equal(shown.Issuer, certificate.Certificate.Issuer);

        // Its CA is nobody's: that is told, and does not matter for a fingerprint.
        Assert.False(certificate.ChainTrusted);
        Assert.NotNull(certificate.ChainFault);
        Assert.Equal("ESMTPS", message.Protocol);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.TlsEstablished && e.Message.Contains(sha256, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ClientCertificatePolicy.None, "250 2.1.0")]
    [InlineData(ClientCertificatePolicy.Request, "250 2.1.0")]
    [InlineData(ClientCertificatePolicy.Require, "530 5.7.0 A client certificate is required, and none was shown")]
    public async Task A_client_without_one_is_served_as_the_policy_says(ClientCertificatePolicy policy, string reply)
    {
        Start(o => o with { ClientCertificate = policy });
        using var client = await RawClient.GreetedAsync(_listener!.Port);
        await client.StartTlsAsync();
        await client.SayAsync("EHLO a");
        Assert.StartsWith(reply, await client.SayAsync("MAIL FROM:<a@test>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_was_not_asked_for_is_not_taken()
    {
        Start(o => o);
        using var client = await RawClient.GreetedAsync(_listener!.Port);
        await client.StartTlsAsync(certificate: Issue("client.test"));
        await client.SayAsync("EHLO a");
        await SendAsync(client);
        using var message = _listener.Capture!.TryReceive()!;
        Assert.Null(message.ClientCertificate);
        Assert.Null(message.Tls!.PeerSha256);
    }

    [Fact]
    public async Task Where_it_is_required_plain_text_does_not_lead_past_it()
    {
        Start(o => o with { ClientCertificate = ClientCertificatePolicy.Require });
        using var client = await RawClient.GreetedAsync(_listener!.Port);
        Assert.Equal("530 5.7.0 A client certificate is required; say STARTTLS and show one in the handshake", await client.SayAsync("MAIL FROM:<a@test>"));
        await _listener.DisposeAsync();

        Start(o => o with { ClientCertificate = ClientCertificatePolicy.Require, StartTls = StartTlsPolicy.ExceptLoopback });
        using var other = await RawClient.GreetedAsync(_listener!.Port);
        Assert.StartsWith("530 5.7.0 A client certificate is required, and this connection cannot", await other.SayAsync("MAIL FROM:<a@test>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Implicit_TLS_asks_too()
    {
        Start(o => o with { ClientCertificate = ClientCertificatePolicy.Require, TlsMode = TlsMode.Implicit });
        using var client = await RawClient.ConnectAsync(_listener!.Port);
        await client.StartTlsAsync(command: false, certificate: Issue("client.test"));
        await client.ReplyAsync();
        await client.SayAsync("EHLO a");
        await SendAsync(client);
    }

    [Fact]
    public async Task A_certificate_that_is_expired_or_for_servers_only_is_told_as_not_trusted_and_serves_as_a_fingerprint()
    {
        Start(o => o with { ClientCertificate = ClientCertificatePolicy.Require });
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var serverOnly = TestPki.Make(
            "CN=server only", key, null, null,
            new X509EnhancedKeyUsageExtension([new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var client = await RawClient.GreetedAsync(_listener!.Port);
        await client.StartTlsAsync(certificate: serverOnly);
        await client.SayAsync("EHLO a");
        await SendAsync(client);
        using var message = _listener.Capture!.TryReceive()!;
        Assert.False(message.ClientCertificate!.ChainTrusted);
    }

    [Theory]
    [InlineData(ClientCertificatePolicy.Request)]
    [InlineData(ClientCertificatePolicy.Require)]
    public void Asking_where_there_is_never_TLS_is_refused_at_the_start(ClientCertificatePolicy policy)
    {
        var refusal = Assert.Throws<SmtpException>(() => new SmtpListenerOptions { ClientCertificate = policy }.Validate());
        Assert.Equal(FindingCode.InvalidInput, refusal.Failure.Code);
    }

    [Fact]
    public async Task The_policy_for_recipients_knows_the_client()
    {
        var policy = new Policy();
        Start(o => o with { ClientCertificate = ClientCertificatePolicy.Request, RecipientPolicy = policy });
        var shown = Issue("client.test");
        using var client = await RawClient.GreetedAsync(_listener!.Port);
        await client.StartTlsAsync(certificate: shown);
        await client.SayAsync("EHLO client.example");
        await client.SayAsync("MAIL FROM:<a@test>");
        policy.Answer = new SmtpReply(450, new EnhancedStatusCode(4, 7, 1), ["not now"]);
        Assert.Equal("450 4.7.1 not now", await client.SayAsync("RCPT TO:<b@test>"));
        policy.Answer = null;
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<c@test>"), StringComparison.Ordinal);

        Assert.Equal(["b@test", "c@test"], policy.Asked.Select(a => a.Recipient), StringComparer.Ordinal);
        var identity = policy.Asked[0].Client;
        Assert.Equal(("client.example", null, "TLSv1.3"), (identity.HelloName, identity.User, identity.Tls?.Protocol));
        Assert.Equal(CertificateFacts.Read(shown, TimeProvider.System).Sha256, identity.ClientCertificateSha256);
        Assert.Equal(CertificateFacts.Read(shown, TimeProvider.System).SpkiSha256, identity.ClientPublicKeySha256);
        Assert.Equal(_listener.Port, identity.Local.Port);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.RecipientRefused && e.Message.Contains("b@test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_policy_that_fails_lets_nobody_in()
    {
        var policy = new Policy { Fault = new InvalidOperationException("the table is gone") };
        Start(o => o with { RecipientPolicy = policy });
        using var client = await RawClient.GreetedAsync(_listener!.Port);
        await client.SayAsync("MAIL FROM:<a@test>");
        Assert.StartsWith("451 4.3.0", await client.SayAsync("RCPT TO:<b@test>"), StringComparison.Ordinal);
        Assert.StartsWith("503", await client.SayAsync("DATA"), StringComparison.Ordinal);
        Assert.Contains(_log, e => e.Kind == ListenerEventKind.ListenerFault && e.Message.Contains("the table is gone", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_said_of_recipients_and_the_return_is_in_the_message()
    {
        Start(o => o with { OffersDsn = true });
        using var client = await RawClient.GreetedAsync(_listener!.Port);
        await client.SayAsync("MAIL FROM:<a@test> RET=HDRS ENVID=QQ+2B1 SMTPUTF8 BODY=8BITMIME");
        await client.SayAsync("RCPT TO:<b@test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x@test");
        await client.SayAsync("RCPT TO:<@relay.test:c@test>");
        await client.SayAsync("DATA");
        await client.SayAsync("Subject: x\r\n\r\nGrüße\r\n.");
        using var message = _listener.Capture!.TryReceive()!;
        Assert.Equal((DsnReturn.Headers, "QQ+2B1", true, true), (message.Return, message.EnvelopeId, message.NeedsSmtpUtf8, message.HasEightBit));
        Assert.Equal("UTF8SMTP", message.Protocol);
        Assert.Equal(
            [new ReceivedRecipient("b@test") { Notify = DsnNotify.Success | DsnNotify.Failure, OriginalRecipient = "rfc822;x@test" }, new ReceivedRecipient("c@test")],
            message.Recipients);
        Assert.Equal(["b@test", "c@test"], message.To);
    }

    private static X509Certificate2 Issue(string name)
    {
        using var authority = TestCertificateAuthority.Create();
        return authority.Issue([name], new TestCertificateOptions()).Certificate;
    }

    private static async Task SendAsync(RawClient client)
    {
        foreach (var line in (string[])["MAIL FROM:<a@test>", "RCPT TO:<b@test>", "DATA", "Subject: x\r\n\r\nbody\r\n."])
        {
            Assert.Matches("^[23]", await client.SayAsync(line));
        }
    }

    private void Start(Func<SmtpListenerOptions, SmtpListenerOptions> change) => _listener = SmtpListener.Start(change(new SmtpListenerOptions
    {
        StartTls = StartTlsPolicy.Always,
        Certificates = [ListenerCertificate.SelfSigned(["mail.test"])],
        HostName = "mail.test",
        Log = _log.Enqueue,
    }));

    private sealed class Policy : IRecipientPolicy
    {
        public List<(SessionIdentity Client, string Recipient)> Asked { get; } = [];

        public SmtpReply? Answer { get; set; }

        public Exception? Fault { get; init; }

        public SmtpReply? Check(SessionIdentity client, string recipient)
        {
            Asked.Add((client, recipient));
            return Fault is null ? Answer : throw Fault;
        }
    }
}
