namespace SmtpTls.Dns;

/// <summary>The types of records that are read here (IANA's names and numbers).</summary>
internal enum DnsRecordType
{
    /// <summary>An IPv4 address (RFC 1035 §3.4.1).</summary>
    A = 1,

    /// <summary>Another name for the same thing (RFC 1035 §3.3.1).</summary>
    Cname = 5,

    /// <summary>The start of a zone (RFC 1035 §3.3.13): says how long a "no" is true (RFC 2308).</summary>
    Soa = 6,

    /// <summary>A mail exchanger (RFC 1035 §3.3.9).</summary>
    Mx = 15,

    /// <summary>An IPv6 address (RFC 3596 §2.1).</summary>
    Aaaa = 28,

    /// <summary>No record: what both sides can (RFC 6891 §6.1).</summary>
    Opt = 41,

    /// <summary>Every type there is (RFC 1035 §3.2.3); never asked for, but what is true of a name that does not exist.</summary>
    Any = 255,
}

/// <summary>What a name server says of a question as a whole (IANA's names and numbers).</summary>
internal enum DnsResponseCode
{
    /// <summary>Answered, if only with nothing.</summary>
    NoError = 0,

    /// <summary>The server could not read the question (old servers say so to EDNS).</summary>
    FormErr = 1,

    /// <summary>The server could not find out.</summary>
    ServFail = 2,

    /// <summary>The name does not exist.</summary>
    NxDomain = 3,

    /// <summary>The server does not do this.</summary>
    NotImp = 4,

    /// <summary>The server does not want to.</summary>
    Refused = 5,

    /// <summary>The server knows no such version of EDNS (RFC 6891 §6.1.3).</summary>
    BadVers = 16,
}
