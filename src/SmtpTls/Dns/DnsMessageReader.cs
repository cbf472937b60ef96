using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace SmtpTls.Dns;

/// <summary>Bytes from the network to a <see cref="DnsMessage"/>. Throws nothing, whatever the bytes are.</summary>
internal static class DnsMessageReader
{
    private const int Internet = 1;

    /// <summary>Reads an answer.</summary>
    /// <param name="bytes">The message, without the length that TCP puts before it.</param>
    /// <param name="message">The answer.</param>
    /// <param name="error">Why it is none, as the end of a sentence: "… cannot be read: {error}".</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DnsMessage? message, out string error)
    {
        var reader = new DnsReader(bytes);
        var id = reader.ReadUInt16();
        var flags = reader.ReadUInt16();
        var questions = reader.ReadUInt16();
        var answers = reader.ReadUInt16();
        var authority = reader.ReadUInt16();
        var additional = reader.ReadUInt16();
        var question = ReadQuestions(ref reader, questions);

        var edns = new EdnsFacts();
        message = new DnsMessage
        {
            Id = id,
            IsResponse = (flags & 0x8000) != 0,
            Opcode = (flags >> 11) & 0xF,
            IsAuthoritative = (flags & 0x0400) != 0,
            IsTruncated = (flags & 0x0200) != 0,
            RecursionAvailable = (flags & 0x0080) != 0,
            AuthenticData = (flags & 0x0020) != 0,
            Question = question,

            // Behind the cut of a truncated message anything may be missing; it is asked for again, whole.
            Answers = (flags & 0x0200) != 0 ? [] : ReadRecords(ref reader, answers, edns),
            Authority = (flags & 0x0200) != 0 ? [] : ReadRecords(ref reader, authority, edns),
        };
        if ((flags & 0x0200) == 0)
        {
            _ = ReadRecords(ref reader, additional, edns);
        }

        message = message with { ResponseCode = (DnsResponseCode)((flags & 0xF) | (edns.UpperCode << 4)), HasEdns = edns.Seen };
        error = reader.Error;
        message = reader.Failed ? null : message;
        return message is not null;
    }

    private static DnsQuestion? ReadQuestions(ref DnsReader reader, int count)
    {
        if (count > 1)
        {
            reader.Fail("it has more than one question");
        }

        if (count == 0 || reader.Failed)
        {
            return null;
        }

        var name = reader.ReadName();
        var type = (DnsRecordType)reader.ReadUInt16();
        if (reader.ReadUInt16() != Internet)
        {
            reader.Fail("its question is not of class IN");
        }

        return new DnsQuestion(name, type);
    }

    // The count is the sender's claim: what bounds the list is the message's end, eleven octets a record at least.
    private static List<DnsRecord> ReadRecords(ref DnsReader reader, int count, EdnsFacts edns)
    {
        var records = new List<DnsRecord>();
        for (; count > 0 && !reader.Failed; count--)
        {
            var owner = reader.ReadName();
            var type = (DnsRecordType)reader.ReadUInt16();
            var @class = reader.ReadUInt16();
            var timeToLive = reader.ReadUInt32();
            var length = reader.ReadUInt16();
            var end = reader.Position + length;
            if (type == DnsRecordType.Opt)
            {
                edns.Seen = true;
                edns.UpperCode = (int)(timeToLive >> 24);
            }
            else if (@class == Internet)
            {
                records.Add(new DnsRecord(owner, type, Lifetime(timeToLive), DnsDataReader.Read(ref reader, type, length)));
            }

            if (reader.Position > end)
            {
                reader.Fail("a record is longer than it says");
            }

            reader.MoveTo(end);
        }

        return records;
    }

    // RFC 2181 §8: the top bit set means zero.
    private static TimeSpan Lifetime(uint seconds) => TimeSpan.FromSeconds(seconds > int.MaxValue ? 0 : seconds);

    private sealed class EdnsFacts
    {
        public bool Seen { get; set; }

        public int UpperCode { get; set; }
    }
}

/// <summary>Reads what a record says. A type that shall be understood gets its line here and its class beside <see cref="DnsData"/>.</summary>
internal static class DnsDataReader
{
    private const int FourOctets = 4;
    private const int SixteenOctets = 16;

    /// <summary>Reads a record's data; null for a type that is not understood.</summary>
    public static DnsData? Read(ref DnsReader reader, DnsRecordType type, int length) => type switch
    {
        DnsRecordType.A => ReadAddress(ref reader, length, FourOctets),
        DnsRecordType.Aaaa => ReadAddress(ref reader, length, SixteenOctets),
        DnsRecordType.Cname => new NameData(reader.ReadName()),
        DnsRecordType.Mx => new ExchangerData(reader.ReadUInt16(), reader.ReadName()),
        DnsRecordType.Soa => ReadZone(ref reader),
        _ => null,
    };

    private static AddressData? ReadAddress(ref DnsReader reader, int length, int expected)
    {
        if (length != expected)
        {
            reader.Fail("an address record has another length than an address");
            return null;
        }

        var octets = reader.Take(length);
        return octets.Length == expected ? new AddressData(new IPAddress(octets)) : null;
    }

    private static ZoneData ReadZone(ref DnsReader reader)
    {
        const int BeforeMinimum = 4 * sizeof(uint);
        _ = reader.ReadName();
        _ = reader.ReadName();
        _ = reader.Take(BeforeMinimum);
        var minimum = reader.ReadUInt32();
        return new ZoneData(TimeSpan.FromSeconds(minimum > int.MaxValue ? 0 : minimum));
    }
}
