using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Probe;

public sealed class CapabilityProbeTests : IAsyncDisposable
{
    private const string Offering = """
        S: 220 mail.test ESMTP ready
        C: EHLO probe.test
        S: 250-mail.test
        S: 250-PIPELINING
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 2.0.0 go ahead
        TLS
        C: EHLO probe.test
        S: 250-mail.test
        S: 250-PIPELINING
        S: 250 SIZE 1000
        C: QUIT
        S: 221 2.0.0 bye
        """;

    private readonly ProbeBench _bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_server_with_STARTTLS_is_told_with_all_that_was_seen_and_left_politely()
    {
        using var certificate = TestPki.Issue("mail.test");
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", certificate, Offering);
        _bench.Options = _bench.Options with { TrustedCertificates = [certificate.Issuer] };

        var result = await _bench.CapabilityAsync("Mail.Test:2525");

        Assert.Equal(StartTlsStatus.Offered, result.StartTls);
        Assert.Equal("Mail.Test:2525", result.Target);
        Assert.Equal("mail.test", result.Host);
        Assert.Equal("192.0.2.1", result.Address);
        Assert.Equal(2525, result.Port);
        Assert.Equal(TlsMode.StartTls, result.Mode);
        Assert.Equal("mail.test ESMTP ready", result.Banner);
        Assert.Equal(["PIPELINING", "STARTTLS"], result.Capabilities);
        Assert.Equal(["PIPELINING", "SIZE 1000"], result.CapabilitiesAfterTls);
        Assert.Equal("mail.test", result.Tls!.MatchedIdentity);
        Assert.Equal("mail.test", result.Tls.ServerNameIndication);
        Assert.True(result.Tls.Verified);
        Assert.Equal(
            [SmtpPhase.Resolve, SmtpPhase.Connect, SmtpPhase.Greeting, SmtpPhase.Hello, SmtpPhase.StartTls, SmtpPhase.Handshake, SmtpPhase.HelloAfterTls, SmtpPhase.Quit],
            result.Timings.Select(t => t.Phase));
        Assert.Empty(result.Findings);
        Assert.Null(result.Failure);
        Assert.Null(result.SecondLookFor);
        Assert.Equal(ProbeAnswer.Yes, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task The_certificate_is_reported_and_not_enforced()
    {
        using var certificate = TestPki.Issue("other.test");
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", certificate, Offering);
        using var elsewhere = TestPki.Issue("mail.test");
        _bench.Options = _bench.Options with { TrustedCertificates = [elsewhere.Issuer] };

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(StartTlsStatus.Offered, result.StartTls);
        Assert.False(result.Tls!.Verified);
        Assert.Null(result.Failure);
        Assert.Contains(result.Findings, f => f is { Code: FindingCode.NameMismatch, Severity: FindingSeverity.Warning });
        Assert.Contains(result.Findings, f => f.Code is FindingCode.UntrustedRoot or FindingCode.ChainIncomplete);
    }

    [Fact]
    public async Task A_server_without_STARTTLS_is_an_answer_and_no_failure()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", """
            S: 220 mail.test ESMTP
            C: EHLO probe.test
            S: 250-mail.test
            S: 250-PIPELINING
            S: 250 8BITMIME
            C: QUIT
            S: 221 bye
            """);

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(StartTlsStatus.NotOffered, result.StartTls);
        Assert.Equal(25, result.Port);
        Assert.Null(result.Tls);
        Assert.Null(result.Failure);
        var finding = Assert.Single(result.Findings);
        Assert.Equal((FindingCode.StartTlsNotOffered, FindingSeverity.Warning), (finding.Code, finding.Severity));
        Assert.Contains("mail.test (192.0.2.1:25)", finding.Message, StringComparison.Ordinal);
        Assert.Contains("PIPELINING, 8BITMIME", finding.Evidence, StringComparison.Ordinal);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task A_firewall_that_overwrites_STARTTLS_is_recognized()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", "S: 220 ****\nC: EHLO probe.test\nS: 250-mail.test\nS: 250-XXXXXXXA\nS: 250 8BITMIME\nC: QUIT\nS: 221 bye");

        var finding = Assert.Single((await _bench.CapabilityAsync("mail.test")).Findings);

        Assert.Equal(FindingCode.StartTlsNotOffered, finding.Code);
        Assert.Contains("XXXXXXXA", finding.Message, StringComparison.Ordinal);
        Assert.Contains("firewall", finding.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500 what?")]
    [InlineData("502 5.5.1 EHLO is not known")]
    public async Task A_server_that_knows_only_HELO_has_no_STARTTLS(string reply)
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", $"S: 220 old\nC: EHLO probe.test\nS: {reply}\nC: QUIT\nS: 221 bye");

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(StartTlsStatus.NotOffered, result.StartTls);
        Assert.Contains(reply, Assert.Single(result.Findings, f => f.Code == FindingCode.StartTlsNotOffered).Evidence, StringComparison.Ordinal);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task Implicit_TLS_has_no_STARTTLS_and_is_what_port_465_means()
    {
        using var certificate = TestPki.Issue("mail.test");
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", certificate, "TLS\nS: 220 hi\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 AUTH PLAIN\nC: QUIT\nS: 221 bye");

        var result = await _bench.CapabilityAsync("mail.test:465");

        Assert.Equal((StartTlsStatus.NotApplicable, TlsMode.Implicit), (result.StartTls, result.Mode));
        Assert.Equal("hi", result.Banner);
        Assert.Empty(result.Capabilities);
        Assert.Equal(["AUTH PLAIN"], result.CapabilitiesAfterTls);
        Assert.Equal(TlsMode.Implicit, result.Tls!.Mode);
        Assert.Equal(ProbeAnswer.Yes, ProbeVerdict.Of(result));
    }

    [Fact]
    public async Task The_addresses_are_probed_together_and_told_in_the_resolvers_order()
    {
        var secondIsThere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _bench.Resolver.Add("mail.test", "192.0.2.1", "2001:db8::1", "192.0.2.3", "192.0.2.1");
        _bench.Network.Play("192.0.2.1", async stream =>
        {
            await secondIsThere.Task.WaitAsync(ProbeBench.Patience, Token);
            await ProbeBench.SayAsync(stream, "554 5.7.1 first\r\n");
            Assert.Equal("QUIT\r\n", await ProbeBench.ReadLineAsync(stream));
        });
        _bench.Network.Play("2001:db8::1", async stream =>
        {
            secondIsThere.SetResult();
            await ProbeBench.SayAsync(stream, "554 5.7.1 second\r\n");
            Assert.Equal("QUIT\r\n", await ProbeBench.ReadLineAsync(stream));
        });

        var results = await _bench.CapabilitiesAsync("mail.test");

        Assert.Equal(["192.0.2.1", "2001:db8::1", "192.0.2.3"], results.Select(r => r.Address), StringComparer.Ordinal);
        Assert.Equal(["first", "second", null], results.Select(r => r.Banner), StringComparer.Ordinal);
        Assert.Equal(
            [FindingCode.ServiceRefused, FindingCode.ServiceRefused, FindingCode.ConnectFailed], results.Select(r => r.Failure!.Code));
        Assert.All(results, r => Assert.Contains(r.Timings, t => t.Phase == SmtpPhase.Resolve));
    }

    [Fact]
    public async Task No_more_addresses_are_dialled_than_allowed()
    {
        _bench.Resolver.Add("mail.test", [.. Enumerable.Range(1, 9).Select(i => $"192.0.2.{i}")]);
        _bench.Options = _bench.Options with { MaximumAddresses = 6 };

        Assert.Equal(6, (await _bench.CapabilitiesAsync("mail.test")).Count);
        Assert.Equal(6, _bench.Network.Dialled.Count);
    }

    [Fact]
    public async Task With_a_transcript_one_dialogue_follows_the_other()
    {
        const string Script = "S: 554 no\nC: QUIT\nS: 221 bye";
        var lines = new List<string>();
        _bench.Resolver.Add("mail.test", "192.0.2.1", "192.0.2.2");
        _bench.Network.Script("192.0.2.1", Script).Script("192.0.2.2", Script);
        _bench.Options = _bench.Options with { Transcript = line => lines.Add(line.ToString()) };

        Assert.Equal(2, (await _bench.CapabilitiesAsync("mail.test")).Count);

        string[] dialogue = ["S: 554 no", "C: QUIT", "S: 221 bye"];
        Assert.Equal(
            ["-- Connecting to mail.test (192.0.2.1:25)", .. dialogue, "-- Connecting to mail.test (192.0.2.2:25)", .. dialogue], lines);
    }

    [Fact]
    public async Task Only_the_given_address_is_dialled_and_the_name_is_what_counts()
    {
        using var certificate = TestPki.Issue("mail.test");
        _bench.Network.Script("192.0.2.9", certificate, Offering);
        _bench.Options = _bench.Options with { Address = "192.0.2.9", TrustedCertificates = [certificate.Issuer] };

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.Equal(("mail.test", "192.0.2.9"), (result.Host, result.Address));
        Assert.True(result.Tls!.Verified);
        Assert.Empty(_bench.Resolver.Queries);
    }

    [Fact]
    public async Task What_the_server_says_cannot_control_a_terminal()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", "S: 220 hi\\x1B[2J\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 X\\x1B[2J\nC: QUIT\nS: 221 bye");

        var result = await _bench.CapabilityAsync("mail.test");

        Assert.DoesNotContain('\x1B', result.Banner!);
        Assert.DoesNotContain('\x1B', Assert.Single(result.Capabilities));
        Assert.All(result.Findings, f => Assert.DoesNotContain('\x1B', f.Evidence + f.Message));
    }

    [Fact]
    public async Task Cancelling_ends_a_probe_at_once()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        _bench.Resolver.Add("mail.test", "192.0.2.1");
        _bench.Network.Script("192.0.2.1", "SILENCE");
        var records = _bench.Create().GetCapabilityAsync("mail.test", _bench.Options, stop.Token).GetAsyncEnumerator(Token);
        var first = records.MoveNextAsync().AsTask();
        await _bench.Clock.TimerSetAsync(_bench.Options.Timeouts.Greeting).WaitAsync(ProbeBench.Patience, Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await records.DisposeAsync();
    }

    [Fact]
    public async Task Who_stops_asking_leaves_no_connection_open()
    {
        _bench.Resolver.Add("mail.test", "192.0.2.1", "192.0.2.2");
        _bench.Network.Script("192.0.2.1", "S: 554 no\nC: QUIT\nS: 221 bye").Script("192.0.2.2", "SILENCE");

        await foreach (var result in _bench.Create().GetCapabilityAsync("mail.test", _bench.Options, Token))
        {
            Assert.Equal("192.0.2.1", result.Address);
            break;
        }

        // SILENCE lasts until the client is gone; disposing of the network waits for that.
        await _bench.Network.DisposeAsync().AsTask().WaitAsync(ProbeBench.Patience, Token);
        Assert.Equal(2, _bench.Network.Dialled.Count);
    }

    [Fact]
    public async Task A_real_listener_that_offers_STARTTLS_everywhere_is_found_to()
    {
        using var certificate = TestPki.Issue("localhost");
        await using var listener = _bench.Listen(StartTlsPolicy.Always, certificate);
        _bench.Resolver.Add("localhost", "127.0.0.1");
        _bench.Network.Redirect("127.0.0.1", listener);
        _bench.Options = _bench.Options with { TrustedCertificates = [certificate.Issuer] };

        var result = await _bench.CapabilityAsync($"localhost:{listener.Port}");

        Assert.Equal(StartTlsStatus.Offered, result.StartTls);
        Assert.Contains("STARTTLS", result.Capabilities, StringComparer.Ordinal);
        Assert.DoesNotContain("STARTTLS", result.CapabilitiesAfterTls, StringComparer.Ordinal);
        Assert.True(result.Tls!.Verified);
        Assert.Empty(result.Findings);
    }
}
