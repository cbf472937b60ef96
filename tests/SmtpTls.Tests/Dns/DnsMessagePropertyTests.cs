using FsCheck;
using FsCheck.Fluent;
using SmtpTls.Dns;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Dns;

public class DnsMessagePropertyTests
{
    private static readonly DnsQuestion Question = new("contoso.test", DnsRecordType.Mx);

    [Fact]
    public void Any_bytes_are_read_or_refused_and_nothing_is_thrown() =>
        Prop.ForAll<byte[]>(bytes => DnsMessageReader.TryRead(bytes, out var message, out var error) == (message is not null && error.Length == 0))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    // From a true answer with a few octets changed, cut or put in, one comes further than from noise.
    [Fact]
    public void A_damaged_answer_is_read_or_refused_and_nothing_is_thrown()
    {
        var whole = new DnsReply(Question)
            .Mx("contoso.test", 10, "mail.contoso.test")
            .Alias("a.test", "b.test")
            .Address("mail.contoso.test", "192.0.2.1")
            .Address("mail.contoso.test", "2001:db8::1")
            .Record("x.test", DnsRecordType.Mx, 1, data =>
            {
                DnsReply.Number(data, 1);
                DnsReply.Pointer(data, 12);
            })
            .Zone("test", 60)
            .ToBytes(1);
        var random = new Random(1035);
        var read = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = (byte[])whole.Clone();
            for (var change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)(0xC0 | random.Next(2)) : (byte)random.Next(256);
            }

            if (random.Next(4) == 0)
            {
                bytes = bytes[..random.Next(bytes.Length)];
            }

            if (!DnsMessageReader.TryRead(bytes, out var message, out var error))
            {
                Assert.Null(message);
                Assert.NotEmpty(error);
                continue;
            }

            read++;
            foreach (var name in message.Answers.Concat(message.Authority).Select(record => record.Owner))
            {
                // 255 octets, each at most four characters.
                Assert.InRange(name.Length, 1, 255 * 4);
                Assert.DoesNotContain(name, char.IsControl);
            }
        }

        Assert.InRange(read, 5_000, 45_000);
    }

    [Fact]
    public void Any_host_name_that_is_asked_for_comes_back_as_it_was()
    {
        var random = new Random(1034);
        for (var round = 0; round < 5_000; round++)
        {
            var text = string.Join('.', Enumerable.Range(0, random.Next(1, 6)).Select(_ => Fuzz.Text(random, random.Next(1, 63), "abcxyz019-_")));
            if (!DnsName.TryParse(text, out var name, out _))
            {
                continue;
            }

            var question = new DnsQuestion(name.Value, DnsRecordType.Aaaa);
            Assert.True(DnsMessageReader.TryRead(new DnsQuery(1, question).ToBytes(1232), out var message, out var error), error);
            Assert.Equal(question, message.Question);
        }
    }
}
