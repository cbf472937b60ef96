using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public sealed class DotDecoderTests
{
    private const int LineLimit = 1_000;

    [Theory]
    [InlineData(".\r\n", "")]
    [InlineData("a\r\n.\r\n", "a\r\n")]
    [InlineData("a\r\n..\r\n.\r\n", "a\r\n.\r\n")]
    [InlineData("..a\r\n...b\r\n.\r\n", ".a\r\n..b\r\n")]
    [InlineData("\r\n\r\n.\r\n", "\r\n\r\n")]
    [InlineData(".a\r\n.\r\n", "a\r\n")]
    [InlineData("a.\r\n.\r\n", "a.\r\n")]
    [InlineData("a\r\n.b.\r\n.\r\n", "a\r\nb.\r\n")]
    [InlineData("\0\x01é\r\n.\r\n", "\0\x01é\r\n")]
    public void Dots_are_taken_out_and_nothing_else(string wire, string content) =>
        AllSplits(wire, (decoded, fault, rest) =>
        {
            Assert.Equal(content, decoded);
            Assert.Equal(MessageFault.None, fault);
            Assert.Equal("", rest);
        });

    [Theory]
    [InlineData("a\n.\nMAIL FROM:<evil@test>\r\n.\r\n")]
    [InlineData("a\r\n.\nMAIL FROM:<evil@test>\r\n.\r\n")]
    [InlineData("a\n.\r\nMAIL FROM:<evil@test>\r\n.\r\n")]
    [InlineData("a\r.\rMAIL\r\n.\r\n")]
    [InlineData("a\r\n.\rMAIL\r\n.\r\n")]
    [InlineData("a\r\n.\r\r\n.\r\n")]
    [InlineData("a\r\r\n.\r\n")]
    [InlineData("\n\r\n.\r\n")]
    [InlineData("\r.\r\n.\r\n")]
    public void Smuggled_ends_end_nothing_and_are_a_fault(string wire) =>
        AllSplits(wire, (_, fault, rest) =>
        {
            Assert.Equal(MessageFault.BareLineEnd, fault);
            Assert.Equal("", rest);
        });

    [Fact]
    public void What_follows_the_final_dot_is_left() =>
        AllSplits("a\r\n.\r\nMAIL FROM:<b@test>\r\n", (decoded, fault, rest) =>
        {
            Assert.Equal("a\r\n", decoded);
            Assert.Equal(MessageFault.None, fault);
            Assert.Equal("MAIL FROM:<b@test>\r\n", rest);
        });

    [Fact]
    public void A_line_at_the_limit_is_taken_and_one_beyond_is_a_fault()
    {
        AllSplits(new string('x', LineLimit - 2) + "\r\n.\r\n", (_, fault, _) => Assert.Equal(MessageFault.None, fault));
        AllSplits(new string('x', LineLimit - 1) + "\r\n.\r\n", (_, fault, _) => Assert.Equal(MessageFault.LineTooLong, fault));
    }

    [Fact]
    public void A_decoder_can_begin_again()
    {
        var decoder = new DotDecoder(LineLimit);
        var bytes = "a\n.\r\n\r\n.\r\n"u8.ToArray();
        decoder.Decode(bytes, out _);
        Assert.Equal(MessageFault.BareLineEnd, decoder.Fault);
        decoder.Reset();
        var again = "b\r\n.\r\n"u8.ToArray();
        var count = decoder.Decode(again, out _);
        Assert.Equal("b\r\n", Encoding.ASCII.GetString(again, 0, count));
        Assert.Equal(MessageFault.None, decoder.Fault);
        Assert.True(decoder.IsFinished);
    }

    [Fact]
    public void Random_text_gives_the_same_whole_and_in_pieces()
    {
        var random = new Random(4);
        const string Alphabet = ".\r\na";
        for (var i = 0; i < 20_000; i++)
        {
            var wire = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => Alphabet[random.Next(Alphabet.Length)])) + "\r\n.\r\n";
            var whole = Decode(wire, [wire.Length]);
            var pieces = Decode(wire, [.. Enumerable.Repeat(1, wire.Length)]);
            Assert.Equal(whole.Fault, pieces.Fault);
            Assert.Equal(whole.Left, pieces.Left);
            if (whole.Fault == MessageFault.None)
            {
                Assert.Equal(whole.Content, pieces.Content);
                Assert.DoesNotMatch("(?<!\r)\n|\r(?!\n)", whole.Content);
            }
        }
    }

    [Theory]
    [InlineData("a\r\nb\r\n", MessageFault.None)]
    [InlineData(".\r\n", MessageFault.None)]
    [InlineData("a\nb", MessageFault.BareLineEnd)]
    [InlineData("a\rb", MessageFault.BareLineEnd)]
    [InlineData("a\r\n\r", MessageFault.BareLineEnd)]
    public void Chunks_are_held_against_the_same_rules(string content, object fault)
    {
        for (var split = 0; split <= content.Length; split++)
        {
            var check = new LineEndCheck(LineLimit);
            check.Read(Encoding.ASCII.GetBytes(content[..split]));
            check.Read(Encoding.ASCII.GetBytes(content[split..]));
            check.Finish();
            Assert.Equal(fault, check.Fault);
        }
    }

    private static void AllSplits(string wire, Action<string, MessageFault, string> check)
    {
        for (var split = 0; split <= wire.Length; split++)
        {
            var (content, fault, rest) = Decode(wire, [split, wire.Length - split]);
            check(content, fault, rest);
        }

        var (c, f, r) = Decode(wire, [.. Enumerable.Repeat(1, wire.Length)]);
        check(c, f, r);
    }

    private static (string Content, MessageFault Fault, string Left) Decode(string wire, int[] pieces)
    {
        var decoder = new DotDecoder(LineLimit);
        var content = new StringBuilder();
        var rest = new StringBuilder();
        var bytes = Encoding.Latin1.GetBytes(wire);
        var start = 0;
        foreach (var length in pieces)
        {
            var piece = bytes[start..(start + length)];
            start += length;
            var count = decoder.Decode(piece, out var consumed);
            content.Append(Encoding.Latin1.GetString(piece, 0, count));
            rest.Append(Encoding.Latin1.GetString(piece, consumed, piece.Length - consumed));
        }

        Assert.True(decoder.IsFinished);
        return (content.ToString(), decoder.Fault, rest.ToString());
    }
}
