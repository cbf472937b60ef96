using System.Net;
using SmtpTls.Dns;
using SmtpTls.Net;
using SmtpTls.Probe;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Probe;

/// <summary>STARTTLS withheld on loopback: the case of the Internet Mail Service, recognized, named and looked around.</summary>
public sealed class SecondLookTests : IAsyncDisposable
{
    private const string Plain = "S: 220 hi\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 SIZE 10\n";
    private const string PlainElsewhere = Plain + "C: QUIT\nS: 221 bye";
    private const string PlainOnLoopback = Plain + "C: STARTTLS\nS: 502 5.5.1 not implemented\nC: QUIT\nS: 221 bye";

    private readonly ProbeBench _bench = new();
    private readonly List<SmtpListener> _listeners = [];

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("[::1]:2525", "::1")]
    [InlineData("intern.test", "127.1.2.3")]
    public async Task Withheld_on_loopback_and_offered_at_the_machines_own_name(string target, string loopback)
    {
        using var certificate = TestPki.Issue("host.test");
        ServeBoth(certificate, loopback, "192.0.2.10");
        _bench.Resolver.Add("localhost", "127.0.0.1").Add("intern.test", "127.1.2.3").Add("host.test", "127.0.1.1", "192.0.2.10");
        _bench.Machine.Is(["host.test"], "192.0.2.10");

        var results = await _bench.CapabilitiesAsync(target);

        Assert.Equal(2, results.Count);
        var (first, second) = (results[0], results[1]);
        Assert.Equal((StartTlsStatus.Withheld, loopback), (first.StartTls, first.Address));
        Assert.Null(first.Failure);
        Assert.Null(first.SecondLookFor);
        var finding = Assert.Single(first.Findings);
        Assert.Equal((FindingCode.StartTlsWithheldOnLoopback, FindingSeverity.Information), (finding.Code, finding.Severity));
        Assert.Contains($"At host.test (192.0.2.10:{first.Port}), the same machine, it is offered.", finding.Message, StringComparison.Ordinal);
        Assert.Contains("502 5.5.1 STARTTLS is withheld on loopback", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("Offered (TLSv1.3)", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("host.test", finding.Advice, StringComparison.Ordinal);

        Assert.Equal((StartTlsStatus.Offered, "host.test", "192.0.2.10"), (second.StartTls, second.Host, second.Address));
        Assert.Equal(target, second.SecondLookFor);
        Assert.Equal($"host.test:{first.Port}", second.Target);
        Assert.Equal(first.Port, second.Port);
        Assert.True(second.Tls!.Verified);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(results));
    }

    [Fact]
    public async Task A_server_that_does_not_say_why_is_understood_by_what_it_does_elsewhere()
    {
        using var certificate = TestPki.Issue("host.test");
        _bench.Network.Script("127.0.0.1", PlainOnLoopback).Redirect("192.0.2.10", Listen(StartTlsPolicy.Always, certificate));
        _bench.Machine.Is([], "192.0.2.10");

        var results = await _bench.CapabilitiesAsync("127.0.0.1");

        Assert.Equal([StartTlsStatus.Withheld, StartTlsStatus.Offered], results.Select(r => r.StartTls));
        Assert.Contains("At 192.0.2.10:25, the same machine, it is offered.", Assert.Single(results[0].Findings).Message, StringComparison.Ordinal);
        Assert.Equal("192.0.2.10", results[1].Host);
    }

    [Fact]
    public async Task A_listener_on_loopback_alone_says_itself_that_it_withholds()
    {
        using var certificate = TestPki.Issue("host.test");
        _bench.Network.Redirect("127.0.0.1", Listen(StartTlsPolicy.ExceptLoopback, certificate));
        _bench.Machine.Is(["gone.test"], "192.0.2.10");

        var results = await _bench.CapabilitiesAsync("127.0.0.1:2525");

        Assert.Equal([StartTlsStatus.Withheld, StartTlsStatus.Unreachable], results.Select(r => r.StartTls));
        var finding = Assert.Single(results[0].Findings);
        Assert.Contains("The server says so itself", finding.Message, StringComparison.Ordinal);
        Assert.Contains("192.0.2.10:2525: Unreachable (ConnectFailed)", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("gone.test: HostNotFound", finding.Evidence, StringComparison.Ordinal);
        Assert.Equal(FindingCode.ConnectFailed, results[1].Failure!.Code);
    }

    [Fact]
    public async Task Not_offered_anywhere_is_not_offered_and_tells_where_was_looked()
    {
        _bench.Network.Script("127.0.0.1", PlainOnLoopback).Script("192.0.2.10", PlainElsewhere);
        _bench.Machine.Is([], "192.0.2.10", "2001:db8::10");

        var results = await _bench.CapabilitiesAsync("127.0.0.1");

        Assert.Equal([StartTlsStatus.NotOffered, StartTlsStatus.NotOffered, StartTlsStatus.Unreachable], results.Select(r => r.StartTls));
        var finding = Assert.Single(results[0].Findings);
        Assert.Equal((FindingCode.StartTlsNotOffered, FindingSeverity.Warning), (finding.Code, finding.Severity));
        Assert.Contains("not offered either", finding.Message, StringComparison.Ordinal);
        Assert.Contains("502 5.5.1 not implemented", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("192.0.2.10:25: NotOffered", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("[2001:db8::10]:25: Unreachable (ConnectFailed)", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reachable_on_loopback_alone_and_without_STARTTLS_is_not_offered()
    {
        _bench.Network.Script("127.0.0.1", PlainOnLoopback);
        _bench.Machine.Is([], "192.0.2.10");

        var results = await _bench.CapabilitiesAsync("127.0.0.1");

        Assert.Equal([StartTlsStatus.NotOffered, StartTlsStatus.Unreachable], results.Select(r => r.StartTls));
        Assert.Contains("cannot be reached", Assert.Single(results[0].Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_other_addresses_has_no_second_records()
    {
        _bench.Network.Script("127.0.0.1", PlainOnLoopback);
        _bench.Machine.Is([]);

        var result = await _bench.CapabilityAsync("127.0.0.1");

        Assert.Equal(StartTlsStatus.NotOffered, result.StartTls);
        Assert.Contains("no other name or address", Assert.Single(result.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unlisted_STARTTLS_that_is_granted_all_the_same_is_still_not_offered()
    {
        _bench.Network.Script("127.0.0.1", Plain + "C: STARTTLS\nS: 220 go");
        _bench.Machine.Is([]);

        var result = await _bench.CapabilityAsync("127.0.0.1");

        Assert.Equal(StartTlsStatus.NotOffered, result.StartTls);
        Assert.Contains("STARTTLS all the same was answered: 220 go", Assert.Single(result.Findings).Evidence, StringComparison.Ordinal);
        Assert.Null(result.Tls);
    }

    [Fact]
    public async Task Listed_and_broken_elsewhere_is_withheld_here()
    {
        _bench.Network.Script("127.0.0.1", PlainOnLoopback)
            .Script("192.0.2.10", "S: 220 hi\nC: EHLO probe.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 not now\nC: QUIT\nS: 221 bye");
        _bench.Machine.Is([], "192.0.2.10");

        var results = await _bench.CapabilitiesAsync("127.0.0.1");

        Assert.Equal([StartTlsStatus.Withheld, StartTlsStatus.Refused], results.Select(r => r.StartTls));
        Assert.Contains("192.0.2.10:25: Refused", Assert.Single(results[0].Findings).Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offered_on_loopback_needs_no_second_look()
    {
        using var certificate = TestPki.Issue("localhost");
        _bench.Resolver.Add("localhost", "127.0.0.1");
        _bench.Network.Redirect("127.0.0.1", Listen(StartTlsPolicy.Always, certificate));
        _bench.Machine.Is(["host.test"], "192.0.2.10");

        Assert.Equal(StartTlsStatus.Offered, (await _bench.CapabilityAsync("localhost")).StartTls);
        Assert.Equal("localhost", Assert.Single(_bench.Resolver.Queries).Value);
    }

    [Fact]
    public async Task A_second_look_that_is_not_wanted_is_not_made()
    {
        using var certificate = TestPki.Issue("host.test");
        ServeBoth(certificate, "127.0.0.1", "192.0.2.10");
        _bench.Machine.Is([], "192.0.2.10");
        _bench.Options = _bench.Options with { SecondLook = false };

        var result = await _bench.CapabilityAsync("127.0.0.1");

        Assert.Equal(StartTlsStatus.Withheld, result.StartTls);
        Assert.Contains("were not looked at", Assert.Single(result.Findings).Message, StringComparison.Ordinal);
        Assert.Single(_bench.Network.Dialled);
    }

    [Fact]
    public async Task Where_one_address_is_not_loopback_no_second_look_is_made()
    {
        _bench.Resolver.Add("mail.test", "127.0.0.1", "192.0.2.1");
        _bench.Network.Script("127.0.0.1", PlainOnLoopback).Script("192.0.2.1", PlainElsewhere);
        _bench.Machine.Is(["host.test"], "192.0.2.10");

        var results = await _bench.CapabilitiesAsync("mail.test");

        Assert.Equal([StartTlsStatus.NotOffered, StartTlsStatus.NotOffered], results.Select(r => r.StartTls));
        Assert.All(results, r => Assert.Null(r.SecondLookFor));
    }

    [Fact]
    public async Task A_name_server_that_does_not_answer_holds_the_second_look_up_for_five_seconds_only()
    {
        _bench.Network.Script("127.0.0.1", PlainOnLoopback);
        _bench.Machine.Is(["host.test"]);
        var probe = new SmtpProbe(new SilentResolver(), _bench.Clock, _bench.Network, _bench.Machine);
        var records = probe.GetCapabilityAsync("127.0.0.1", _bench.Options, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = records.MoveNextAsync().AsTask();
        await _bench.Clock.TimerSetAsync(TimeSpan.FromSeconds(5)).WaitAsync(ProbeBench.Patience, TestContext.Current.CancellationToken);

        _bench.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.True(await first);
        Assert.Equal(StartTlsStatus.NotOffered, records.Current.StartTls);
        Assert.Contains("host.test: TimedOut", Assert.Single(records.Current.Findings).Evidence, StringComparison.Ordinal);
        Assert.False(await records.MoveNextAsync());
        await records.DisposeAsync();
    }

    [Fact]
    public async Task The_second_look_is_bounded_too()
    {
        _bench.Network.Script("127.0.0.1", PlainOnLoopback);
        _bench.Machine.Is([], [.. Enumerable.Range(1, 9).Select(i => $"192.0.2.{i}")]);
        _bench.Options = _bench.Options with { MaximumAddresses = 3 };

        Assert.Equal(1 + 3, (await _bench.CapabilitiesAsync("127.0.0.1")).Count);
    }

    [Fact]
    public async Task The_certificate_is_told_from_the_second_look()
    {
        using var certificate = TestPki.Issue("host.test");
        ServeBoth(certificate, "127.0.0.1", "192.0.2.10");
        _bench.Resolver.Add("localhost", "127.0.0.1").Add("host.test", "192.0.2.10");
        _bench.Machine.Is(["host.test"], "192.0.2.10");

        var results = await _bench.CertificatesAsync("localhost");

        Assert.Equal(2, results.Count);
        Assert.Null(results[0].Leaf);
        Assert.Equal(FindingCode.StartTlsWithheldOnLoopback, results[0].Failure!.Code);
        Assert.Equal(FindingCode.StartTlsWithheldOnLoopback, Assert.Single(results[0].Findings).Code);
        Assert.True(results[1].Verified);
        Assert.Equal(("host.test", "localhost"), (results[1].Host, results[1].SecondLookFor));
        Assert.Equal(certificate.Thumbprint, results[1].Thumbprint);
        Assert.Equal(ProbeAnswer.No, ProbeVerdict.Of(results));
    }

    [Fact]
    public async Task A_given_server_name_is_what_counts_in_the_second_look_too()
    {
        using var certificate = TestPki.Issue("mail.contoso.test");
        ServeBoth(certificate, "127.0.0.1", "192.0.2.10");
        _bench.Machine.Is([], "192.0.2.10");
        _bench.Options = _bench.Options with { ServerName = "mail.contoso.test" };

        var results = await _bench.CertificatesAsync("127.0.0.1");

        Assert.True(results[1].Verified);
        Assert.Equal("mail.contoso.test", results[1].Tls!.ReferenceIdentity);
    }

    [Fact]
    public async Task Without_a_name_the_second_look_says_which_name_to_use()
    {
        using var certificate = TestPki.Issue("mail.contoso.test");
        ServeBoth(certificate, "127.0.0.1", "192.0.2.10");
        _bench.Machine.Is([], "192.0.2.10");

        var results = await _bench.CertificatesAsync("127.0.0.1");

        Assert.Contains("mail.contoso.test", Assert.Single(results[1].Findings, f => f.Code == FindingCode.IdentityIsAddress).Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_this_machine_a_listener_withholds_on_loopback_and_offers_at_every_own_address()
    {
        using var certificate = TestPki.Issue("host.test");
        _listeners.Add(SmtpListener.Start(new SmtpListenerOptions { HostName = "host.test", Certificates = [certificate.ToListenerCertificate(_bench.Clock)] }));
        var machine = new SystemLocalMachine();
        var probe = new SmtpProbe(_bench.Resolver, _bench.Clock, new TcpConnector(), machine);

        var results = new List<CapabilityResult>();
        await foreach (var result in probe.GetCapabilityAsync($"127.0.0.1:{_listeners[0].Port}", _bench.Options, TestContext.Current.CancellationToken))
        {
            results.Add(result);
        }

        Assert.Equal(StartTlsStatus.Withheld, results[0].StartTls);
        Assert.Equal(
            machine.Addresses.Take(_bench.Options.MaximumAddresses).Select(a => (a.ToString(), StartTlsStatus.Offered)),
            results.Skip(1).Select(r => (r.Address!, r.StartTls)));
    }

    private void ServeBoth(IssuedCertificate certificate, string loopback, string own)
    {
        _bench.Network
            .Redirect(loopback, Listen(StartTlsPolicy.ExceptLoopback, certificate))
            .Redirect(own, Listen(StartTlsPolicy.Always, certificate));
        _bench.Options = _bench.Options with { TrustedCertificates = [certificate.Issuer] };
    }

    private sealed class SilentResolver : IDnsResolver
    {
        public async ValueTask<DnsAnswer<IPAddress>> ResolveAddressesAsync(DnsName host, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("Nothing ends this wait but the token.");
        }
    }

    private SmtpListener Listen(StartTlsPolicy policy, IssuedCertificate certificate)
    {
        var listener = _bench.Listen(policy, certificate);
        _listeners.Add(listener);
        return listener;
    }
}
