using System.Buffers.Binary;
using System.Net;
using System.Text;
using SmtpTls.Dns;

namespace SmtpTls.Tests.Support;

/// <summary>Writes a name server's answer, right or wrong. Names are written without compression, but for <see cref="Pointer"/>.</summary>
internal sealed class DnsReply
{
    private readonly List<byte> _question = [];
    private readonly List<byte> _records = [];
    private readonly ushort[] _counts = new ushort[3];
    private int _section;

    public DnsReply(DnsQuestion question)
    {
        Name(_question, question.Name);
        Number(_question, (ushort)question.Type);
        Number(_question, 1);
    }

    public int Code { get; init; }

    public bool IsTruncated { get; init; }

    public bool IsRecursive { get; init; } = true;

    public bool WithoutQuestion { get; init; }

    /// <summary>The records that follow belong to the authority section.</summary>
    public DnsReply InAuthority()
    {
        _section = 1;
        return this;
    }

    public DnsReply Mx(string owner, int preference, string exchange, uint ttl = 300) =>
        Record(owner, DnsRecordType.Mx, ttl, data =>
        {
            Number(data, (ushort)preference);
            Name(data, exchange);
        });

    public DnsReply Address(string owner, string address, uint ttl = 300)
    {
        var parsed = IPAddress.Parse(address);
        return Record(owner, parsed.GetAddressBytes().Length == 4 ? DnsRecordType.A : DnsRecordType.Aaaa, ttl, data => data.AddRange(parsed.GetAddressBytes()));
    }

    public DnsReply Alias(string owner, string target, uint ttl = 300) => Record(owner, DnsRecordType.Cname, ttl, data => Name(data, target));

    public DnsReply Zone(string owner, uint minimum, uint ttl = 3600)
    {
        _ = InAuthority();
        return Record(owner, DnsRecordType.Soa, ttl, data =>
        {
            Name(data, "ns.test");
            Name(data, "hostmaster.test");
            foreach (var number in new[] { 1u, 2u, 3u, 4u, minimum })
            {
                Number(data, number);
            }
        });
    }

    public DnsReply Record(string owner, DnsRecordType type, uint ttl, Action<List<byte>> write)
    {
        Name(_records, owner);
        Number(_records, (ushort)type);
        Number(_records, 1);
        Number(_records, ttl);
        var data = new List<byte>();
        write(data);
        Number(_records, (ushort)data.Count);
        _records.AddRange(data);
        _counts[_section]++;
        return this;
    }

    public byte[] ToBytes(ushort id)
    {
        var bytes = new List<byte>();
        Number(bytes, id);
        Number(bytes, (ushort)(0x8100 | (IsRecursive ? 0x80 : 0) | (IsTruncated ? 0x0200 : 0) | Code));
        Number(bytes, (ushort)(WithoutQuestion ? 0 : 1));
        Array.ForEach(_counts, count => Number(bytes, count));
        return [.. bytes, .. WithoutQuestion ? [] : _question, .. _records];
    }

    /// <summary>Labels with their lengths; "." or nothing is the root.</summary>
    public static void Name(List<byte> bytes, string name)
    {
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.Latin1.GetBytes(label));
        }

        bytes.Add(0);
    }

    /// <summary>A compressed name: what stands at this offset.</summary>
    public static void Pointer(List<byte> bytes, int offset) => Number(bytes, (ushort)(0xC000 | offset));

    public static void Number(List<byte> bytes, ushort number)
    {
        bytes.Add((byte)(number >> 8));
        bytes.Add((byte)number);
    }

    public static void Number(List<byte> bytes, uint number)
    {
        var four = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(four, number);
        bytes.AddRange(four);
    }
}
