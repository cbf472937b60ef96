namespace SmtpTls.Dns;

/// <summary>A record of type MX: a host that takes mail for a domain (RFC 1035 §3.3.9).</summary>
/// <param name="Preference">Lower is tried first.</param>
/// <param name="Name">The exchange as it stands in the record, without its trailing dot; <c>.</c> for the root.</param>
/// <param name="Host">The exchange as a host name; null where it is none: the root (RFC 7505), or an address that somebody wrote there.</param>
public sealed record MailExchanger(int Preference, string Name, DnsName? Host)
{
    /// <summary>True for the root, which as a domain's only exchange says that the domain takes no mail (RFC 7505 §3).</summary>
    public bool IsNull => Name == ".";

    /// <summary>Preference and host, as zone files have them.</summary>
    public override string ToString() => FormattableString.Invariant($"{Preference} {Name}");
}

/// <summary>Looks up what mail needs to know of a domain: its exchanges, and the addresses of hosts.</summary>
public interface IMailDns : IDnsResolver
{
    /// <summary>The mail exchangers of a domain, in the order of the answer: preferences are the caller's to sort.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>An answer of one of the three kinds; a lookup that fails is an answer, not an exception.</returns>
    ValueTask<DnsAnswer<MailExchanger>> ResolveMailExchangersAsync(DnsName domain, CancellationToken cancellationToken);
}
