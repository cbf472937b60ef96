using System.Buffers;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class DotEncoderTests
{
    // RFC 3030 §3: octets are counted, so dots stay as they are; without BINARYMIME they are lines all the same.
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a\r\n")]
    [InlineData(".a\r\n.\r\n", ".a\r\n.\r\n")]
    [InlineData("a\nb\r.\r\n", "a\r\nb\r\n.\r\n")]
    [InlineData("a\r", "a\r\n")]
    public void A_message_becomes_a_chunk_however_it_is_cut(string message, string expected)
    {
        foreach (var pieces in Fuzz.Splits(Encoding.UTF8.GetBytes(message), new Random(3030)))
        {
            Assert.Equal(expected, Encoding.UTF8.GetString(Encode(new DotEncoder(chunk: true), pieces)));
        }
    }

    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a", "a\r\n.\r\n")]
    [InlineData("a\r\n", "a\r\n.\r\n")]
    [InlineData("\r\n", "\r\n.\r\n")]
    [InlineData("a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n.\r\n")]
    [InlineData(".", "..\r\n.\r\n")]
    [InlineData(".\r\n", "..\r\n.\r\n")]
    [InlineData("..\r\n", "...\r\n.\r\n")]
    [InlineData(".a\r\n.b\r\n", "..a\r\n..b\r\n.\r\n")]
    [InlineData("a.b.\r\nc", "a.b.\r\nc\r\n.\r\n")]
    [InlineData("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("\r\n.\r\n", "\r\n..\r\n.\r\n")]
    // Bare line ends, the ways in which mail is smuggled among them.
    [InlineData("a\nb\n", "a\r\nb\r\n.\r\n")]
    [InlineData("a\rb\r", "a\r\nb\r\n.\r\n")]
    [InlineData("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\n.\r\nMAIL FROM:<x@test>\r\n", "a\r\n..\r\nMAIL FROM:<x@test>\r\n.\r\n")]
    [InlineData("a\r\n.\nMAIL FROM:<x@test>\r\n", "a\r\n..\r\nMAIL FROM:<x@test>\r\n.\r\n")]
    [InlineData("a\r.\r\nMAIL FROM:<x@test>\r\n", "a\r\n..\r\nMAIL FROM:<x@test>\r\n.\r\n")]
    [InlineData("\r\r\n", "\r\n\r\n.\r\n")]
    [InlineData("\n\r", "\r\n\r\n.\r\n")]
    [InlineData("\r\n\n", "\r\n\r\n.\r\n")]
    [InlineData("a\0b", "a\0b\r\n.\r\n")]
    public void A_message_becomes_DATA_however_it_is_cut(string message, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        foreach (var pieces in Fuzz.Splits(bytes, new Random(4522)))
        {
            Assert.Equal(expected, Encoding.UTF8.GetString(Encode(new DotEncoder(), pieces)));
        }
    }

    [Fact]
    public void Empty_pieces_between_CR_and_LF_change_nothing()
    {
        var encoded = Encode(new DotEncoder(), ["a\r"u8.ToArray(), [], "\n"u8.ToArray(), [], ".b"u8.ToArray()]);
        Assert.Equal("a\r\n..b\r\n.\r\n", Encoding.UTF8.GetString(encoded));
    }

    [Theory]
    [InlineData("a\r")]
    [InlineData("a")]
    [InlineData("a\r\n")]
    public void After_the_terminator_the_encoder_begins_anew(string first)
    {
        var encoder = new DotEncoder();
        _ = Encode(encoder, [Encoding.UTF8.GetBytes(first)]);
        Assert.Equal("\r\n..b\r\n.\r\n", Encoding.UTF8.GetString(Encode(encoder, ["\n.b"u8.ToArray()])));
    }

    [Fact]
    public void Random_messages_come_out_safe_and_whole_and_alike_however_they_are_cut()
    {
        var random = new Random(5321);
        for (var round = 0; round < 3_000; round++)
        {
            var message = new byte[random.Next(0, 200)];
            foreach (ref var value in message.AsSpan())
            {
                value = random.Next(4) > 0 ? "\r\n.ab"u8[random.Next(5)] : (byte)random.Next(256);
            }

            var normalised = Normalise(message);
            foreach (var pieces in Fuzz.Splits(message, random, randomSplits: 2))
            {
                var encoded = Encode(new DotEncoder(), pieces);
                Assert.Equal(normalised, Decode(encoded));
            }
        }
    }

    [Fact]
    public void A_large_message_goes_through_without_an_allocation()
    {
        var message = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("A line of text.\r\n.and one with a dot\r\nbare\n", 2_000)));
        var encoder = new DotEncoder();
        var output = new ArrayBufferWriter<byte>(2 * message.Length);
        encoder.Encode(message, output);
        output.ResetWrittenCount();

        var before = GC.GetAllocatedBytesForCurrentThread();
        encoder.Encode(message, output);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(message.Length + (2 * 2_000), output.WrittenCount);
    }

    private static byte[] Encode(DotEncoder encoder, IEnumerable<byte[]> pieces)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var piece in pieces)
        {
            encoder.Encode(piece, output);
        }

        encoder.Finish(output);
        return output.WrittenSpan.ToArray();
    }

    // The plain definition: CRLF, CR and LF each end a line, and the last line has an end.
    private static byte[] Normalise(byte[] message)
    {
        var text = Encoding.Latin1.GetString(message).ReplaceLineEndingsOfMail();
        return Encoding.Latin1.GetBytes(text.Length == 0 || text.EndsWith('\n') ? text : text + "\r\n");
    }

    // What a strict server does (RFC 5321 §4.5.2), failing where the encoder let something through.
    private static byte[] Decode(byte[] data)
    {
        var text = Encoding.Latin1.GetString(data);
        Assert.EndsWith(".\r\n", text, StringComparison.Ordinal);
        var decoded = new StringBuilder();
        var lines = text.Split("\r\n");
        Assert.Equal("", lines[^1]);
        Assert.Equal(".", lines[^2]);
        foreach (var line in lines[..^2])
        {
            Assert.DoesNotContain('\r', line);
            Assert.DoesNotContain('\n', line);
            Assert.False(line == ".", "a terminator within");
            Assert.False(line.StartsWith('.') && !line.StartsWith("..", StringComparison.Ordinal), $"single dot: {line}");
            _ = decoded.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(decoded.ToString());
    }
}

internal static class MailLineEndings
{
    public static string ReplaceLineEndingsOfMail(this string text) => text
        .Replace("\r\n", "\n", StringComparison.Ordinal)
        .Replace('\r', '\n')
        .Replace("\n", "\r\n", StringComparison.Ordinal);
}
