using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class MailPathPropertyTests
{
    // Runs for each RCPT: the record and its three strings, nothing else.
    [Fact]
    public void An_ordinary_path_costs_no_more_than_what_it_keeps()
    {
        var wire = "<first.last@mail.contoso.com>"u8;
        Assert.True(MailPath.TryParseWire(wire, smtpUtf8: false, out _, out _, out _));

        const int Rounds = 100;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            _ = MailPath.TryParseWire(wire, smtpUtf8: false, out _, out _, out _);
        }

        var parsing = GC.GetAllocatedBytesForCurrentThread() - before;
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            _ = new MailPath(new string('a', 10), new string('a', 16), new string('a', 27), needsSmtpUtf8: false);
        }

        Assert.Equal(GC.GetAllocatedBytesForCurrentThread() - before, parsing);
    }

    [Fact]
    public void Random_bytes_never_throw_and_what_is_read_reads_as_itself()
    {
        var random = new Random(5321);
        var read = 0;
        for (var round = 0; round < 60_000; round++)
        {
            var wire = RandomWire(random);
            var smtpUtf8 = random.Next(2) == 0;
            if (!MailPath.TryParseWire(wire, smtpUtf8, out var path, out var consumed, out var error))
            {
                Assert.Null(path);
                Assert.Equal(0, consumed);
                Assert.NotEmpty(error);
                continue;
            }

            read++;
            Assert.Equal((byte)'>', wire[consumed - 1]);
            Assert.True(smtpUtf8 || !path.NeedsSmtpUtf8);
            Assert.DoesNotContain(path.Address, character => char.IsControl(character));
            Assert.True(MailPath.TryParse(path.ToString(), out var again, out error), $"{path}: {error}");
            Assert.Equal(path, again);
            if (path.Address.Length > 0)
            {
                Assert.True(MailPath.TryParse(path.Address, out again, out error), $"{path.Address}: {error}");
                Assert.Equal(path, again);
            }
        }

        Assert.True(read > 3_000, $"only {read} paths came out");
    }

    // Any meaning of a local part has a form on the wire that means it.
    [Fact]
    public void Any_printable_local_part_comes_back_from_its_wire_form()
    {
        var random = new Random(822);
        const string Alphabet = "ab.\"\\ @<>,ü漢~(";
        for (var round = 0; round < 10_000; round++)
        {
            var meaning = Fuzz.Text(random, random.Next(0, 10), Alphabet);
            var address = $"{LocalPartText.ToWire(meaning)}@test";
            Assert.True(MailPath.TryParse(address, out var path, out var error), $"{address}: {error}");
            Assert.Equal(meaning, path.LocalPart);
            Assert.Equal(address, path.Address);
        }
    }

    // Mostly shaped like a path, so that the fuzzing comes further than the first byte.
    private static byte[] RandomWire(Random random)
    {
        string[] parts =
        [
            "<", ">", "@", "\"", "\\", ".", "a", "b1", "test", "ü", "[", "]", "192.0.2.1", "IPv6:", "::1", ",", ":", " ", "\r", "postmaster",
        ];
        var text = new StringBuilder(random.Next(10) > 0 ? "<" : "");
        _ = text.Append(random.Next(2) == 0 ? parts[random.Next(parts.Length)] : "");
        for (var count = random.Next(0, 5); count > 0; count--)
        {
            _ = text.Append(parts[random.Next(parts.Length)]);
        }

        var bytes = Encoding.UTF8.GetBytes(text.Append(random.Next(3) > 0 ? "@test>" : "").ToString());
        if (bytes.Length > 0 && random.Next(5) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }
}
