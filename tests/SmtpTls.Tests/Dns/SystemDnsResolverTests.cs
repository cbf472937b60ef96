using System.Net;
using System.Net.Sockets;
using SmtpTls.Dns;

namespace SmtpTls.Tests.Dns;

public class SystemDnsResolverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Localhost_resolves_to_loopback_addresses()
    {
        var answer = await new SystemDnsResolver().ResolveAddressesAsync(Name("localhost"), Token);

        Assert.Equal(DnsStatus.Found, answer.Status);
        Assert.NotEmpty(answer.Records);
        Assert.All(answer.Records, address => Assert.True(IPAddress.IsLoopback(address)));
        Assert.False(answer.IsAuthentic);
    }

    // RFC 6761 §6.4: such a name never exists. A machine without any name server cannot tell, and may say so.
    [Fact]
    public async Task A_name_under_invalid_is_an_answer_and_not_an_exception()
    {
        var answer = await new SystemDnsResolver().ResolveAddressesAsync(Name("mail.invalid"), Token);

        Assert.True(answer.Status is DnsStatus.NotFound or DnsStatus.TemporaryFailure);
        Assert.Empty(answer.Records);
        Assert.Contains("mail.invalid", answer.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.HostNotFound, DnsStatus.NotFound)]
    [InlineData(SocketError.NoData, DnsStatus.NotFound)]
    [InlineData(SocketError.TryAgain, DnsStatus.TemporaryFailure)]
    [InlineData(SocketError.NoRecovery, DnsStatus.TemporaryFailure)]
    [InlineData(SocketError.NetworkDown, DnsStatus.TemporaryFailure)]
    public async Task Only_what_the_system_knows_of_the_name_is_final(SocketError error, DnsStatus expected)
    {
        var resolver = new SystemDnsResolver((_, _) => Task.FromException<IPAddress[]>(new SocketException((int)error)));

        var answer = await resolver.ResolveAddressesAsync(Name("mail.test"), Token);

        Assert.Equal(expected, answer.Status);
        Assert.Empty(answer.Records);
        Assert.Contains("mail.test", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_order_of_the_system_is_kept()
    {
        IPAddress[] addresses = [IPAddress.Parse("192.0.2.9"), IPAddress.Parse("2001:db8::1"), IPAddress.Parse("192.0.2.1")];
        var asked = "";
        var resolver = new SystemDnsResolver((name, _) =>
        {
            asked = name;
            return Task.FromResult(addresses);
        });

        var answer = await resolver.ResolveAddressesAsync(Name("MAIL.Test."), Token);

        Assert.Equal("mail.test", asked);
        Assert.Equal(addresses, answer.Records);
    }

    [Fact]
    public async Task No_address_at_all_is_not_found()
    {
        var answer = await new SystemDnsResolver((_, _) => Task.FromResult(Array.Empty<IPAddress>())).ResolveAddressesAsync(Name("mail.test"), Token);

        Assert.Equal(DnsStatus.NotFound, answer.Status);
    }

    [Fact]
    public async Task A_cancelled_lookup_is_cancelled_and_not_a_failed_one()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await new SystemDnsResolver().ResolveAddressesAsync(Name("localhost"), source.Token));
    }

    // getaddrinfo(3) goes on whatever a token says, for half a minute where the name servers are dead.
    [Fact]
    public async Task A_lookup_that_does_not_heed_the_token_is_left_behind()
    {
        using var source = new CancellationTokenSource();
        var deaf = new TaskCompletionSource<IPAddress[]>();
        var answer = new SystemDnsResolver((_, _) => deaf.Task).ResolveAddressesAsync(Name("mail.test"), source.Token).AsTask();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.True(answer.IsCanceled);
    }

    private static DnsName Name(string text)
    {
        Assert.True(DnsName.TryParse(text, out var name, out var error), error);
        return name;
    }
}
