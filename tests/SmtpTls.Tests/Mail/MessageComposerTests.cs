using System.Text;
using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class MessageComposerTests
{
    private static readonly FixedClock Clock = new(new DateTimeOffset(2026, 12, 1, 9, 5, 0, TimeSpan.FromHours(1)));

    [Fact]
    public void A_plain_message_is_these_bytes()
    {
        var message = Compose(new MailContent { From = "a@test", To = ["b@test"], Subject = "Hi", TextBody = "Hello\n.\nBye" });

        Assert.Equal(
            """
            Date: Tue, 1 Dec 2026 09:05:00 +0100
            From: a@test
            To: b@test
            Subject: Hi
            Message-ID: <000102030405060708090a0b0c0d0e0f@test>
            MIME-Version: 1.0
            Content-Type: text/plain; charset=us-ascii
            Content-Transfer-Encoding: 7bit

            Hello
            .
            Bye

            """.ReplaceLineEndings("\r\n"),
            Encoding.UTF8.GetString(message.Bytes.Span));
    }

    [Fact]
    public void A_message_with_names_and_umlauts_is_these_bytes()
    {
        var message = Compose(new MailContent
        {
            From = "Jürgen Grossmann <j@bücher.test>",
            To = ["\"Na, me\" <na@test>", "Plain Name <plain@test>", "=?x <odd@test>"],
            Cc = ["日本語 <jp@test>"],
            ReplyTo = ["desk@test"],
            Subject = "Grüße aus dem Rheinland",
            TextBody = "Schöne Grüße\r\naus Köln, die Rechnung über 10 = zehn Euro ist bezahlt und abgeheftet, danke sehr. \nEnde",
            Date = new DateTimeOffset(2024, 2, 29, 23, 59, 58, TimeSpan.FromMinutes(-210)),
            MessageId = "id-1@example.test",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["X-Ticket"] = "№ 5" },
        });

        Assert.Equal(
            """
            Date: Thu, 29 Feb 2024 23:59:58 -0330
            From: =?utf-8?Q?J=C3=BCrgen_Grossmann?= <j@xn--bcher-kva.test>
            To: "Na, me" <na@test>, Plain Name <plain@test>, =?utf-8?B?PT94?= <odd@test>
            Cc: =?utf-8?B?5pel5pys6Kqe?= <jp@test>
            Reply-To: desk@test
            Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_dem_Rheinland?=
            Message-ID: <id-1@example.test>
            X-Ticket: =?utf-8?B?4oSWIDU=?=
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Sch=C3=B6ne Gr=C3=BC=C3=9Fe
            aus K=C3=B6ln, die Rechnung =C3=BCber 10 =3D zehn Euro ist bezahlt und abge=
            heftet, danke sehr.=20
            Ende

            """.ReplaceLineEndings("\r\n"),
            Encoding.UTF8.GetString(message.Bytes.Span));
    }

    [Fact]
    public void A_local_part_beyond_ascii_stays_as_utf8_and_its_domain_goes_to_A_labels()
    {
        var message = Compose(new MailContent { From = "用户@bücher.test", To = ["b@test"] });

        var reader = new MimeReader(message.Bytes);
        Assert.Equal("用户@xn--bcher-kva.test", reader["From"]);
        Assert.EndsWith("@xn--bcher-kva.test>", reader["Message-ID"], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_To_and_Cc_the_recipients_are_undisclosed() =>
        Assert.Equal("undisclosed-recipients:;", new MimeReader(Compose(new MailContent { From = "a@test" }).Bytes)["To"]);

    [Fact]
    public void Many_recipients_are_folded_and_all_there()
    {
        var to = Enumerable.Range(0, 300).Select(i => $"recipient-{i}@department.contoso.test").ToArray();
        var reader = new MimeReader(Compose(new MailContent { From = "a@test", To = to }).Bytes);

        reader.AssertWellFormed();
        Assert.All(reader.Raw.Split("\r\n"), line => Assert.True(line.Length <= 78));
        Assert.Equal(to, reader["To"].Split(", "));
    }

    [Fact]
    public void A_long_subject_is_folded_at_its_spaces_and_reads_the_same()
    {
        var subject = string.Join("  ", Enumerable.Repeat("a-word-of-the-subject", 30));
        var reader = new MimeReader(Compose(new MailContent { From = "a@test", Subject = subject }).Bytes);

        Assert.All(reader.Raw.Split("\r\n"), line => Assert.True(line.Length <= 78));
        Assert.Equal(subject, reader["Subject"]);
    }

    [Theory]
    [InlineData("x\r\nBcc: evil@test")]
    [InlineData("x\nBcc: evil@test")]
    [InlineData("x\rBcc: evil@test")]
    [InlineData("x\0y")]
    [InlineData("x\u0085y")]
    [InlineData("x\u001b[2Jy")]
    public void No_value_can_add_a_field_and_the_refusal_names_the_field(string value)
    {
        var valid = new MailContent { From = "a@test", To = ["b@test"] };
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["X-A"] = value };
        (string Field, MailContent Content)[] attempts =
        [
            ("From", valid with { From = $"{value} <a@test>" }),
            ("From", valid with { From = $"a@{value}" }),
            ("To", valid with { To = ["b@test", $"\"{value}\" <c@test>"] }),
            ("Cc", valid with { Cc = [$"<{value}@test>"] }),
            ("ReplyTo", valid with { ReplyTo = [$"c@test ({value})"] }),
            ("Subject", valid with { Subject = value }),
            ("MessageId", valid with { MessageId = $"<{value}@test>" }),
            ("X-A", valid with { Headers = headers }),
            ("Headers", valid with { Headers = new Dictionary<string, string>(StringComparer.Ordinal) { [value] = "1" } }),
        ];

        Assert.All(attempts, attempt =>
        {
            var failure = Assert.Throws<SmtpException>(() => Compose(attempt.Content)).Failure;
            Assert.Equal(FindingCode.InvalidInput, failure.Code);
            Assert.StartsWith(attempt.Field + ":", failure.Message, StringComparison.Ordinal);
            Assert.NotEmpty(failure.Advice);
            Assert.DoesNotContain(failure.ToString(), char.IsControl);
        });
    }

    [Theory]
    [InlineData("Date")]
    [InlineData("from")]
    [InlineData("TO")]
    [InlineData("Cc")]
    [InlineData("Bcc")]
    [InlineData("resent-bcc")]
    [InlineData("Reply-To")]
    [InlineData("Subject")]
    [InlineData("Message-Id")]
    [InlineData("MIME-Version")]
    [InlineData("Content-Type")]
    [InlineData("Content-Transfer-Encoding")]
    [InlineData("X Y")]
    [InlineData("X:Y")]
    [InlineData("")]
    [InlineData("Größe")]
    public void A_field_that_is_written_here_or_has_no_proper_name_cannot_be_added(string name)
    {
        var content = new MailContent { From = "a@test", Headers = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = "1" } };

        var failure = Assert.Throws<SmtpException>(() => Compose(content)).Failure;

        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_given_twice_in_another_case_is_refused()
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["X-A"] = "1", ["x-a"] = "2" };

        Assert.Contains("twice", Assert.Throws<SmtpException>(() => Compose(new MailContent { From = "a@test", Headers = headers })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Further_fields_keep_their_encoded_words_and_fold_at_white_space()
    {
        var references = string.Join(' ', Enumerable.Range(0, 20).Select(i => $"<message-{i}@contoso.test>"));
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["References"] = references, ["X-Name"] = "=?utf-8?Q?=C3=BC?=", ["X-Empty"] = "" };
        var reader = new MimeReader(Compose(new MailContent { From = "a@test", Headers = headers }).Bytes);

        Assert.Equal(references, reader["References"]);
        Assert.Equal("ü", reader.Text("X-Name"));
        Assert.Equal("", reader["X-Empty"]);
        Assert.All(reader.Raw.Split("\r\n"), line => Assert.True(line.Length <= 78));
    }

    [Theory]
    [InlineData("no at sign")]
    [InlineData("a@b@c")]
    [InlineData("@test")]
    [InlineData("a b@test")]
    [InlineData("")]
    public void A_message_id_that_is_none_is_refused(string id) =>
        Assert.StartsWith("MessageId:", Assert.Throws<SmtpException>(() => Compose(new MailContent { From = "a@test", MessageId = id })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_date_that_was_never_set_is_refused() =>
        Assert.StartsWith("Date:", Assert.Throws<SmtpException>(() => Compose(new MailContent { From = "a@test", Date = default(DateTimeOffset) })).Message, StringComparison.Ordinal);

    private static ComposedMessage Compose(MailContent content) =>
        MessageComposer.Compose(content, Clock, count => [.. Enumerable.Range(0, count).Select(i => (byte)i)]);
}
