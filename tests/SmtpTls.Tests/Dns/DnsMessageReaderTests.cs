using System.Text;
using SmtpTls.Dns;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Dns;

public class DnsMessageReaderTests
{
    private const int HeaderLength = 12;

    private static readonly DnsQuestion Question = new("contoso.test", DnsRecordType.Mx);

    [Fact]
    public void A_query_reads_as_what_was_asked()
    {
        var message = Read(new DnsQuery(0xBEEF, Question).ToBytes(1232));

        Assert.Equal(0xBEEF, message.Id);
        Assert.Equal(Question, message.Question);
        Assert.False(message.IsResponse);
        Assert.True(message.HasEdns);
        Assert.False(Read(new DnsQuery(1, Question).ToBytes(null)).HasEdns);
    }

    // RFC 1035 §4.1.1 and §4.1.2, octet by octet; RFC 6891 §6.1.2 behind it.
    [Fact]
    public void A_query_is_these_octets() =>
        Assert.Equal(
            "123401000001000000000001" + "07636F6E746F736F047465737400" + "000F0001" + "00002904D0000000000000",
            Convert.ToHexString(new DnsQuery(0x1234, Question).ToBytes(1232)));

    [Fact]
    public void Records_are_read()
    {
        var reply = new DnsReply(Question)
            .Mx("CONTOSO.test", 10, "Mail.Contoso.TEST", 60)
            .Alias("alias.test", "contoso.test")
            .Address("mail.test", "192.0.2.1")
            .Address("mail.test", "2001:db8::1")
            .Record("other.test", (DnsRecordType)16, 1, data => data.AddRange("xyz"u8.ToArray()))
            .Zone("test", 900);
        var message = Read(reply.ToBytes(7));

        Assert.Equal(5, message.Answers.Count);
        Assert.Equal(new DnsRecord("contoso.test", DnsRecordType.Mx, TimeSpan.FromMinutes(1), new ExchangerData(10, "mail.contoso.test")), message.Answers[0]);
        Assert.Equal(new NameData("contoso.test"), message.Answers[1].Data);
        Assert.Equal("192.0.2.1", Assert.IsType<AddressData>(message.Answers[2].Data).Address.ToString());
        Assert.Equal("2001:db8::1", Assert.IsType<AddressData>(message.Answers[3].Data).Address.ToString());
        Assert.Null(message.Answers[4].Data);
        Assert.Equal(TimeSpan.FromMinutes(15), Assert.IsType<ZoneData>(Assert.Single(message.Authority).Data).Minimum);
        Assert.True(message.RecursionAvailable);
    }

    [Fact]
    public void A_compressed_name_is_put_together()
    {
        var bytes = new DnsReply(Question).Record("contoso.test", DnsRecordType.Mx, 1, data =>
        {
            DnsReply.Number(data, 5);
            data.AddRange([2, (byte)'m', (byte)'x']);
            DnsReply.Pointer(data, HeaderLength);
        }).ToBytes(1);

        Assert.Equal(new ExchangerData(5, "mx.contoso.test"), Assert.Single(Read(bytes).Answers).Data);
    }

    [Fact]
    public void The_root_is_a_dot() =>
        Assert.Equal(".", Assert.IsType<ExchangerData>(Read(new DnsReply(Question).Mx("contoso.test", 0, ".").ToBytes(1)).Answers[0].Data).Exchange);

    [Theory]
    [InlineData("a b", @"a\032b.test")]
    [InlineData("a\0", @"a\000.test")]
    [InlineData("é", @"\233.test")]
    [InlineData(@"a\", @"a\092.test")]
    public void What_no_host_name_holds_is_shown_by_number(string label, string shown)
    {
        var bytes = new DnsReply(Question).Record("x.test", DnsRecordType.Cname, 1, data =>
        {
            data.Add((byte)label.Length);
            data.AddRange(Encoding.Latin1.GetBytes(label));
            DnsReply.Name(data, "test");
        }).ToBytes(1);

        Assert.Equal(shown, Assert.IsType<NameData>(Assert.Single(Read(bytes).Answers).Data).Name);
    }

    [Fact]
    public void A_dot_inside_a_label_is_not_the_dot_between_labels()
    {
        var bytes = new DnsReply(Question).Record("x.test", DnsRecordType.Cname, 1, data => data.AddRange([3, (byte)'a', (byte)'.', (byte)'b', 0])).ToBytes(1);

        Assert.Equal(@"a\046b", Assert.IsType<NameData>(Assert.Single(Read(bytes).Answers).Data).Name);
    }

    public static TheoryData<string, byte[], string> Unreadable()
    {
        var name = new DnsReply(Question).ToBytes(1);
        return new()
        {
            { "nothing", [], "it ends in the middle" },
            { "half a header", name[..7], "it ends in the middle" },
            { "question cut", name[..^3], "it ends in the middle" },
            { "name cut", name[..(HeaderLength + 4)], "it ends in the middle of a name" },
            { "more records than there are", With(new DnsReply(Question).Mx("a.test", 1, "b.test").ToBytes(1), 7, 9), "it ends in the middle" },
            { "two questions", With(name, 5, 2), "more than one question" },
            { "class CH", With(name, name.Length - 1, 3), "not of class IN" },
            { "pointer at itself", OwnerPointer(offset => offset), "points forward" },
            { "pointer forward", OwnerPointer(offset => offset + 2), "points forward" },
            { "pointer beyond the end", OwnerPointer(_ => 0x3FFF), "points forward" },
            { "pointer in a circle", Circle(), "points forward" },
            { "label type 01", LabelType(0x40), "a label has a type that does not exist" },
            { "label type 10", LabelType(0x80), "a label has a type that does not exist" },
            { "name too long", LongName(), "longer than 255 octets" },
            { "name too long by pointers", LongByPointers(), "longer than 255 octets" },
            { "address of three octets", Data(DnsRecordType.A, [1, 2, 3]), "another length than an address" },
            { "IPv6 address of four octets", Data(DnsRecordType.Aaaa, [1, 2, 3, 4]), "another length than an address" },
            { "exchange beyond its record", Data(DnsRecordType.Mx, [0, 1, 5]), "it ends in the middle" },
            { "alias longer than its record", Tail(DnsRecordType.Cname), "a record is longer than it says" },
        };
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void What_cannot_be_read_is_refused_and_says_why(string what, byte[] bytes, string error)
    {
        Assert.NotEmpty(what);
        Assert.False(DnsMessageReader.TryRead(bytes, out var message, out var complaint));
        Assert.Null(message);
        Assert.Contains(error, complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Behind_the_cut_of_a_truncated_answer_nothing_is_read()
    {
        var bytes = new DnsReply(Question) { IsTruncated = true }.Mx("contoso.test", 1, "mail.test").ToBytes(1);

        var message = Read(bytes[..^4]);

        Assert.True(message.IsTruncated);
        Assert.Empty(message.Answers);
    }

    // RFC 2181 §8.
    [Fact]
    public void A_lifetime_with_its_top_bit_set_is_none() =>
        Assert.Equal(TimeSpan.Zero, Read(new DnsReply(Question).Mx("a.test", 1, "b.test", 0x8000_0000).ToBytes(1)).Answers[0].TimeToLive);

    [Theory]
    [InlineData(0, "contoso.test", DnsRecordType.Mx, true)]
    [InlineData(1, "contoso.test", DnsRecordType.Mx, false)]
    [InlineData(0, "contoso.tesT", DnsRecordType.Mx, true)]
    [InlineData(0, "other.test", DnsRecordType.Mx, false)]
    [InlineData(0, "contoso.test", DnsRecordType.A, false)]
    internal void Only_the_answer_to_the_question_is_its_answer(int idOffset, string name, DnsRecordType type, bool isAnswer)
    {
        var answer = Read(new DnsReply(new DnsQuestion(name, type)).ToBytes((ushort)(77 + idOffset)));

        Assert.Equal(isAnswer, new DnsQuery(77, Question).IsAnsweredBy(answer));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Without_the_question_only_a_refusal_is_an_answer(int code, bool isAnswer) =>
        Assert.Equal(isAnswer, new DnsQuery(77, Question).IsAnsweredBy(Read(new DnsReply(Question) { Code = code, WithoutQuestion = true }.ToBytes(77))));

    private static byte[] With(byte[] bytes, int at, byte value)
    {
        bytes = [.. bytes];
        bytes[at] = value;
        return bytes;
    }

    private static byte[] OwnerPointer(Func<int, int> target)
    {
        var bytes = new List<byte>(With(new DnsReply(Question).ToBytes(1), 7, 1));
        DnsReply.Pointer(bytes, target(bytes.Count));
        return [.. bytes, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    }

    private static byte[] Circle()
    {
        // A label, then a pointer back to it: each round is longer, none ends.
        var bytes = new List<byte>(With(new DnsReply(Question).ToBytes(1), 7, 1));
        var at = bytes.Count;
        bytes.AddRange([1, (byte)'a']);
        DnsReply.Pointer(bytes, at);
        return [.. bytes, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0];
    }

    private static byte[] LabelType(byte first) => With(new DnsReply(Question).ToBytes(1), HeaderLength, first);

    private static byte[] LongName() => Data(DnsRecordType.Cname, [.. Enumerable.Repeat<byte[]>([63, .. new byte[63]], 4).SelectMany(b => b), 0]);

    private static byte[] LongByPointers()
    {
        var reply = new DnsReply(Question);
        var at = reply.ToBytes(1).Length + 1 + 10;
        _ = reply.Record(".", DnsRecordType.Cname, 1, data => data.AddRange([.. Enumerable.Repeat<byte[]>([63, .. new byte[63]], 3).SelectMany(b => b), 0]));
        return reply.Record(".", DnsRecordType.Cname, 1, data =>
        {
            data.AddRange([63, .. new byte[63]]);
            DnsReply.Pointer(data, at);
        }).ToBytes(1);
    }

    private static byte[] Data(DnsRecordType type, byte[] data) => new DnsReply(Question).Record("a.test", type, 1, bytes => bytes.AddRange(data)).ToBytes(1);

    private static byte[] Tail(DnsRecordType type)
    {
        var bytes = new DnsReply(Question).Record("a.test", type, 1, data => DnsReply.Name(data, "b.test")).ToBytes(1);

        // The length is two octets before the eight of the data; one less than the name has.
        return With(bytes, bytes.Length - 9, 7);
    }

    private static DnsMessage Read(byte[] bytes)
    {
        Assert.True(DnsMessageReader.TryRead(bytes, out var message, out var error), error);
        return message;
    }
}
