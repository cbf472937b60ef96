namespace SmtpTls.Tests.Records;

public class DnsNameTests
{
    private static readonly string Label63 = new('a', 63);

    [Theory]
    [InlineData("mail.contoso.com", "mail.contoso.com")]
    [InlineData("MAIL.Contoso.COM", "mail.contoso.com")]
    [InlineData("mail.contoso.com.", "mail.contoso.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("a", "a")]
    [InlineData("a--b.test", "a--b.test")]
    [InlineData("4711.test", "4711.test")]
    [InlineData("1.2.3.4a", "1.2.3.4a")]
    [InlineData("0x7f.test", "0x7f.test")]
    [InlineData("0xyz", "0xyz")]
    [InlineData("_dmarc.contoso.com", "_dmarc.contoso.com")]
    [InlineData("my_host", "my_host")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.example", "xn--bcher-kva.example")]
    [InlineData("bücher.example.", "xn--bcher-kva.example")]
    [InlineData("bücher\u3002example\u3002", "xn--bcher-kva.example")]
    [InlineData("mail.bücher\uFF0Eexample", "mail.xn--bcher-kva.example")]
    [InlineData("παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp")]
    public void A_name_is_read_into_its_comparable_form(string text, string expected)
    {
        Assert.True(DnsName.TryParse(text, out var name, out var error), error);
        Assert.Equal(expected, name.Value);
        Assert.Equal(expected, name.ToString());
        Assert.Empty(error);
    }

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData(".", "empty")]
    [InlineData("\u3002", "empty")]
    [InlineData("..", "empty label")]
    [InlineData(".test", "empty label")]
    [InlineData("a..test", "empty label")]
    [InlineData("a.test..", "empty label")]
    [InlineData("bücher..example", "empty label")]
    [InlineData(".bücher.example", "empty label")]
    [InlineData("-a.test", "hyphen")]
    [InlineData("a-.test", "hyphen")]
    [InlineData("a.-", "hyphen")]
    [InlineData("*.contoso.com", "other than letters")]
    [InlineData("*.bücher.example", "other than letters")]
    [InlineData("a b.test", "other than letters")]
    [InlineData(" a.test", "other than letters")]
    [InlineData("a.test\r\n", "other than letters")]
    [InlineData("a\0.test", "other than letters")]
    [InlineData("a@b.test", "other than letters")]
    [InlineData("::1", "other than letters")]
    [InlineData("[192.0.2.1]", "other than letters")]
    [InlineData("192.0.2.1", "address")]
    [InlineData("192.0.2.1.", "address")]
    [InlineData("127.1", "address")]
    [InlineData("2130706433", "address")]
    [InlineData("0x7f000001", "address")]
    [InlineData("0X7F.0x1", "address")]
    [InlineData("mail.contoso.123", "address")]
    [InlineData("１２７.０.０.１", "address")]
    public void What_is_no_name_is_refused_with_the_reason(string? text, string reason)
    {
        Assert.False(DnsName.TryParse(text, out var name, out var error));
        Assert.Null(name);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    // Lone surrogates cannot stand in attribute data.
    [Fact]
    public void Half_a_surrogate_pair_is_no_name()
    {
        Assert.False(DnsName.TryParse("\ud800.test", out _, out var error));
        Assert.Contains("RFC 5891", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_253_characters_fits_and_one_of_254_does_not()
    {
        var longest = $"{Label63}.{Label63}.{Label63}.{new string('b', 61)}";
        Assert.Equal(DnsName.MaximumLength, longest.Length);

        Assert.True(DnsName.TryParse(longest, out _, out _));
        Assert.True(DnsName.TryParse(longest + ".", out _, out _));
        Assert.False(DnsName.TryParse(longest + "b", out _, out var error));
        Assert.Contains("longer than 253", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_of_63_characters_fits_and_one_of_64_does_not()
    {
        Assert.True(DnsName.TryParse(Label63 + ".test", out _, out _));
        Assert.False(DnsName.TryParse(Label63 + "a.test", out _, out var error));
        Assert.Contains("longer than 63", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_internationalized_label_is_measured_as_its_A_label()
    {
        // Four labels of fifty supplementary ideographs: 405 UTF-16 units, 231 octets in A-labels.
        var label = string.Concat(Enumerable.Repeat("\U00020000", 50));
        Assert.True(DnsName.TryParse($"{label}.{label}.{label}.{label}", out var name, out var error), error);
        Assert.InRange(name.Value.Length, 200, DnsName.MaximumLength);

        Assert.False(DnsName.TryParse(new string('ü', 80) + ".test", out _, out _));
    }

    [Fact]
    public void An_endless_text_is_refused_before_any_mapping()
    {
        Assert.False(DnsName.TryParse(new string('ü', 1_000_000), out _, out var error));
        Assert.Contains("longer than 253", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_equal_whatever_form_they_were_typed_in()
    {
        Assert.True(DnsName.TryParse("Bücher.Example.", out var typed, out _));
        Assert.True(DnsName.TryParse("xn--bcher-kva.example", out var wire, out _));
        Assert.Equal(wire, typed);
    }

    [Fact]
    public void Random_text_never_throws_and_what_is_read_reads_as_itself()
    {
        var random = new Random(5891);
        const string Alphabet = "ab0-_.xXnN*@ \0\r\nüß。\u0308\u200d\ud83d\ude00漢";
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var text = Fuzz.Text(random, random.Next(0, 12), Alphabet);
            if (DnsName.TryParse(text, out var name, out var error))
            {
                read++;
                Assert.True(DnsName.TryParse(name.Value, out var again, out _));
                Assert.Equal(name, again);
            }
            else
            {
                Assert.NotEmpty(error);
            }
        }

        Assert.True(read > 500, $"only {read} names came out");
    }
}
