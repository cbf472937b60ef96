using System.Text;
using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class MessageHeadersTests
{
    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void Fields_are_unfolded_and_decoded_with_either_line_end(string lineEnd)
    {
        var headers = Read(string.Join(lineEnd,
            "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=", " =?utf-8?Q?_aus?=", "\tKöln", "FROM : =?utf-8?Q?J=C3=BCrgen?= <a@test>", "To: b@test,", " c@test",
            "Date: Tue, 1 Dec 2026 09:05:00 +0100", "X-Empty:", "", "Subject: body"));

        Assert.True(headers.IsComplete);
        Assert.Equal("Grüße aus\tKöln", headers.Subject);
        Assert.Equal("Jürgen <a@test>", headers.From);
        Assert.Equal("b@test, c@test", headers.To);
        Assert.Equal(new DateTimeOffset(2026, 12, 1, 9, 5, 0, TimeSpan.FromHours(1)), headers.Date);
        Assert.Equal("", headers.Find("x-empty")!.Value);
        Assert.Equal(5, headers.Fields.Count);
        Assert.Null(headers.MessageId);
    }

    [Theory]
    [InlineData("Thu, 29 Feb 2024 23:59:58 -0330", "2024-02-29T23:59:58-03:30")]
    [InlineData("1 Jan 2026 1:02 GMT", "2026-01-01T01:02:00+00:00")]
    [InlineData("Thu,  1  Jan  2026 01:02:03 +0000 (UTC)", "2026-01-01T01:02:03+00:00")]
    [InlineData("yesterday", null)]
    [InlineData("31 Feb 2026 00:00:00 +0000", null)]
    [InlineData("1 Jan 2026 00:00:00 +9999", null)]
    [InlineData("", null)]
    public void A_date_is_read_or_absent(string text, string? expected) => Assert.Equal(
        expected is null ? null : DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), Read($"Date: {text}\r\n\r\n").Date);

    [Fact]
    public void Text_in_8_bit_is_read_as_UTF8_and_else_as_Latin_1()
    {
        var utf8 = MessageHeaders.Read("Subject: Grüße\r\n\r\n"u8);
        var latin1 = MessageHeaders.Read(Encoding.Latin1.GetBytes("Subject: Grüße\r\n\r\nBody"));

        Assert.Equal("Grüße", utf8.Subject);
        Assert.True(utf8.IsUtf8);
        Assert.Equal("Grüße", latin1.Subject);
        Assert.False(latin1.IsUtf8);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("\r\nSubject: body", 0)]
    [InlineData(" continuation of nothing\r\nSubject: body", 0)]
    [InlineData("A: 1\r\nno field\r\nB: 2\r\n\r\n", 1)]
    [InlineData("A: 1\r\n: 2\r\n", 1)]
    [InlineData("A: 1\r\nB", 1)]
    [InlineData("A: 1\r\nB: 2", 2)]
    [InlineData("A: 1\r\n\r\n B: 2", 1)]
    public void The_first_line_that_is_no_field_ends_the_header(string message, int fields)
    {
        var headers = Read(message);

        Assert.True(headers.IsComplete);
        Assert.Equal(fields, headers.Fields.Count);
    }

    [Fact]
    public void Fields_tell_where_they_stand()
    {
        const string Message = "A: 1\r\nB: 2\r\n  3\r\nC: 4\r\n\r\n";
        var field = Read(Message).Find("B")!;

        Assert.Equal("B: 2\r\n  3\r\n", Message.Substring(field.Offset, field.Length));
    }

    [Fact]
    public async Task A_header_without_end_is_bounded_and_told()
    {
        var manyFields = Read(string.Concat(Enumerable.Repeat("A: 1\r\n", MessageHeaders.MaximumFields + 1)));
        var exactlyEnough = Read(string.Concat(Enumerable.Repeat("A: 1\r\n", MessageHeaders.MaximumFields)) + "\r\nbody");
        var oneLine = await MessageHeaders.ReadAsync(new MemoryStream(new byte[3 * MessageHeaders.MaximumBytes]), TestContext.Current.CancellationToken);

        Assert.False(manyFields.IsComplete);
        Assert.Equal(MessageHeaders.MaximumFields, manyFields.Fields.Count);
        Assert.True(exactlyEnough.IsComplete);
        Assert.False(oneLine.IsComplete);
        Assert.Empty(oneLine.Fields);
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) - 1)]
    [InlineData((16 * 1024) - 2)]
    [InlineData((16 * 1024) - 3)]
    [InlineData(100_000)]
    public async Task A_stream_is_read_to_the_blank_line_wherever_the_reads_end(int length)
    {
        var message = Encoding.ASCII.GetBytes("A: " + new string('x', length - 5) + "\r\n\r\nB: " + new string('y', 2 * MessageHeaders.MaximumBytes));
        using var stream = new MemoryStream(message);

        var headers = await MessageHeaders.ReadAsync(stream, TestContext.Current.CancellationToken);

        Assert.True(headers.IsComplete);
        Assert.Equal(length, Assert.Single(headers.Fields).Length);
        Assert.True(stream.Position < length + 200_000);
    }

    [Fact]
    public void Nothing_makes_it_throw()
    {
        var random = new Random(5322);
        byte[][] pieces = ["From"u8.ToArray(), ":"u8.ToArray(), " "u8.ToArray(), "\r"u8.ToArray(), "\n"u8.ToArray(), "\r\n"u8.ToArray(), [0], [0xFF], "=?utf-8?Q?=C3?="u8.ToArray(), "Date: 1 Jan"u8.ToArray()];
        for (var i = 0; i < 20_000; i++)
        {
            byte[] message = [.. Enumerable.Range(0, random.Next(16)).SelectMany(_ => pieces[random.Next(pieces.Length)])];
            var headers = MessageHeaders.Read(message);
            Assert.True(headers.IsComplete);
            Assert.DoesNotContain('\n', headers.From + headers.Subject + headers.Date);
        }
    }

    private static MessageHeaders Read(string message) => MessageHeaders.Read(Encoding.UTF8.GetBytes(message));
}
