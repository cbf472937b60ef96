using System.Buffers;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class ReplyFormatTests
{
    private static readonly EnhancedStatusCode Denied = new(5, 7, 1);

    [Fact]
    public void One_text_is_one_line()
    {
        Assert.Equal("250 ok\r\n", Format(250, null, "ok"));
        Assert.Equal("550 5.7.1 no\r\n", Format(550, Denied, "no"));
    }

    // RFC 5321 §4.2: a sender should not send bare codes, and the blank belongs to the text.
    [Fact]
    public void A_reply_without_text_keeps_the_blank()
    {
        Assert.Equal("250 \r\n", Format(250, null, ""));
        Assert.Equal("250 \r\n", Format(new SmtpReply(250, null, [])));
        Assert.Equal("550 5.7.1 \r\n", Format(new SmtpReply(550, Denied, [""])));
    }

    [Fact]
    public void Each_line_carries_code_and_enhanced_code()
    {
        var hello = new SmtpReply(250, null, ["mail.test", "PIPELINING", "SIZE 1000"]);
        Assert.Equal("250-mail.test\r\n250-PIPELINING\r\n250 SIZE 1000\r\n", Format(hello));
        Assert.Equal("550-5.7.1 a\r\n550 5.7.1 b\r\n", Format(new SmtpReply(550, Denied, ["a", "b"])));
    }

    [Theory]
    [InlineData("a\r\n250 b", "250 a??250 b\r\n")]
    [InlineData("a\nb\rc", "250 a?b?c\r\n")]
    [InlineData("a\0b\u001b\u007f\u0085\u009b", "250 a?b????\r\n")]
    [InlineData("a\tb", "250 a\tb\r\n")]
    [InlineData("Grüße 漢", "250 Grüße 漢\r\n")]
    public void No_control_character_of_a_text_reaches_the_wire(string text, string expected)
    {
        Assert.Equal(expected, Format(250, null, text));
        Assert.Equal(expected, Format(new SmtpReply(250, null, [text])));
    }

    // Lone surrogates cannot stand in attribute data.
    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character()
    {
        Assert.Equal("250 a\uFFFD\r\n", Format(250, null, "a\ud83d"));
        Assert.Equal("250 \uFFFDa\r\n", Format(250, null, "\ude00a"));
        Assert.Contains("\uFFFD\r\n", Format(250, null, new string('x', 505) + "\ud83d"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(199)]
    [InlineData(600)]
    [InlineData(-250)]
    [InlineData(2500)]
    public void A_code_that_is_none_is_a_mistake_of_the_caller(int code) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Format(code, null, "x"));

    [Fact]
    public void A_text_that_fits_exactly_is_one_line()
    {
        var text = new string('x', ReplyFormat.MaximumLineLength - 6);
        Assert.Equal($"250 {text}\r\n", Format(250, null, text));
        Assert.Equal($"250-{text}\r\n250 x\r\n", Format(250, null, text + "x"));
    }

    [Fact]
    public void A_long_text_goes_on_in_the_next_line_at_a_blank()
    {
        var head = new string('x', 500);
        Assert.Equal($"550-5.7.1 {head}\r\n550 5.7.1 yyyy\r\n", Format(550, Denied, head + " yyyy"));

        // The blank that would just not fit is where the line ends.
        var full = new string('x', ReplyFormat.MaximumLineLength - 6);
        Assert.Equal($"250-{full}\r\n250 y\r\n", Format(250, null, full + " y"));
    }

    [Fact]
    public void Long_lines_within_a_reply_do_not_end_it()
    {
        var text = new string('x', 600);
        var wire = Format(new SmtpReply(250, null, [text, "end"]));
        var reply = Assert.Single(ReplyParserTests.ReadAll(new ReplyParser(), [Encoding.UTF8.GetBytes(wire)]));
        Assert.Equal([new string('x', 506), new string('x', 94), "end"], reply.Lines);
    }

    [Fact]
    public void A_line_never_ends_within_a_character()
    {
        foreach (var offset in Enumerable.Range(0, 4))
        {
            var text = new string('x', offset) + string.Concat(Enumerable.Repeat("\U0001F600", 400));
            var wire = Format(250, null, text);
            Assert.DoesNotContain('\uFFFD', wire);
            Assert.All(WireLines(wire), line => Assert.True(Encoding.UTF8.GetByteCount(line) + 2 <= ReplyFormat.MaximumLineLength));
            Assert.Equal(text, string.Concat(WireLines(wire).Select(line => line[4..])));
        }
    }

    [Fact]
    public void What_is_written_reads_as_it_was()
    {
        var random = new Random(5321);
        for (var round = 0; round < 5_000; round++)
        {
            var reply = RandomReply(random);
            var output = new ArrayBufferWriter<byte>();
            ReplyFormat.Write(output, reply);
            foreach (var pieces in Fuzz.Splits(output.WrittenSpan.ToArray(), random, randomSplits: 1))
            {
                Assert.Equal(
                    ReplyParserTests.Describe(reply),
                    ReplyParserTests.Describe(Assert.Single(ReplyParserTests.ReadAll(new ReplyParser(), pieces))));
            }
        }
    }

    [Fact]
    public void Any_text_at_all_makes_one_wellformed_reply()
    {
        var random = new Random(463);
        for (var round = 0; round < 3_000; round++)
        {
            var text = Fuzz.Text(random, random.Next(0, 1_500), "ab \r\n\0\u009b\ud83d\ude00漢ü-250");
            var wire = Format(550, Denied, text);
            Assert.All(WireLines(wire), line =>
            {
                Assert.True(Encoding.UTF8.GetByteCount(line) + 2 <= ReplyFormat.MaximumLineLength, line);
                Assert.DoesNotContain(line, character => char.IsControl(character));
            });
            var reply = Assert.Single(ReplyParserTests.ReadAll(new ReplyParser(), [Encoding.UTF8.GetBytes(wire)]));
            Assert.Equal(Denied, reply.Enhanced);
        }
    }

    private static SmtpReply RandomReply(Random random)
    {
        // A text that begins like an enhanced code cannot be told from one, so there are no dots.
        var code = random.Next(200, 600);
        var enhanced = code / 100 != 3 && random.Next(2) == 0
            ? new EnhancedStatusCode(code / 100, random.Next(1000), random.Next(1000))
            : (EnhancedStatusCode?)null;
        var lines = new string[random.Next(1, 6)];
        for (var line = 0; line < lines.Length; line++)
        {
            lines[line] = Fuzz.Text(random, random.Next(0, 100), "ab 0125-\tü漢");
        }

        return new SmtpReply(code, enhanced, lines);
    }

    private static string[] WireLines(string wire)
    {
        Assert.EndsWith("\r\n", wire, StringComparison.Ordinal);
        return wire[..^2].Split("\r\n");
    }

    private static string Format(int code, EnhancedStatusCode? enhanced, string text)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplyFormat.Write(output, code, enhanced, text);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string Format(SmtpReply reply)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplyFormat.Write(output, reply);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
