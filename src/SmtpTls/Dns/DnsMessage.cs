using System.Net;

namespace SmtpTls.Dns;

/// <summary>A name server's answer, read. Names are in the form that <see cref="DnsReader.ReadName"/> gives them.</summary>
internal sealed record DnsMessage
{
    public required ushort Id { get; init; }

    /// <summary>The QR bit: an answer, not a question.</summary>
    public bool IsResponse { get; init; }

    /// <summary>0 for an ordinary question.</summary>
    public int Opcode { get; init; }

    /// <summary>AA: the server owns the zone.</summary>
    public bool IsAuthoritative { get; init; }

    /// <summary>TC: the answer did not fit; it stands whole behind TCP.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>RA: the server asks others on one's behalf.</summary>
    public bool RecursionAvailable { get; init; }

    /// <summary>AD: the server says that it has verified the answer (RFC 4035 §3.2.3).</summary>
    public bool AuthenticData { get; init; }

    /// <summary>The response code, with the upper bits that EDNS carries.</summary>
    public DnsResponseCode ResponseCode { get; init; }

    /// <summary>The question that is answered; null where the server did not repeat it.</summary>
    public DnsQuestion? Question { get; init; }

    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];

    public IReadOnlyList<DnsRecord> Authority { get; init; } = [];

    /// <summary>True where the server understood EDNS.</summary>
    public bool HasEdns { get; init; }
}

/// <summary>What is asked; always of class IN.</summary>
/// <param name="Name">The name, lower case, without trailing dot.</param>
/// <param name="Type">The type of record.</param>
internal sealed record DnsQuestion(string Name, DnsRecordType Type);

/// <summary>A record of class IN.</summary>
/// <param name="Owner">Whose record it is.</param>
/// <param name="Type">Its type; may be a number that <see cref="DnsRecordType"/> has no name for.</param>
/// <param name="TimeToLive">How long it is true.</param>
/// <param name="Data">What it says; null for types that nobody here reads.</param>
internal sealed record DnsRecord(string Owner, DnsRecordType Type, TimeSpan TimeToLive, DnsData? Data);

/// <summary>What a record says.</summary>
internal abstract record DnsData;

/// <summary>A and AAAA.</summary>
internal sealed record AddressData(IPAddress Address) : DnsData;

/// <summary>CNAME.</summary>
internal sealed record NameData(string Name) : DnsData;

/// <summary>MX.</summary>
internal sealed record ExchangerData(int Preference, string Exchange) : DnsData;

/// <summary>SOA: of it only how long a "no" is true (RFC 2308 §4).</summary>
internal sealed record ZoneData(TimeSpan Minimum) : DnsData;
