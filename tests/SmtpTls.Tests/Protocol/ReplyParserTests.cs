using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class ReplyParserTests
{
    [Theory]
    [InlineData("250 ok\r\n", "250|-|ok")]
    [InlineData("250\r\n", "250|-|")]
    [InlineData("250 \r\n", "250|-|")]
    [InlineData("250\n", "250|-|")]
    [InlineData("599 x\r\n", "599|-|x")]
    [InlineData("200 x\r\n", "200|-|x")]
    [InlineData("354 Start mail input; end with <CRLF>.<CRLF>\r\n", "354|-|Start mail input; end with <CRLF>.<CRLF>")]
    // RFC 5321 §4.2.1
    [InlineData("250-First line\r\n250-Second line\r\n250-234 Text beginning with numbers\r\n250 The last line\r\n",
        "250|-|First line|Second line|234 Text beginning with numbers|The last line")]
    [InlineData("250-\r\n250-a\r\n250\r\n", "250|-||a|")]
    // Bare LF ends a line; a bare CR does not.
    [InlineData("250-a\n250 b\n", "250|-|a|b")]
    [InlineData("250-a\r\n250 b\n", "250|-|a|b")]
    [InlineData("250 a\rb\r\n", "250|-|a?b")]
    [InlineData("250 a\r\r\n", "250|-|a?")]
    // What is no text, and the tab, which is.
    [InlineData("250 a\0b\u0007\u001b[31m\u007f\tc\r\n", "250|-|a?b??[31m?\tc")]
    [InlineData("250 a\u0085\u009b31mb\r\n", "250|-|a??31mb")]
    [InlineData("250 Grüße, 漢字 \U0001F600\r\n", "250|-|Grüße, 漢字 \U0001F600")]
    // RFC 2034 §5
    [InlineData("250 2.1.0 Originator <foo@bar> ok\r\n", "250|2.1.0|Originator <foo@bar> ok")]
    [InlineData("551-5.7.1 Forwarding to remote hosts disabled\r\n551 5.7.1 Select another host to act as your forwarder\r\n",
        "551|5.7.1|Forwarding to remote hosts disabled|Select another host to act as your forwarder")]
    [InlineData("250 2.0.0\r\n", "250|2.0.0|")]
    [InlineData("450 4.7.1  two blanks\r\n", "450|4.7.1| two blanks")]
    // Sloppy servers: only the first line has it; the others have another one; or it is none.
    [InlineData("550-5.7.1 a\r\n550 b\r\n", "550|5.7.1|a|b")]
    [InlineData("550-5.7.1 a\r\n550 5.7.26 b\r\n", "550|5.7.1|a|5.7.26 b")]
    [InlineData("550-a\r\n550 5.7.1 b\r\n", "550|-|a|5.7.1 b")]
    [InlineData("550 4.7.1 a\r\n", "550|-|4.7.1 a")]
    [InlineData("354 2.0.0 a\r\n", "354|-|2.0.0 a")]
    [InlineData("550 5.7.1: a\r\n", "550|-|5.7.1: a")]
    [InlineData("550 5.7.1234 a\r\n", "550|-|5.7.1234 a")]
    [InlineData("550 #5.7.1 a\r\n", "550|-|#5.7.1 a")]
    public void A_reply_is_read_however_it_is_cut(string wire, string expected)
    {
        foreach (var pieces in Fuzz.Splits(Encoding.UTF8.GetBytes(wire), new Random(821)))
        {
            var parser = new ReplyParser();
            Assert.Equal(expected, Describe(Assert.Single(ReadAll(parser, pieces))));
            Assert.Empty(parser.Error);
        }
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_become_the_replacement_character()
    {
        byte[] wire = [.. "250 a"u8, 0xFF, .. "b"u8, 0xC3, .. "\r\n"u8];
        foreach (var pieces in Fuzz.Splits(wire, new Random(3629)))
        {
            Assert.Equal("250|-|a\uFFFDb\uFFFD", Describe(Assert.Single(ReadAll(new ReplyParser(), pieces))));
        }
    }

    [Fact]
    public void One_call_takes_one_reply_and_leaves_the_next()
    {
        var parser = new ReplyParser();
        var input = "250-a\r\n250 b\r\n354 go\r\n"u8;

        Assert.Equal(ReplyParseStatus.Complete, parser.Read(input, out var consumed));
        Assert.Equal("250-a\r\n250 b\r\n".Length, consumed);
        Assert.Equal("250|-|a|b", Describe(parser.Reply!));

        Assert.Equal(ReplyParseStatus.Complete, parser.Read(input[consumed..], out consumed));
        Assert.Equal("354 go\r\n".Length, consumed);
        Assert.Equal("354|-|go", Describe(parser.Reply!));

        Assert.Equal(ReplyParseStatus.Incomplete, parser.Read([], out consumed));
        Assert.Equal(0, consumed);
        Assert.Null(parser.Reply);
    }

    [Fact]
    public void An_unfinished_reply_is_incomplete_and_all_of_it_is_taken()
    {
        var parser = new ReplyParser();
        Assert.Equal(ReplyParseStatus.Incomplete, parser.Read("250-a\r\n250 b\r"u8, out var consumed));
        Assert.Equal("250-a\r\n250 b\r".Length, consumed);
        Assert.Null(parser.Reply);
    }

    [Theory]
    [InlineData("150 a\r\n", "reply code from 200 to 599")]
    [InlineData("650 a\r\n", "reply code from 200 to 599")]
    [InlineData("099 a\r\n", "reply code from 200 to 599")]
    [InlineData("25\r\n", "reply code from 200 to 599")]
    [InlineData("2x0 a\r\n", "reply code from 200 to 599")]
    [InlineData(" 250 a\r\n", "reply code from 200 to 599")]
    [InlineData("\r\n", "reply code from 200 to 599")]
    [InlineData("\n", "reply code from 200 to 599")]
    [InlineData("Hello\r\n", "reply code from 200 to 599")]
    [InlineData("２５０ a\r\n", "reply code from 200 to 599")]
    [InlineData("2500 a\r\n", "neither a blank nor a hyphen")]
    [InlineData("250\ta\r\n", "neither a blank nor a hyphen")]
    [InlineData("250\ra\r\n", "neither a blank nor a hyphen")]
    [InlineData("250\r\r\n", "neither a blank nor a hyphen")]
    [InlineData("250\0a\r\n", "neither a blank nor a hyphen")]
    [InlineData("250-a\r\n251 b\r\n", "changes the code from 250 to 251 in line 2")]
    [InlineData("250-a\r\n250-b\r\n550 c\r\n", "changes the code from 250 to 550 in line 3")]
    [InlineData("250-a\r\nb\r\n", "line 2 of its reply does not begin with a reply code")]
    [InlineData("250-a\r\n\r\n", "line 2 of its reply does not begin with a reply code")]
    [InlineData("250-a\r\nHTTP/1.1 200 OK\r\n", "line 2 of its reply does not begin with a reply code")]
    public void What_is_no_reply_is_refused_however_it_is_cut(string wire, string reason)
    {
        foreach (var pieces in Fuzz.Splits(Encoding.UTF8.GetBytes(wire), new Random(821)))
        {
            var parser = new ReplyParser();
            Assert.Empty(ReadAll(parser, pieces));
            Assert.Null(parser.Reply);
            Assert.Contains(reason, parser.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nServer: x\r\n", "it answers HTTP, not SMTP: \"HTTP/1.1 400 Bad Request\"")]
    [InlineData("<html><head>\r\n", "it answers HTTP, not SMTP: \"<html><head>\"")]
    [InlineData("<!DOCTYPE html>\n", "it answers HTTP, not SMTP: \"<!DOCTYPE html>\"")]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n", "it answers SSH, not SMTP: \"SSH-2.0-OpenSSH_9.2p1\"")]
    [InlineData("+OK ready\r\n", "it answers POP3, not SMTP: \"+OK ready\"")]
    [InlineData("* OK IMAP4rev1\r\n", "it answers IMAP, not SMTP: \"* OK IMAP4rev1\"")]
    [InlineData("\u0015\u0003\u0003\0\u0002\u0002\u0028", "it answers TLS, not SMTP: bytes 15 03 03 00 02 02 28")]
    public void Another_protocol_is_named_and_quoted(string wire, string expected)
    {
        var parser = new ReplyParser();
        Assert.Equal(ReplyParseStatus.Malformed, parser.Read(Encoding.Latin1.GetBytes(wire), out _));
        Assert.Equal(expected, parser.Error);
    }

    [Theory]
    [InlineData("HTTP/1.1", "HTTP", 5)]
    [InlineData("SSH-2.0", "SSH", 4)]
    [InlineData("\u0016\u0003\u0001", "TLS", 2)]
    public void Another_protocol_shows_by_its_first_bytes(string wire, string protocol, int needed)
    {
        var parser = new ReplyParser();
        for (var count = 1; count < needed; count++)
        {
            Assert.Equal(ReplyParseStatus.Incomplete, parser.Read([(byte)wire[count - 1]], out _));
        }

        Assert.Equal(ReplyParseStatus.Malformed, parser.Read([(byte)wire[needed - 1]], out _));
        Assert.StartsWith($"it answers {protocol}, not SMTP", parser.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("X")]
    [InlineData("HX")]
    [InlineData("25x")]
    [InlineData("250x")]
    [InlineData("250-a\r\n251")]
    [InlineData("250-a\r\nx")]
    public void What_is_no_reply_shows_before_its_line_ends(string wire) =>
        Assert.Equal(ReplyParseStatus.Malformed, new ReplyParser().Read(Encoding.ASCII.GetBytes(wire), out _));

    [Fact]
    public void A_quotation_is_clean_and_short()
    {
        var parser = new ReplyParser();
        Assert.Equal(ReplyParseStatus.Malformed, parser.Read(Encoding.UTF8.GetBytes("x\u001b]0;owned\u0007\r" + new string('y', 500)), out _));

        var quotation = parser.Error[(parser.Error.IndexOf('"', StringComparison.Ordinal) + 1)..^1];
        Assert.StartsWith("x?]0;owned??yyy", quotation, StringComparison.Ordinal);
        Assert.EndsWith("y…", quotation, StringComparison.Ordinal);
        Assert.Equal(WireText.MaximumQuotation, quotation.Length);
    }

    [Fact]
    public void A_quotation_never_ends_within_a_character()
    {
        var quoted = WireText.Quote(Encoding.UTF8.GetBytes("x" + string.Concat(Enumerable.Repeat("\U0001F600", 100))));
        Assert.True(quoted.Length - 2 <= WireText.MaximumQuotation);
        Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(quoted)));
    }

    [Fact]
    public void After_a_fault_the_next_call_begins_anew()
    {
        var parser = new ReplyParser();
        Assert.Equal(ReplyParseStatus.Malformed, parser.Read("250-a\r\n550 b\r\n"u8, out _));
        Assert.Equal(ReplyParseStatus.Complete, parser.Read("550 5.1.1 c\r\n"u8, out _));
        Assert.Equal("550|5.1.1|c", Describe(parser.Reply!));
        Assert.Empty(parser.Error);
    }

    [Fact]
    public void A_reply_of_128_lines_is_read_and_one_of_129_is_not()
    {
        var most = Lines(ReplyParser.MaximumLines, "x");
        var parser = new ReplyParser();
        Assert.Equal(ReplyParser.MaximumLines, Assert.Single(ReadAll(parser, [most])).Lines.Count);

        foreach (var pieces in Fuzz.Splits(Lines(ReplyParser.MaximumLines + 1, "x"), new Random(128)))
        {
            Assert.Empty(ReadAll(parser, pieces));
            Assert.StartsWith("its reply has more than 128 lines", parser.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_reply_of_64_KiB_is_read_and_one_byte_more_is_not()
    {
        // 64 lines of 1,024 bytes with code, separator and line end.
        var text = new string('x', 1024 - 6);
        var parser = new ReplyParser();
        var most = Lines(64, text);
        Assert.Equal(ReplyParser.MaximumBytes, most.Length);
        _ = Assert.Single(ReadAll(parser, [most]));

        byte[] more = [.. most[..^2], .. "x\r\n"u8];
        foreach (var pieces in Fuzz.Splits(more, new Random(64), randomSplits: 2))
        {
            Assert.Empty(ReadAll(parser, pieces));
            Assert.StartsWith("its reply is longer than 64 KiB", parser.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_line_of_4096_bytes_is_read_and_one_byte_more_is_not()
    {
        var parser = new ReplyParser();
        _ = Assert.Single(ReadAll(parser, [Lines(1, new string('x', ReplyParser.MaximumLineBytes - 6))]));

        foreach (var pieces in Fuzz.Splits(Lines(1, new string('x', ReplyParser.MaximumLineBytes - 5)), new Random(4), randomSplits: 2))
        {
            Assert.Empty(ReadAll(parser, pieces));
            Assert.StartsWith("line 1 of its reply is longer than 4096 bytes", parser.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_line_without_end_is_refused_at_its_limit()
    {
        var parser = new ReplyParser();
        var taken = 0;
        var status = parser.Read("250 "u8, out _);
        while (status == ReplyParseStatus.Incomplete && taken < 100_000)
        {
            status = parser.Read("xxxxxxxxxx"u8, out var consumed);
            taken += consumed;
        }

        Assert.Equal(ReplyParseStatus.Malformed, status);
        Assert.Equal(ReplyParser.MaximumLineBytes - 4, taken);
    }

    [Fact]
    public void Random_bytes_never_throw_and_mean_the_same_however_they_are_cut()
    {
        var random = new Random(2821);
        for (var round = 0; round < 5_000; round++)
        {
            var wire = new byte[random.Next(4, 60)];
            foreach (ref var value in wire.AsSpan())
            {
                value = random.Next(8) > 0 ? "250 \r\n-.HSTP/"u8[random.Next(13)] : (byte)random.Next(256);
            }

            if (random.Next(2) == 0)
            {
                "250-"u8.CopyTo(wire);
            }

            string? whole = null;
            foreach (var pieces in Fuzz.Splits(wire, random, randomSplits: 2))
            {
                // What is quoted depends on what has come; the fault itself does not.
                var parser = new ReplyParser();
                var outcome = string.Join('\n', ReadAll(parser, pieces).Select(Describe)) + '\n' + parser.Error.Split(": ")[0];
                Assert.Equal(whole ??= outcome, outcome);
            }
        }
    }

    internal static string Describe(SmtpReply reply) =>
        $"{reply.Code}|{reply.Enhanced?.ToString() ?? "-"}|{string.Join('|', reply.Lines)}";

    // Every reply up to the end or the first fault.
    internal static List<SmtpReply> ReadAll(ReplyParser parser, IEnumerable<byte[]> pieces)
    {
        var replies = new List<SmtpReply>();
        foreach (var piece in pieces)
        {
            for (ReadOnlySpan<byte> rest = piece; !rest.IsEmpty;)
            {
                var status = parser.Read(rest, out var consumed);
                rest = rest[consumed..];
                if (status == ReplyParseStatus.Malformed)
                {
                    return replies;
                }

                if (status == ReplyParseStatus.Complete)
                {
                    replies.Add(parser.Reply!);
                }
                else
                {
                    Assert.True(rest.IsEmpty);
                }
            }
        }

        return replies;
    }

    private static byte[] Lines(int count, string text) => Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Range(1, count).Select(line => $"250{(line < count ? '-' : ' ')}{text}\r\n")));
}
