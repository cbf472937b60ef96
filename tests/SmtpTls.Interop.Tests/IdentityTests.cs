using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Interop.Tests;

/// <summary>
/// What Exchange 5.5's Internet Mail Service got wrong on Windows 2000, and what its SP4 put right: the certificate
/// carries the host's name, so the name is compared with it and not the address that was dialled.
/// </summary>
public sealed class IdentityTests : IAsyncDisposable
{
    private const string Name = "mail.ims.test";
    private const string Address = "127.0.0.1";

    private readonly Pki _pki = new();
    private readonly TestListener _listener;

    public IdentityTests() => _listener = TestListener.Start(_pki.Issue(Name));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task By_name_it_verifies_whatever_address_is_dialled()
    {
        var result = await SendAsync(Name, TlsIdentity.Name);
        Assert.Null(result.Failure);
        Assert.Equal(Name, result.Tls?.MatchedIdentity);
        Assert.Equal(Name, result.Tls?.ReferenceIdentity);
        Assert.Equal(Name, result.Tls?.ServerNameIndication);
        Assert.Equal(Address, result.Address);
        Assert.True(result.Tls?.Verified);
        Assert.DoesNotContain(result.Findings, f => f.Severity == FindingSeverity.Error);

        var probed = await ProbeAsync(Name, TlsIdentity.Name);
        Assert.True(probed.Verified);
        Assert.True(probed.NameMatches);
        Assert.Equal(Name, probed.Tls?.MatchedIdentity);
        Assert.Equal(Address, probed.Address);
    }

    [Fact]
    public async Task By_address_it_is_refused_and_the_way_out_is_named()
    {
        var result = await SendAsync(Address, TlsIdentity.Name);
        Assert.Equal(FindingCode.IdentityIsAddress, result.Failure?.Code);
        Assert.Equal(SmtpPhase.Handshake, result.Failure!.Phase);
        Assert.Contains(Address, result.Failure.Message, StringComparison.Ordinal);
        Assert.Contains(Name, result.Failure.Message, StringComparison.Ordinal);
        Assert.Contains(Name, result.Failure.Advice, StringComparison.Ordinal);
        Assert.Null(result.Tls?.ServerNameIndication);
        Assert.False(result.Accepted);

        var probed = await ProbeAsync(Address, TlsIdentity.Name);
        Assert.False(probed.Verified);
        Assert.False(probed.NameMatches);
        Assert.True(probed.ChainTrusted);
        Assert.Contains(probed.Findings, f => f.Code == FindingCode.IdentityIsAddress);
        Assert.Equal(0, _listener.Inner.Received);
    }

    [Fact]
    public async Task By_address_with_the_servers_name_given_it_verifies()
    {
        var result = await SendAsync(Address, TlsIdentity.Name, serverName: Name);
        Assert.Null(result.Failure);
        Assert.Equal(Name, result.Tls?.MatchedIdentity);
        Assert.True((await ProbeAsync(Address, TlsIdentity.Name, serverName: Name)).Verified);
    }

    [Fact]
    public async Task The_old_behaviour_fails_as_it_did_and_is_marked()
    {
        var result = await SendAsync(Name, TlsIdentity.Address);
        Assert.NotNull(result.Failure);
        Assert.Equal(FindingCode.IdentityIsAddress, result.Failure.Code);
        Assert.Equal(TlsIdentity.Address, result.Tls?.IdentityUsed);
        Assert.Equal(Address, result.Tls?.ReferenceIdentity);
        Assert.Contains(result.Findings, f => f.Code == FindingCode.AddressIdentityUsed);
        Assert.Equal(0, _listener.Inner.Received);

        var probed = await ProbeAsync(Name, TlsIdentity.Address);
        Assert.False(probed.Verified);
        Assert.Contains(probed.Findings, f => f.Code == FindingCode.AddressIdentityUsed);
    }

    [Fact]
    public async Task The_old_behaviour_passes_where_the_certificate_carries_the_address_and_is_marked_all_the_same()
    {
        await using var listener = TestListener.Start(_pki.Issue([Name, Address]));
        var result = await SendAsync(Name, TlsIdentity.Address, listener);
        Assert.Null(result.Failure);
        Assert.Equal(Address, result.Tls?.MatchedIdentity);
        Assert.Contains(result.Findings, f => f is { Code: FindingCode.AddressIdentityUsed, Severity: FindingSeverity.Warning });
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _pki.Dispose();
    }

    private async Task<SendResult> SendAsync(string server, TlsIdentity identity, TestListener? listener = null, string? serverName = null)
    {
        using var message = OutgoingMessage.Compose(new MailContent { From = "a@test", To = ["b@test"], Subject = "IMS" });
        var options = new SendOptions
        {
            Server = server,
            Address = Address,
            Port = (listener ?? _listener).Port,
            ServerName = serverName,
            TlsIdentity = identity,
            TrustedCertificates = [_pki.Root],
        };
        return await new SmtpSender().SendAsync(options, message, Token);
    }

    private async Task<CertificateResult> ProbeAsync(string target, TlsIdentity identity, string? serverName = null)
    {
        var options = new ProbeOptions
        {
            Address = Address,
            Port = _listener.Port,
            ServerName = serverName,
            TlsIdentity = identity,
            TrustedCertificates = [_pki.Root],
        };
        var results = new List<CertificateResult>();
        await foreach (var result in new SmtpProbe().GetCertificateAsync(target, options, Token))
        {
            results.Add(result);
        }

        return Assert.Single(results);
    }
}
