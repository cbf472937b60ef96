namespace SmtpTls.Tests.Probe;

/// <summary>Where no SMTP session comes about: the record says why, and that STARTTLS could not be asked for.</summary>
public sealed class UnreachableServerTests : IAsyncDisposable
{
    private readonly ProbeBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [InlineData("S: HTTP/1.1 400 Bad Request\nS: Connection: close", FindingCode.NotSmtp, SmtpPhase.Greeting)]
    [InlineData("S: SSH-2.0-OpenSSH_9.2", FindingCode.NotSmtp, SmtpPhase.Greeting)]
    [InlineData("CLOSE", FindingCode.ConnectionLost, SmtpPhase.Greeting)]
    [InlineData("S: 554 5.7.1 go away\nC: QUIT\nS: 221 bye", FindingCode.ServiceRefused, SmtpPhase.Greeting)]
    [InlineData("S: 220 hi\nC: EHLO probe.test\nCLOSE", FindingCode.ConnectionLost, SmtpPhase.Hello)]
    [InlineData("S: 220 hi\nC: EHLO probe.test\nS: 550 5.7.1 not you\nC: QUIT\nS: 221 bye", FindingCode.ServiceRefused, SmtpPhase.Hello)]
    [InlineData("S: 220 hi\nC: EHLO probe.test\nENDLESS 250-more", FindingCode.ProtocolError, SmtpPhase.Hello)]
    [InlineData("REFUSE", FindingCode.ConnectFailed, SmtpPhase.Connect)]
    public async Task A_server_that_gives_no_session_is_unreachable(string script, FindingCode code, SmtpPhase phase)
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", script);

        AssertUnreachable(await _bench.CapabilityAsync("mail.test"), code, phase, "192.0.2.1");
    }

    [Fact]
    public async Task A_silent_port_is_told_with_its_phase_and_time()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", "SILENCE");

        var result = await _bench.CapabilityAfterAsync(_bench.Options.Timeouts.Greeting, "mail.test");

        AssertUnreachable(result, FindingCode.TimedOut, SmtpPhase.Greeting, "192.0.2.1");
        Assert.Contains("13 seconds", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("phase Greeting", result.Findings[0].Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_EHLO_is_unreachable()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _bench.Network.Play("192.0.2.1", async stream =>
        {
            await ProbeBench.SayAsync(stream, "220 hi\r\n");
            Assert.Equal("EHLO probe.test\r\n", await ProbeBench.ReadLineAsync(stream));
            heard.SetResult();
            await stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        });

        var result = await _bench.CapabilityAfterAsync(_bench.Options.Timeouts.Hello, "mail.test", heard.Task);

        AssertUnreachable(result, FindingCode.TimedOut, SmtpPhase.Hello, "192.0.2.1");
    }

    [Fact]
    public async Task A_name_without_an_address_has_one_record()
    {
        var result = await _bench.CapabilityAsync("nowhere.test");

        AssertUnreachable(result, FindingCode.HostNotFound, SmtpPhase.Resolve, address: null);
        Assert.True(result.Failure!.Permanent);
    }

    [Fact]
    public async Task A_name_that_cannot_be_looked_up_now_has_one_record()
    {
        _bench.Resolver.Fail("mail.test", "The name server did not answer.");

        var result = await _bench.CapabilityAsync("mail.test");

        AssertUnreachable(result, FindingCode.ResolveFailed, SmtpPhase.Resolve, address: null);
        Assert.False(result.Failure!.Permanent);
        Assert.Contains("The name server did not answer.", result.Findings[0].Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mail.test:99999")]
    [InlineData("https://mail.test/")]
    [InlineData("mail.test\r\nDATA")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_target_that_is_none_has_a_record_too_and_nothing_is_dialled(string? target)
    {
        var capability = await _bench.CapabilityAsync(target!);
        var certificate = await _bench.CertificateAsync(target!);

        Assert.Equal((StartTlsStatus.Unreachable, FindingCode.InvalidInput), (capability.StartTls, capability.Failure!.Code));
        Assert.Equal(FindingCode.InvalidInput, certificate.Failure!.Code);
        Assert.Equal(FindingCode.InvalidInput, Assert.Single(capability.Findings).Code);
        Assert.Equal(FindingCode.InvalidInput, Assert.Single(certificate.Findings).Code);
        Assert.DoesNotContain('\n', capability.Failure.Message);
        Assert.Equal(target ?? "", capability.Target);
        Assert.Equal(ProbeAnswer.CouldNotTell, ProbeVerdict.Of(capability));
        Assert.Equal(ProbeAnswer.CouldNotTell, ProbeVerdict.Of(certificate));
        Assert.Empty(_bench.Network.Dialled);
    }

    public static TheoryData<string, ProbeOptions> UnusableOptions => new()
    {
        { "TlsMode", new ProbeOptions { TlsMode = TlsMode.None } },
        { "server name", new ProbeOptions { ServerName = "no name" } },
        { "address", new ProbeOptions { Address = "mail.test" } },
        { "port", new ProbeOptions { Port = 0 } },
        { "EHLO name", new ProbeOptions { HelloName = "a b" } },
        { "Greeting", new ProbeOptions { Timeouts = new ClientTimeouts { Greeting = TimeSpan.Zero } } },
        { "MaximumAddresses", new ProbeOptions { MaximumAddresses = 0 } },
    };

    [Theory]
    [MemberData(nameof(UnusableOptions))]
    public async Task Options_that_cannot_be_used_are_named(string named, ProbeOptions options)
    {
        _bench.Options = options;

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(FindingCode.InvalidInput, result.Failure!.Code);
        Assert.Contains(named, result.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Resolver.Queries);
    }

    [Fact]
    public async Task A_certificate_record_tells_an_unreachable_server_the_same_way()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");

        var result = await _bench.CertificateAsync("mail.test");

        Assert.Equal((FindingCode.ConnectFailed, SmtpPhase.Connect), (result.Failure!.Code, result.Failure.Phase));
        Assert.Equal(FindingCode.ConnectFailed, Assert.Single(result.Findings).Code);
        Assert.False(result.Verified);
        Assert.Equal(ProbeAnswer.CouldNotTell, ProbeVerdict.Of(result));
    }

    private static void AssertUnreachable(CapabilityResult result, FindingCode code, SmtpPhase phase, string? address)
    {
        Assert.Equal(StartTlsStatus.Unreachable, result.StartTls);
        Assert.Equal((code, phase), (result.Failure!.Code, result.Failure.Phase));
        Assert.Equal(address, result.Address);
        var finding = Assert.Single(result.Findings);
        Assert.Equal((code, FindingSeverity.Error), (finding.Code, finding.Severity));
        Assert.NotEmpty(finding.Advice);
        Assert.Null(result.Tls);
        Assert.Equal(ProbeAnswer.CouldNotTell, ProbeVerdict.Of(result));
    }
}
