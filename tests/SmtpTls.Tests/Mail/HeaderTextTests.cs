using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class HeaderTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße")]
    [InlineData("=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße")]
    [InlineData("=?iso-8859-1?q?Andr=E9?=", "André")]
    [InlineData("=?windows-1252?Q?=80?=", "€")]
    [InlineData("=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "日本語")]
    [InlineData("=?utf-8*de?Q?sch=C3=B6n?=", "schön")]
    [InlineData("=?us-ascii?Q?a_b?=", "a b")]
    // RFC 2047 §8: white space between encoded words is not shown, other white space is.
    [InlineData("(=?utf-8?Q?a?= =?utf-8?Q?b?=)", "(ab)")]
    [InlineData("=?utf-8?Q?a?=   =?iso-8859-1?Q?b?=", "ab")]
    [InlineData("=?utf-8?Q?a?= b", "a b")]
    [InlineData("=?utf-8?Q?a_?= =?utf-8?Q?b?=", "a b")]
    // A character split over two words.
    [InlineData("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü")]
    [InlineData("=?utf-8?B?R3LDvMOfZQ?=", "Grüße")]
    public void Encoded_words_are_read(string text, string expected) => Assert.Equal(expected, HeaderText.Decode(text));

    [Theory]
    [InlineData("=?")]
    [InlineData("=??=")]
    [InlineData("=?utf-8?Q?no end")]
    [InlineData("=?utf-8?X?abc?=")]
    [InlineData("=?utf-8?B?!!!?=")]
    [InlineData("=?x-unknown?Q?abc?=")]
    [InlineData("=?utf-7?Q?abc?=")]
    [InlineData("=?utf-8?QQ?abc?=")]
    [InlineData("a =? b =?utf-8 c")]
    public void What_is_no_encoded_word_stays_as_it_stands(string text) => Assert.Equal(text, HeaderText.Decode(text));

    [Fact]
    public void A_control_character_that_was_encoded_does_not_reach_a_terminal() =>
        Assert.Equal("a\uFFFD[2Jb\uFFFD\uFFFDBcc: x", HeaderText.Decode("=?utf-8?Q?a=1B[2Jb=0D=0ABcc:_x?="));

    [Fact]
    public void Nothing_makes_it_throw()
    {
        var random = new Random(2047);
        string[] pieces = ["=?", "?=", "?", "utf-8", "iso-2022-jp", "gb18030", "B", "Q", "=C3", "=", "AAA", " ", "\r\n", "é", "\uD800", "*"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            Assert.DoesNotContain('\n', HeaderText.Decode(text));
        }
    }

    [Fact]
    public void Text_beyond_the_bound_is_kept_and_not_decoded()
    {
        var text = new string('a', HeaderText.MaximumLength) + "=?utf-8?Q?b?=";

        Assert.Equal(text, HeaderText.Decode(text));
    }

    [Fact]
    public void Many_begins_without_an_end_are_read_in_linear_time()
    {
        var text = string.Concat(Enumerable.Repeat("=?a?Q?", HeaderText.MaximumLength / 6));

        Assert.Equal(text, HeaderText.Decode(text));
    }
}
