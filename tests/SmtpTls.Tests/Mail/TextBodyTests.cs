using System.Text;
using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class TextBodyTests
{
    [Theory]
    [InlineData("", "us-ascii", "7bit")]
    [InlineData("Hello", "us-ascii", "7bit")]
    [InlineData("nul \0 inside", "us-ascii", "quoted-printable")]
    [InlineData("Grüße aus dem Rheinland", "utf-8", "quoted-printable")]
    [InlineData("日本語のテキスト", "utf-8", "base64")]
    [InlineData("Καλημέρα", "utf-8", "base64")]
    public void The_encoding_is_the_plainest_that_carries_the_text(string text, string charset, string encoding)
    {
        var body = TextBody.From(text);

        Assert.Equal(charset, body.Charset);
        Assert.Equal(encoding, body.TransferEncoding);
        Assert.True(Ascii.IsValid(body.Content));
    }

    [Theory]
    [InlineData(998, "7bit")]
    [InlineData(999, "quoted-printable")]
    public void An_ascii_line_beyond_998_octets_is_encoded(int length, string encoding) =>
        Assert.Equal(encoding, TextBody.From("short\n" + new string('a', length)).TransferEncoding);

    // A form feed ends a line for a printer, not for SMTP.
    [Fact]
    public void Only_CR_and_LF_end_a_line() =>
        Assert.Equal("quoted-printable", TextBody.From(new string('a', 600) + "\f" + new string('a', 600)).TransferEncoding);

    [Theory]
    [InlineData("a\nb", "a\r\nb\r\n")]
    [InlineData("a\rb\r\nc\n\rd", "a\r\nb\r\nc\r\n\r\nd\r\n")]
    [InlineData(".\n..\n", ".\r\n..\r\n")]
    [InlineData("", "")]
    public void Line_ends_become_CRLF_and_dots_stay(string text, string expected) => Assert.Equal(expected, Encoding.ASCII.GetString(TextBody.From(text).Content));

    [Theory]
    [InlineData("ü \nx\t\n=", "=C3=BC=20\r\nx=09\r\n=3D\r\n")]
    [InlineData("ü a b", "=C3=BC a b\r\n")]
    public void Quoted_printable_protects_the_equals_sign_and_white_space_at_line_ends(string text, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(TextBody.From(text + new string('z', 30)).Content).Replace(new string('z', 30), "", StringComparison.Ordinal));

    // 70 characters and one escape are 73; the next escape no longer fits 76 beside the '=' of a soft break.
    [Fact]
    public void A_soft_break_never_splits_an_escape()
    {
        var lines = Encoding.ASCII.GetString(TextBody.From(new string('a', 70) + "üü" + new string('b', 76)).Content).Split("\r\n");

        Assert.Equal(new string('a', 70) + "=C3=", lines[0]);
        Assert.All(lines, line => Assert.True(line.Length <= 76));
        Assert.StartsWith("=BC=C3=BC", string.Concat(lines)[74..], StringComparison.Ordinal);
    }
}
