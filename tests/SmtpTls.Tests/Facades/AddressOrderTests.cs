using SmtpTls.Dns;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.SendFixture;

namespace SmtpTls.Tests.Facades;

/// <summary>Which of a name's addresses are dialled, and which failure is told when none will do.</summary>
public class AddressOrderTests
{
    private static readonly SendOptions Plain = Options with { TlsMode = TlsMode.None };

    [Theory]
    [InlineData("REFUSE")]
    [InlineData("S: 421 busy")]
    [InlineData("S: 554 not you\nC: QUIT\nS: 221 bye")]
    [InlineData("CLOSE")]
    [InlineData("S: SSH-2.0-OpenSSH_9.2")]
    public async Task An_address_that_will_not_talk_leads_to_the_next_one(string first)
    {
        await using var server = new ScriptedServer(first, OpenPlain + Deliver);

        var result = await SendAsync(server, Plain, new FakeResolver().Add("mail.test", "2001:db8::1", "192.0.2.2"));

        Assert.True(result.Accepted);
        Assert.Equal("192.0.2.2", result.Address);
        Assert.Equal("2001:db8::1 192.0.2.2", string.Join(' ', server.Dialled.Select(e => e.Address)));
    }

    [Theory]
    [InlineData("S: 220 mail.test\nC: EHLO client.test\nS: 550 bad name\nC: QUIT\nS: 221 bye", FindingCode.ServiceRefused)]
    [InlineData(OpenPlain + "C: MAIL FROM:<a@test>\nS: 550 not you\nC: QUIT\nS: 221 bye", FindingCode.SenderRefused)]
    public async Task An_address_that_answered_has_decided(string only, FindingCode code)
    {
        await using var server = new ScriptedServer(only);

        var result = await SendAsync(server, Plain, new FakeResolver().Add("mail.test", "192.0.2.1", "192.0.2.2"));

        Assert.Equal(code, result.Failure!.Code);
    }

    [Fact]
    public async Task Where_no_address_will_do_the_failure_tells_of_all()
    {
        await using var server = new ScriptedServer("REFUSE", "S: 554 not you\nC: QUIT\nS: 221 bye");

        var result = await SendAsync(server, Plain, new FakeResolver().Add("mail.test", "192.0.2.1", "192.0.2.2"));

        Assert.Equal(FindingCode.ServiceRefused, result.Failure!.Code);
        Assert.Contains("mail.test (192.0.2.2:25)", result.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("Before that: Could not connect to mail.test (192.0.2.1:25): the connection was refused.", result.Failure.Message, StringComparison.Ordinal);

        // The refused connection may work later, so the whole is not permanent.
        Assert.False(result.Failure.Permanent);
    }

    [Fact]
    public async Task No_more_addresses_are_tried_than_allowed()
    {
        await using var server = new ScriptedServer("REFUSE", "REFUSE");
        var resolver = new FakeResolver().Add("mail.test", "192.0.2.1", "192.0.2.2", "192.0.2.3");

        var result = await SendAsync(server, Plain with { MaximumAddresses = 2 }, resolver);

        Assert.Equal(FindingCode.ConnectFailed, result.Failure!.Code);
        Assert.Equal(SmtpPhase.Connect, result.Failure.Phase);
        Assert.Equal(2, server.Dialled.Count);
    }

    [Fact]
    public async Task An_unknown_host_is_told_from_a_lookup_that_failed()
    {
        await using var server = new ScriptedServer();

        var unknown = await SendAsync(server, Plain, new FakeResolver());
        var failed = await SendAsync(server, Plain, new FakeResolver().Fail("mail.test"));

        Assert.Equal((FindingCode.HostNotFound, true, SmtpPhase.Resolve), (unknown.Failure!.Code, unknown.Failure.Permanent, unknown.Failure.Phase));
        Assert.Equal((FindingCode.ResolveFailed, false, SmtpPhase.Resolve), (failed.Failure!.Code, failed.Failure.Permanent, failed.Failure.Phase));
        Assert.Equal("The name server did not answer.", failed.Failure.Cause);
        Assert.Null(unknown.Address);
    }

    [Fact]
    public async Task A_resolver_and_a_port_that_never_answer_end_with_their_time_outs()
    {
        var clock = TestPki.Clock();
        using var message = NewMail();

        var looking = new SmtpSender(new SilentResolver(), clock).SendAsync(Plain, message, TestContext.Current.CancellationToken);
        await clock.TimerSetAsync(Plain.Timeouts.Resolve);
        clock.Advance(Plain.Timeouts.Resolve);
        var unresolved = await looking;

        var connecting = new SmtpSender(Resolver(), clock, new SilentPort()).SendAsync(Plain, message, TestContext.Current.CancellationToken);
        await clock.TimerSetAsync(Plain.Timeouts.Connect);
        clock.Advance(Plain.Timeouts.Connect);
        var unconnected = await connecting;

        Assert.Equal((FindingCode.TimedOut, SmtpPhase.Resolve), (unresolved.Failure!.Code, unresolved.Failure.Phase));
        Assert.Equal((FindingCode.TimedOut, SmtpPhase.Connect), (unconnected.Failure!.Code, unconnected.Failure.Phase));
        Assert.Contains("mail.test (192.0.2.1:25) did not answer within 30 seconds while connecting", unconnected.Failure.Message, StringComparison.Ordinal);
    }

    private sealed class SilentResolver : IDnsResolver
    {
        public async ValueTask<DnsAnswer<System.Net.IPAddress>> ResolveAddressesAsync(DnsName host, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("Not reached.");
        }
    }

    private sealed class SilentPort : SmtpTls.Net.IConnector
    {
        public async ValueTask<Stream> ConnectAsync(System.Net.IPEndPoint endpoint, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("Not reached.");
        }
    }
}
