using SmtpTls.Probe;

namespace SmtpTls.Tests.Probe;

public class ProbeTargetTests
{
    [Theory]
    [InlineData("mail.test", "mail.test", null)]
    [InlineData(" Mail.Test. ", "mail.test", null)]
    [InlineData("mail.test:2525", "mail.test", 2525)]
    [InlineData("bücher.test:25", "xn--bcher-kva.test", 25)]
    [InlineData("localhost:65535", "localhost", 65535)]
    [InlineData("192.0.2.1", "192.0.2.1", null)]
    [InlineData("192.0.2.1:1", "192.0.2.1", 1)]
    [InlineData("2001:db8::1", "2001:db8::1", null)]
    [InlineData("::1", "::1", null)]
    [InlineData("[2001:DB8::1]", "2001:db8::1", null)]
    [InlineData("[2001:db8::1]:25", "2001:db8::1", 25)]
    public void Host_and_port_are_told_apart(string text, string host, int? port)
    {
        Assert.True(ProbeTarget.TryParse(text, out var target, out var error), error);
        Assert.Equal(host, target.Identity.Value);
        Assert.Equal(port, target.Port);
        Assert.Equal(target.Address is null, target.Identity.Name is not null);
    }

    [Theory]
    [InlineData(null, "it is empty")]
    [InlineData("", "it is empty")]
    [InlineData(":25", "it is empty")]
    [InlineData("mail.test:", "no port follows its colon")]
    [InlineData("mail.test:smtp", "its port is not a number from 1 to 65535")]
    [InlineData("mail.test:0", "its port is not a number from 1 to 65535")]
    [InlineData("mail.test:65536", "its port is not a number from 1 to 65535")]
    [InlineData("mail.test:-1", "its port is not a number from 1 to 65535")]
    [InlineData("mail.test:25:26", "it has several colons and is no IPv6 address; an IPv6 address with a port is written [2001:db8::1]:25")]
    [InlineData("[2001:db8::1", "its opening bracket is not closed")]
    [InlineData("[2001:db8::1]25", "something other than a colon and a port follows the bracket")]
    [InlineData("[192.0.2.1]:25", "only an IPv6 address stands in brackets")]
    [InlineData("smtp://mail.test", "it is a URL; host and port alone are wanted")]
    [InlineData("postmaster@mail.test", "it is a mail address; the name of a mail server is wanted (the MX record of the domain names it)")]
    public void What_is_no_target_is_told_why(string? text, string error)
    {
        Assert.False(ProbeTarget.TryParse(text, out var target, out var told));
        Assert.Null(target);
        Assert.Equal(error, told);
    }

    [Theory]
    [InlineData("mail..test")]
    [InlineData("mail test")]
    [InlineData("127.1")]
    [InlineData("mail.test\r\nQUIT")]
    [InlineData("[::zz]:25")]
    public void A_host_that_is_none_is_refused_with_a_reason(string text)
    {
        Assert.False(ProbeTarget.TryParse(text, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void The_zone_of_a_link_local_address_is_kept_for_dialling_and_is_no_part_of_the_identity()
    {
        Assert.True(ProbeTarget.TryParse("[fe80::1%3]:25", out var target, out _));
        Assert.Equal(3, target.Address!.ScopeId);
        Assert.Equal("fe80::1", target.Identity.Value);
    }

    [Fact]
    public void Whatever_is_typed_is_read_or_refused_and_what_is_read_can_be_written_and_read_again()
    {
        const string Alphabet = "a1:[]. %@/-F\0é";
        var random = new Random(20261121);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string(Enumerable.Range(0, random.Next(14)).Select(_ => Alphabet[random.Next(Alphabet.Length)]).ToArray());
            if (ProbeTarget.TryParse(text, out var target, out var error))
            {
                Assert.True(ProbeTarget.TryParse(ProbeTarget.Format(target.Identity.Value, target.Port ?? 25), out var again, out error), $"{text}: {error}");
                Assert.Equal(target.Identity, again.Identity);
                Assert.Equal(target.Port ?? 25, again.Port);
            }
            else
            {
                Assert.NotEmpty(error);
            }
        }
    }
}
