using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Probe;

/// <summary>Where STARTTLS is listed, or TLS implied, and it does not come to a session in TLS.</summary>
public sealed class FailedUpgradeTests : IAsyncDisposable
{
    private readonly ProbeBench _bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_refused_STARTTLS_is_told_with_the_servers_line()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", "S: 220 hi\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 4.7.0 TLS not available\nC: QUIT\nS: 221 bye");

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(StartTlsStatus.Refused, result.StartTls);
        Assert.Equal(FindingCode.StartTlsRefused, result.Failure!.Code);
        Assert.Contains("454 4.7.0 TLS not available", Assert.Single(result.Findings, f => f.Code == FindingCode.StartTlsRefused).Evidence, StringComparison.Ordinal);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task Plain_text_behind_the_220_is_an_injection()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", "S: 220 hi\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS: 250 evil");

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(StartTlsStatus.HandshakeFailed, result.StartTls);
        Assert.Equal(FindingCode.StartTlsInjection, result.Failure!.Code);
        Assert.Equal(FindingSeverity.Error, Assert.Single(result.Findings, f => f.Code == FindingCode.StartTlsInjection).Severity);
        Assert.Null(result.Tls);
    }

    [Fact]
    public async Task Garbage_in_place_of_a_handshake_is_a_failed_handshake_with_its_reason()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        PlayAfterClientHello("HTTP/1.1 400 Bad Request\r\n\r\n");

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(StartTlsStatus.HandshakeFailed, result.StartTls);
        Assert.Equal(FindingCode.HandshakeFailed, result.Failure!.Code);
        Assert.Contains("does not speak TLS", Assert.Single(result.Findings).Message, StringComparison.Ordinal);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task A_server_that_knows_only_withdrawn_versions_is_recognized()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");

        // A fatal alert of TLS 1.0: protocol_version (RFC 5246 §7.2.2).
        PlayAfterClientHello("\x15\x03\x01\x00\x02\x02\x46");

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(StartTlsStatus.HandshakeFailed, result.StartTls);
        Assert.Equal([FindingCode.HandshakeFailed, FindingCode.OldProtocol], result.Findings.Select(f => f.Code));
    }

    [Fact]
    public async Task A_handshake_that_never_ends_is_a_failed_one()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        PlayAfterClientHello("");

        var result = await _bench.CapabilityAfterAsync(_bench.Options.Timeouts.Handshake, "mail.test");

        Assert.Equal(StartTlsStatus.HandshakeFailed, result.StartTls);
        Assert.Equal((FindingCode.TimedOut, SmtpPhase.Handshake), (result.Failure!.Code, result.Failure.Phase));
    }

    [Fact]
    public async Task What_goes_wrong_inside_TLS_does_not_take_STARTTLS_away()
    {
        using var certificate = TestPki.Issue("mail.test");
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", certificate, "S: 220 hi\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO probe.test\nS: 421 4.3.2 too busy\nCLOSE");

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(StartTlsStatus.Offered, result.StartTls);
        Assert.NotNull(result.Tls);
        Assert.Equal((FindingCode.ServiceRefused, SmtpPhase.HelloAfterTls), (result.Failure!.Code, result.Failure.Phase));
        Assert.Equal(FindingCode.ServiceRefused, result.Findings[0].Code);
        Assert.Equal(ProbeAnswer.Yes, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task Implicit_TLS_at_a_port_that_greets_in_plain_text_is_a_failed_handshake()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Play("192.0.2.1", async stream =>
        {
            await ProbeBench.SayAsync(stream, "220 mail.test ESMTP\r\n");
            await stream.CopyToAsync(Stream.Null, Token);
        });
        _bench.Options = _bench.Options with { TlsMode = TlsMode.Implicit };

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal((StartTlsStatus.HandshakeFailed, 465), (result.StartTls, result.Port));
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(result));
    }

    private void PlayAfterClientHello(string answer) => _bench.Network.Play("192.0.2.1", async stream =>
    {
        await ProbeBench.SayAsync(stream, "220 hi\r\n");
        Assert.Equal("EHLO probe.test\r\n", await ProbeBench.ReadLineAsync(stream));
        await ProbeBench.SayAsync(stream, "250-mail.test\r\n250 STARTTLS\r\n");
        Assert.Equal("STARTTLS\r\n", await ProbeBench.ReadLineAsync(stream));
        await ProbeBench.SayAsync(stream, "220 go\r\n");
        if (answer.Length > 0)
        {
            Assert.True(await stream.ReadAsync(new byte[4096], Token) > 0);
            await ProbeBench.SayAsync(stream, answer);
        }

        await stream.CopyToAsync(Stream.Null, Token);
    });
}
