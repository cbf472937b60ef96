using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class MailPathTests
{
    [Theory]
    [InlineData("a@test", "a", "test", "a@test")]
    [InlineData("<a@test>", "a", "test", "a@test")]
    [InlineData("First.Last+tag@Mail.Contoso.COM", "First.Last+tag", "Mail.Contoso.COM", "First.Last+tag@Mail.Contoso.COM")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@test", "!#$%&'*+-/=?^_`{|}~", "test", "!#$%&'*+-/=?^_`{|}~@test")]
    [InlineData("a@my_host", "a", "my_host", "a@my_host")]
    [InlineData("a@xn--bcher-kva.example", "a", "xn--bcher-kva.example", "a@xn--bcher-kva.example")]
    // Quoted strings: kept where they must be, dropped where they need not.
    [InlineData("\"a b\"@test", "a b", "test", "\"a b\"@test")]
    [InlineData("\"a@b\"@test", "a@b", "test", "\"a@b\"@test")]
    [InlineData("\"a>b\"@test", "a>b", "test", "\"a>b\"@test")]
    [InlineData("<\"a>b\"@test>", "a>b", "test", "\"a>b\"@test")]
    [InlineData("\"a.b\"@test", "a.b", "test", "a.b@test")]
    [InlineData("\"\\a\\b\"@test", "ab", "test", "ab@test")]
    [InlineData("\"a\\\"b\\\\c\"@test", "a\"b\\c", "test", "\"a\\\"b\\\\c\"@test")]
    [InlineData("\".a\"@test", ".a", "test", "\".a\"@test")]
    [InlineData("\"a.\"@test", "a.", "test", "\"a.\"@test")]
    [InlineData("\"a..b\"@test", "a..b", "test", "\"a..b\"@test")]
    [InlineData("\"\"@test", "", "test", "\"\"@test")]
    [InlineData("\" \"@test", " ", "test", "\" \"@test")]
    // Address literals.
    [InlineData("a@[192.0.2.1]", "a", "[192.0.2.1]", "a@[192.0.2.1]")]
    [InlineData("a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]")]
    [InlineData("a@[ipv6:2001:DB8::1]", "a", "[ipv6:2001:DB8::1]", "a@[ipv6:2001:DB8::1]")]
    [InlineData("a@[IPv6:::1]", "a", "[IPv6:::1]", "a@[IPv6:::1]")]
    [InlineData("a@[IPv6:::ffff:192.0.2.1]", "a", "[IPv6:::ffff:192.0.2.1]", "a@[IPv6:::ffff:192.0.2.1]")]
    // The one mailbox without a domain, and the null reverse-path.
    [InlineData("<Postmaster>", "Postmaster", "", "Postmaster")]
    [InlineData("postmaster", "postmaster", "", "postmaster")]
    [InlineData("postmaster@test", "postmaster", "test", "postmaster@test")]
    [InlineData("<>", "", "", "")]
    // Source routes, RFC 5321 appendix F.2.
    [InlineData("<@hosta.int,@jkl.org:userc@d.bar.org>", "userc", "d.bar.org", "userc@d.bar.org")]
    [InlineData("<@a:b@test>", "b", "test", "b@test")]
    [InlineData("<@a:\"b c\"@test>", "b c", "test", "\"b c\"@test")]
    public void An_ASCII_address_is_read_from_a_person_and_from_the_wire(string text, string localPart, string domain, string address)
    {
        Assert.True(MailPath.TryParse(text, out var typed, out var error), error);
        Assert.Equal(localPart, typed.LocalPart);
        Assert.Equal(domain, typed.Domain);
        Assert.Equal(address, typed.Address);
        Assert.Equal($"<{address}>", typed.ToString());
        Assert.False(typed.NeedsSmtpUtf8);
        Assert.Empty(error);

        var bracketed = text[0] == '<' ? text : $"<{text}>";
        foreach (var smtpUtf8 in new[] { false, true })
        {
            Assert.True(TryWire(bracketed + " SIZE=1000>", smtpUtf8, out var wire, out var consumed, out error), error);
            Assert.Equal(typed, wire);
            Assert.Equal(bracketed.Length, consumed);
            Assert.Empty(error);
        }

        Assert.True(typed.TryToAscii(out var ascii));
        Assert.Same(typed, ascii);
    }

    [Theory]
    [InlineData("grüße@test", "grüße", "test", "grüße@test", false)]
    [InlineData("\"grüße\"@test", "grüße", "test", "grüße@test", false)]
    [InlineData("\"grüße aus\"@test", "grüße aus", "test", "\"grüße aus\"@test", false)]
    [InlineData("用户@例子.广告", "用户", "例子.广告", "用户@例子.广告", false)]
    [InlineData("\U0001F600@test", "\U0001F600", "test", "\U0001F600@test", false)]
    [InlineData("a@bücher.example", "a", "bücher.example", "a@bücher.example", true)]
    [InlineData("\"a b\"@Bücher.Example", "a b", "Bücher.Example", "\"a b\"@Bücher.Example", true)]
    [InlineData("<@ü.test:a@test>", "a", "test", "a@test", true)]
    public void A_UTF8_address_is_read_where_SMTPUTF8_was_asked_for(string text, string localPart, string domain, string address, bool hasAscii)
    {
        Assert.True(MailPath.TryParse(text, out var typed, out var error), error);
        Assert.Equal((localPart, domain, address), (typed.LocalPart, typed.Domain, typed.Address));
        Assert.Equal(!Ascii.IsValid(address), typed.NeedsSmtpUtf8);
        Assert.Equal(hasAscii, typed.TryToAscii(out _));

        var bracketed = text[0] == '<' ? text : $"<{text}>";
        Assert.True(TryWire(bracketed, smtpUtf8: true, out var wire, out var consumed, out error), error);
        Assert.Equal(typed, wire);
        Assert.Equal(Encoding.UTF8.GetByteCount(bracketed), consumed);

        Assert.False(TryWire(bracketed, smtpUtf8: false, out _, out _, out error));
        Assert.Contains("SMTPUTF8", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a@Bücher.Example", "a", "xn--bcher-kva.example", "a@xn--bcher-kva.example")]
    [InlineData("\"a b\"@bücher.example", "a b", "xn--bcher-kva.example", "\"a b\"@xn--bcher-kva.example")]
    public void A_domain_goes_to_A_labels_for_a_server_without_SMTPUTF8(string text, string localPart, string domain, string address)
    {
        Assert.True(MailPath.TryParse(text, out var path, out _));
        Assert.True(path.TryToAscii(out var ascii));
        Assert.Equal((localPart, domain, address, false), (ascii.LocalPart, ascii.Domain, ascii.Address, ascii.NeedsSmtpUtf8));
    }

    [Fact]
    public void A_path_that_is_too_long_in_A_labels_has_no_ASCII_form()
    {
        // "äb" is three octets as given and nine in A-labels.
        var domain = string.Join('.', Enumerable.Repeat("äb", 22));
        Assert.True(MailPath.TryParse($"{new string('a', 64)}@{domain}", out var path, out var error), error);
        Assert.True(DnsName.TryParse(domain, out var name, out _));
        Assert.True(name.Value.Length + 65 > MailPath.MaximumPath - 2, "the test needs a longer name");

        Assert.False(path.TryToAscii(out var ascii));
        Assert.Null(ascii);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a", "no '@'")]
    [InlineData("@test", "local part is empty")]
    [InlineData("a@", "domain is empty")]
    [InlineData("<a@>", "domain is empty")]
    [InlineData("<a@test", "no closing '>'")]
    [InlineData("<", "local part is empty")]
    [InlineData("<a>", "no '@'")]
    [InlineData("<postmaster", "no '@'")]
    [InlineData("postmaster@", "domain is empty")]
    [InlineData("<a@test> ", "after the closing '>'")]
    [InlineData("<a@test>>", "after the closing '>'")]
    [InlineData("<>x", "after the closing '>'")]
    [InlineData("<<a@test>>", "holds '<' outside quotes")]
    [InlineData("a@test>", "not a host name")]
    [InlineData("a@test ", "not a host name")]
    [InlineData(" a@test", "holds ' ' outside quotes")]
    [InlineData("a b@test", "holds ' ' outside quotes")]
    [InlineData("a,b@test", "holds ',' outside quotes")]
    [InlineData("(x)a@test", "holds '(' outside quotes")]
    [InlineData("a\\b@test", "holds '\\' outside quotes")]
    [InlineData("a\"b\"@test", "holds '\"' outside quotes")]
    [InlineData("a@b@test", "more than one '@'")]
    [InlineData("a@test,b@test", "more than one '@'")]
    [InlineData(".a@test", "dot")]
    [InlineData("a.@test", "dot")]
    [InlineData("a..b@test", "dot")]
    [InlineData("\"a@test", "no closing quote")]
    [InlineData("\"a\\\"@test", "no closing quote")]
    [InlineData("\"", "no closing quote")]
    [InlineData("\"\\", "no closing quote")]
    [InlineData("\"a\"b@test", "after the closing quote")]
    [InlineData("\"a\"", "no '@'")]
    [InlineData("\"\\ü\"@test", "backslash before a character beyond ASCII")]
    [InlineData("Bob <bob@test>", "display name")]
    [InlineData("\"Bob\" <bob@test>", "display name")]
    [InlineData("a@test.", "ends with a dot")]
    [InlineData("a@bücher.example。", "ends with a dot")]
    [InlineData("a@.test", "empty label")]
    [InlineData("a@a..test", "empty label")]
    [InlineData("a@-test", "hyphen")]
    [InlineData("a@te st", "not a host name")]
    [InlineData("a@*.test", "not a host name")]
    [InlineData("a@192.0.2.1", "in brackets")]
    [InlineData("a@2001:db8::1", "in brackets")]
    [InlineData("a@127.1", "in brackets")]
    [InlineData("a@test.123", "not a host name")]
    [InlineData("a@[192.0.2.1", "address literal")]
    [InlineData("a@[192.0.2.1]x", "address literal")]
    [InlineData("a@[192.0.2]", "address literal")]
    [InlineData("a@[192.0.2.256]", "address literal")]
    [InlineData("a@[192.0.02.1]", "address literal")]
    [InlineData("a@[0x7f.0.0.1]", "address literal")]
    [InlineData("a@[2130706433]", "address literal")]
    [InlineData("a@[]", "address literal")]
    [InlineData("a@[", "address literal")]
    [InlineData("a@[2001:db8::1]", "address literal")]
    [InlineData("a@[IPv6:]", "address literal")]
    [InlineData("a@[IPv6:192.0.2.1]", "address literal")]
    [InlineData("a@[IPv6:fe80::1%eth0]", "address literal")]
    [InlineData("a@[IPv6:[::1]]", "address literal")]
    [InlineData("a@[IPv6:[::1]:25]", "address literal")]
    [InlineData("a@[IPv6:::1/64]", "address literal")]
    [InlineData("a@[IPv6:12345::]", "address literal")]
    [InlineData("a@[tag:content]", "address literal")]
    [InlineData("<@a@test>", "source route")]
    [InlineData("<@a,b@test>", "source route")]
    [InlineData("<@a,:b@test>", "source route")]
    [InlineData("<@:b@test>", "source route")]
    [InlineData("<@a b:c@test>", "source route")]
    [InlineData("<@a:>", "local part is empty")]
    public void What_is_no_address_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(MailPath.TryParse(text, out var path, out var error));
        Assert.Null(path);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_is_no_address() => Assert.False(MailPath.TryParse(null, out _, out _));

    [Theory]
    [InlineData("a@test\r\nRCPT TO:<b@test>", "carriage return (CR)")]
    [InlineData("a@test\n", "line feed (LF)")]
    [InlineData("a\r@test", "carriage return (CR)")]
    [InlineData("\"a\nb\"@test", "line feed (LF)")]
    [InlineData("\"a\\\rb\"@test", "carriage return (CR)")]
    [InlineData("a\0@test", "NUL")]
    [InlineData("\"a\0\"@test", "NUL")]
    [InlineData("a@te\0st", "NUL")]
    [InlineData("a\t@test", "U+0009")]
    [InlineData("a\u007f@test", "U+007F")]
    [InlineData("\"\u001b[31m\"@test", "U+001B")]
    [InlineData("a\u0085@test", "U+0085")]
    [InlineData("a@te\u009bst", "U+009B")]
    public void A_control_character_is_refused_by_its_name(string text, string name)
    {
        Assert.False(MailPath.TryParse(text, out _, out var error));
        Assert.Contains(name, error, StringComparison.Ordinal);

        Assert.False(TryWire($"<{text}>", smtpUtf8: true, out var path, out var consumed, out error));
        Assert.Null(path);
        Assert.Equal(0, consumed);
        Assert.Contains(name, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_no_address()
    {
        Assert.False(MailPath.TryParse("a\ud83d@test", out _, out var error));
        Assert.Contains("surrogate", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a@test>")]
    [InlineData(" <a@test>")]
    public void On_the_wire_a_path_begins_with_an_angle_bracket(string text)
    {
        Assert.False(TryWire(text, smtpUtf8: false, out _, out _, out var error));
        Assert.Contains("begin with '<'", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<a@test")]
    [InlineData("<a@test SIZE=1000")]
    public void On_the_wire_a_path_ends_with_an_angle_bracket(string text)
    {
        Assert.False(TryWire(text, smtpUtf8: false, out _, out _, out var error));
        Assert.Contains("no closing '>'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused()
    {
        byte[][] bad = [[0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]];
        foreach (var bytes in bad)
        {
            byte[][] wires =
            [
                [.. "<a"u8, .. bytes, .. "@test>"u8],
                [.. "<\"a "u8, .. bytes, .. "\"@test>"u8],
                [.. "<a@"u8, .. bytes, .. ">"u8],
            ];
            foreach (var wire in wires)
            {
                Assert.False(MailPath.TryParseWire(wire, smtpUtf8: true, out _, out _, out var error));
                Assert.Equal("it is not valid UTF-8", error);
            }
        }
    }

    [Fact]
    public void A_local_part_of_64_octets_fits_and_one_of_65_does_not()
    {
        var longest = new string('a', MailPath.MaximumLocalPart);
        AssertFits($"{longest}@test", $"{longest}a@test", "local part is longer than 64 octets");

        // Octets, not characters; and as it is sent, not as it was typed.
        AssertFits($"{new string('ü', 32)}@test", $"{new string('ü', 32)}a@test", "local part is longer than 64 octets");
        AssertFits($"\"{new string('a', 64)}\"@test", $"\"{new string('a', 64)} \"@test", "local part is longer than 64 octets");
        var escaped = string.Concat(Enumerable.Repeat("\\a", 64));
        AssertFits($"\"{escaped}\"@test", $"\"{new string(' ', 63)}\"@test", "local part is longer than 64 octets");
    }

    [Fact]
    public void A_path_of_256_octets_fits_and_one_of_257_does_not()
    {
        var label = new string('b', 63);
        var longest = $"{new string('a', 62)}@{label}.{label}.{new string('c', 63)}";
        Assert.Equal(MailPath.MaximumPath, longest.Length + 2);
        AssertFits(longest, "a" + longest, "longer than 254 octets");
        AssertFits(longest, longest + new string('a', 1000), "longer than 254 octets");
    }

    [Fact]
    public void A_domain_of_more_than_255_octets_does_not_fit()
    {
        Assert.False(TryWire($"<a@{new string('b', 256)}>", smtpUtf8: false, out _, out _, out var error));
        Assert.Contains("domain is longer than 255 octets", error, StringComparison.Ordinal);
    }

    private static void AssertFits(string longest, string tooLong, string reason)
    {
        Assert.True(MailPath.TryParse(longest, out _, out var error), error);
        Assert.True(TryWire($"<{longest}>", smtpUtf8: true, out _, out _, out error), error);
        Assert.False(MailPath.TryParse(tooLong, out _, out error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    private static bool TryWire(string text, bool smtpUtf8, out MailPath? path, out int consumed, out string error) =>
        MailPath.TryParseWire(Encoding.UTF8.GetBytes(text), smtpUtf8, out path, out consumed, out error);
}
