namespace SmtpTls.Dns;

/// <summary>The kinds of answer a lookup can have. They lead to different deeds: use it, give up, try again later.</summary>
public enum DnsStatus
{
    /// <summary>There is at least one record.</summary>
    Found,

    /// <summary>The name does not exist (RFC 1035 §4.1.1, name error) or has no record of the type (RFC 2308 §2.2). Asking again will not help.</summary>
    NotFound,

    /// <summary>No answer could be had: a time-out, a failing name server, no network. Asking later may help.</summary>
    TemporaryFailure,
}

/// <summary>What a lookup came back with.</summary>
/// <typeparam name="T">What a record is: an address here.</typeparam>
/// <param name="Status">Which kind of answer it is.</param>
/// <param name="Records">The records in the order they shall be tried; empty unless <paramref name="Status"/> is <see cref="DnsStatus.Found"/>.</param>
/// <param name="IsAuthentic">True where a validating resolver vouched for the answer (the AD bit, RFC 4035 §3.2.3) over a path that is trusted.</param>
/// <param name="Detail">What the resolver said, as a sentence; may be empty where records were found.</param>
public sealed record DnsAnswer<T>(DnsStatus Status, IReadOnlyList<T> Records, bool IsAuthentic, string Detail);
