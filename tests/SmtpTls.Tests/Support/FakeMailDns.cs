using System.Net;
using SmtpTls.Dns;

namespace SmtpTls.Tests.Support;

/// <summary>Knows the mail exchangers and addresses that a test told it of. A name that nobody told it of is not found.</summary>
internal sealed class FakeMailDns : IMailDns
{
    private readonly Dictionary<DnsName, DnsAnswer<MailExchanger>> _exchangers = [];

    /// <summary>The addresses of hosts.</summary>
    public FakeResolver Hosts { get; } = new();

    /// <summary>A domain's mail exchangers, each as zone files have it: <c>10 mail.test</c>.</summary>
    public FakeMailDns Mx(string domain, params string[] records)
    {
        _exchangers[Name(domain)] = new DnsAnswer<MailExchanger>(
            DnsStatus.Found,
            [.. records.Select(record => record.Split(' ')).Select(parts => new MailExchanger(
                int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), parts[1], DnsName.TryParse(parts[1], out var host, out _) ? host : null))],
            IsAuthentic: false,
            "");
        return this;
    }

    /// <summary>A domain whose mail exchangers cannot be looked up now.</summary>
    public FakeMailDns FailMx(string domain)
    {
        _exchangers[Name(domain)] = new DnsAnswer<MailExchanger>(DnsStatus.TemporaryFailure, [], IsAuthentic: false, "192.0.2.53:53 answered SERVFAIL.");
        return this;
    }

    /// <summary>A host's addresses.</summary>
    public FakeMailDns Host(string name, params string[] addresses)
    {
        _ = Hosts.Add(name, addresses);
        return this;
    }

    /// <summary>A host that cannot be looked up now.</summary>
    public FakeMailDns FailHost(string name)
    {
        _ = Hosts.Fail(name);
        return this;
    }

    public ValueTask<DnsAnswer<MailExchanger>> ResolveMailExchangersAsync(DnsName domain, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_exchangers.GetValueOrDefault(domain)
            ?? new DnsAnswer<MailExchanger>(DnsStatus.NotFound, [], IsAuthentic: false, $"{domain} has no record of type MX."));

    public ValueTask<DnsAnswer<IPAddress>> ResolveAddressesAsync(DnsName host, CancellationToken cancellationToken) =>
        Hosts.ResolveAddressesAsync(host, cancellationToken);

    private static DnsName Name(string text) =>
        DnsName.TryParse(text, out var name, out var error) ? name : throw new ArgumentException($"{text} is not a host name: {error}.", nameof(text));
}
