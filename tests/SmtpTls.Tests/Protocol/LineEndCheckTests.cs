using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public sealed class LineEndCheckTests
{
    // The limit is one, and counts the line's end (RFC 5321 §4.5.3.1.6), whichever command brings the message.
    [Theory]
    [InlineData("12345678\r\n", true)]
    [InlineData("1\r\n12345678\r\n1\r\n", true)]
    [InlineData("123456789\r\n", false)]
    [InlineData("1\r\n123456789\r\n1\r\n", false)]
    public void A_line_is_as_long_in_a_chunk_as_it_is_in_DATA(string content, bool fits)
    {
        var expected = fits ? MessageFault.None : MessageFault.LineTooLong;
        var check = new LineEndCheck(maximumLineLength: 10);
        check.Read(Encoding.ASCII.GetBytes(content));
        check.Finish();
        Assert.Equal(expected, check.Fault);

        var decoder = new DotDecoder(maximumLineLength: 10);
        _ = decoder.Decode(Encoding.ASCII.GetBytes(content + ".\r\n"), out _);
        Assert.Equal(expected, decoder.Fault);
    }
}
