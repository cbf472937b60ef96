using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class MailboxTests
{
    [Theory]
    [InlineData("a@test", "", "a@test")]
    [InlineData(" <a@test> ", "", "a@test")]
    [InlineData("Jürgen <a@test>", "Jürgen", "a@test")]
    [InlineData("\"Na, me\" <a@test>", "Na, me", "a@test")]
    [InlineData("\"a \\\"b\\\" \\\\c\" <a@test>", "a \"b\" \\c", "a@test")]
    [InlineData("Dr. J. R. Who <a@test>", "Dr. J. R. Who", "a@test")]
    [InlineData("Sales @ Contoso <a@test>", "Sales @ Contoso", "a@test")]
    [InlineData("a@test (Old Style)", "Old Style", "a@test")]
    [InlineData("Name (with (nested) comment) <a@test>", "Name", "a@test")]
    [InlineData("\"odd local\"@test", "", "\"odd local\"@test")]
    [InlineData("X <\"a>b\"@test>", "X", "\"a>b\"@test")]
    [InlineData("a@[IPv6:2001:db8::1]", "", "a@[IPv6:2001:db8::1]")]
    [InlineData("=?utf-8?Q?x?= <a@test>", "=?utf-8?Q?x?=", "a@test")]
    [InlineData("Team: One <a@test>", "Team: One", "a@test")]
    public void A_mailbox_is_read_as_it_is_typed(string text, string name, string address)
    {
        Assert.True(Mailbox.TryParse(text, out var mailbox, out var error), error);

        Assert.Equal(name, mailbox.DisplayName);
        Assert.Equal(address, mailbox.Address.Address);
    }

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("  ", "empty")]
    [InlineData("<>", "no address between")]
    [InlineData("Name <>", "no address between")]
    [InlineData("postmaster", "")]
    [InlineData("a@test, b@test", "more than one")]
    [InlineData("<a@test> <b@test>", "more than one")]
    [InlineData("Na, me <a@test>", "'Na'")]
    [InlineData("Name <a@test", "not closed")]
    [InlineData("\"Name <a@test>", "not closed")]
    [InlineData("(Name <a@test>", "not closed")]
    [InlineData("Name a@test>", "without its")]
    [InlineData("<a@test> Name", "follows")]
    [InlineData("a@[127.0.0.1", "not closed")]
    [InlineData("a@te st", "")]
    [InlineData("a@test\r\nBcc: b@test", "CR")]
    [InlineData("a@test\n", "LF")]
    [InlineData("a\0@test", "NUL")]
    [InlineData("\"a\tb\" <a@test>", "U+0009")]
    public void What_is_no_mailbox_is_told_why(string? text, string reason)
    {
        Assert.False(Mailbox.TryParse(text, out var mailbox, out var error));

        Assert.Null(mailbox);
        Assert.NotEmpty(error);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.DoesNotContain(error, char.IsControl);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a@test", "a@test")]
    [InlineData("A <a@test>, \"B, b\" <b@test> , c@test (C)", "A:a@test|B, b:b@test|C:c@test")]
    [InlineData(",a@test,,b@test,", "a@test|b@test")]
    [InlineData("undisclosed-recipients:;", "")]
    [InlineData("Team: a@test, B <b@test>; c@test", "a@test|B:b@test|c@test")]
    [InlineData("=?utf-8?Q?J=C3=BCrgen=2C?= <a@test>", "Jürgen,:a@test")]
    [InlineData("a@[IPv6:2001:db8::1], b@test", "a@[IPv6:2001:db8::1]|b@test")]
    public void A_header_list_is_read_with_groups_comments_and_encoded_words(string text, string expected)
    {
        Assert.True(Mailbox.TryParseList(text, out var mailboxes, out var error), error);

        Assert.Equal(expected, string.Join('|', mailboxes.Select(m => m.DisplayName.Length == 0 ? m.Address.Address : $"{m.DisplayName}:{m.Address.Address}")));
    }

    [Fact]
    public void Comments_nested_without_end_are_refused()
    {
        Assert.False(Mailbox.TryParseList(new string('(', 100_000), out _, out var error));

        Assert.Contains("nested", error, StringComparison.Ordinal);
    }
}
