using System.Text;
using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class OutgoingMessageTests
{
    private const string Eml = "From: Jürgen <a@test>\nTo: b@test, Team: c@TEST, c@test, C@test;\nCc: \nBcc: hidden@test,\n also@test\nMessage-ID: <1@test>\n\nHello\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_composed_message_goes_to_To_Cc_and_Bcc_and_shows_no_Bcc()
    {
        using var message = OutgoingMessage.Compose(
            new MailContent { From = "A <a@test>", To = ["B <b@test>"], Cc = ["c@bücher.test"], TextBody = "Hi" }, bcc: ["hidden@test", "B@test", "b@TEST"]);

        Assert.Equal("a@test", message.From);
        Assert.Equal(["b@test", "c@xn--bcher-kva.test", "hidden@test", "B@test"], message.Recipients);
        Assert.False(message.NeedsSmtpUtf8);
        Assert.False(message.Is8Bit);
        var text = Text(message);
        Assert.DoesNotContain("hidden", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("bcc", text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(text.Length, message.Length);
        Assert.Contains($"Message-ID: {message.MessageId}\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_message_ids_of_two_messages_differ()
    {
        var content = new MailContent { From = "a@test", To = ["b@test"] };
        using var one = OutgoingMessage.Compose(content);
        using var other = OutgoingMessage.Compose(content);

        Assert.NotEqual(one.MessageId, other.MessageId, StringComparer.Ordinal);
    }

    [Fact]
    public void The_reverse_path_may_be_another_than_the_author_and_may_be_null()
    {
        var content = new MailContent { From = "a@test", To = ["b@test"] };
        using var bounce = OutgoingMessage.Compose(content, from: "bounce@test");
        using var none = OutgoingMessage.Compose(content, from: "");

        Assert.Equal("bounce@test", bounce.From);
        Assert.Equal("", none.From);
        Assert.Contains("From: a@test", Text(none), StringComparison.Ordinal);
    }

    [Fact]
    public void Postmaster_needs_no_domain_as_a_recipient_and_one_as_the_reverse_path()
    {
        var content = new MailContent { From = "a@test" };
        using var message = OutgoingMessage.Compose(content, bcc: ["Postmaster", "Name <b@test>"]);

        Assert.Equal(["Postmaster", "b@test"], message.Recipients, StringComparer.OrdinalIgnoreCase);
        Refused("no domain", () => OutgoingMessage.Compose(content, bcc: ["b@test"], from: "postmaster"));
        Refused("no address", () => OutgoingMessage.Compose(content, bcc: ["<>"]));
    }

    [Fact]
    public void A_local_part_beyond_ascii_needs_SMTPUTF8()
    {
        using var message = OutgoingMessage.Compose(new MailContent { From = "a@test", To = ["用户@test"] });

        Assert.True(message.NeedsSmtpUtf8);
        Assert.True(message.Is8Bit);
        Assert.Equal(["用户@test"], message.Recipients);
    }

    [Fact]
    public void A_message_without_recipient_is_refused() =>
        Refused("no recipient", () => OutgoingMessage.Compose(new MailContent { From = "a@test" }));

    [Theory]
    [InlineData("b@test\r\nRCPT TO:<evil@test>")]
    [InlineData("b@test>\r\n")]
    [InlineData("b\0@test")]
    public void No_envelope_address_can_add_a_command(string address)
    {
        var content = new MailContent { From = "a@test", To = ["b@test"] };

        Refused("Bcc:", () => OutgoingMessage.Compose(content, bcc: [address]));
        Refused("From:", () => OutgoingMessage.Compose(content, from: address));
        Refused("Recipients:", () => OutgoingMessage.FromBytes("\r\n"u8.ToArray(), "a@test", [address]));
        Refused("From:", () => OutgoingMessage.FromBytes("\r\n"u8.ToArray(), address, ["a@test"]));
    }

    [Fact]
    public void Without_an_envelope_the_header_tells_it_and_Bcc_is_left_out()
    {
        using var message = OutgoingMessage.FromBytes(Encoding.UTF8.GetBytes(Eml));

        Assert.Equal("a@test", message.From);
        Assert.Equal(["b@test", "c@TEST", "C@test", "hidden@test", "also@test"], message.Recipients);
        Assert.Equal("<1@test>", message.MessageId);
        Assert.Equal(Eml.Replace("Bcc: hidden@test,\n also@test\n", "", StringComparison.Ordinal), Text(message));
        Assert.True(message.Is8Bit);
        Assert.True(message.NeedsSmtpUtf8);
    }

    [Fact]
    public async Task File_stream_and_bytes_give_the_same()
    {
        var bytes = Encoding.UTF8.GetBytes("\uFEFF" + Eml + "Bcc: in the body\n");
        using var file = new TemporaryFile(bytes);
        using var fromBytes = OutgoingMessage.FromBytes(bytes, recipients: ["x@test"]);
        using var fromFile = await OutgoingMessage.FromFileAsync(file.Path, recipients: ["x@test"], cancellationToken: Token);
        using var fromStream = await OutgoingMessage.FromStreamAsync(new MemoryStream(bytes), recipients: ["x@test"], cancellationToken: Token);

        var expected = Text(fromBytes);
        Assert.StartsWith("From: ", expected, StringComparison.Ordinal);
        Assert.EndsWith("Bcc: in the body\n", expected, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", expected, StringComparison.Ordinal);
        foreach (var message in (OutgoingMessage[])[fromBytes, fromFile, fromStream])
        {
            Assert.Equal(expected, Text(message));
            Assert.Equal(expected, Text(message));
            Assert.Equal(Encoding.UTF8.GetByteCount(expected), message.Length);
            Assert.Equal(["x@test"], message.Recipients);
            Assert.True(message.Is8Bit);
        }
    }

    [Fact]
    public async Task A_long_stream_goes_through_a_temporary_file_that_is_deleted()
    {
        var text = "From: a@test\r\nTo: b@test\r\n\r\n" + new string('x', 3 * MessageSource.MaximumInMemory);
        var message = await OutgoingMessage.FromStreamAsync(new MemoryStream(Encoding.ASCII.GetBytes(text)), cancellationToken: Token);
        string path;
        await using (var stream = (FileStream)message.OpenRead())
        {
            path = stream.Name;
            Assert.True(File.Exists(path));
        }

        Assert.Equal(text, Text(message));
        message.Dispose();
        Assert.False(File.Exists(path));
    }

    // A folder for temporary files is tidied up by others.
    [Fact]
    public async Task A_temporary_file_that_is_gone_is_refused()
    {
        var text = "From: a@test\r\nTo: b@test\r\n\r\n" + new string('x', 2 * MessageSource.MaximumInMemory);
        using var message = await OutgoingMessage.FromStreamAsync(new MemoryStream(Encoding.ASCII.GetBytes(text)), cancellationToken: Token);
        await using (var stream = (FileStream)message.OpenRead())
        {
            File.Delete(stream.Name);
        }

        Refused("cannot be read any longer", () => message.OpenRead());
    }

    [Fact]
    public async Task A_file_that_changes_before_it_is_sent_is_refused()
    {
        using var file = new TemporaryFile("From: a@test\nTo: b@test\n\nx\n"u8.ToArray());
        using var message = await OutgoingMessage.FromFileAsync(file.Path, cancellationToken: Token);
        await File.AppendAllTextAsync(file.Path, "more", Token);

        Refused("has changed", () => message.OpenRead());
    }

    [Theory]
    [InlineData("Subject: x\n\n", "no From field")]
    [InlineData("\n\nbody", "no From field")]
    [InlineData("From: a@test, b@test\nTo: c@test\n\n", "several authors")]
    [InlineData("From: a@test\nSubject: x\n\n", "no recipient")]
    [InlineData("From: a@test\nTo: b@test, broken\n\n", "To field cannot be read")]
    public void A_header_that_does_not_tell_the_envelope_is_refused(string eml, string reason) =>
        Refused(reason, () => OutgoingMessage.FromBytes(Encoding.ASCII.GetBytes(eml)));

    [Fact]
    public void With_several_authors_the_sender_is_the_reverse_path()
    {
        using var message = OutgoingMessage.FromBytes("From: a@test, b@test\nSender: c@test\nTo: d@test\n\n"u8.ToArray());

        Assert.Equal("c@test", message.From);
    }

    [Fact]
    public void Text_in_UTF16_is_told_to_be_no_mail() =>
        Refused("UTF-16", () => OutgoingMessage.FromBytes(Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Eml)).ToArray()));

    [Fact]
    public void A_header_too_long_to_be_searched_for_Bcc_is_refused() =>
        Refused("header is longer", () => OutgoingMessage.FromBytes(Encoding.ASCII.GetBytes("From: a@test\n" + string.Concat(Enumerable.Repeat("A: b\n", 2000))), "a@test", ["b@test"]));

    // A bare CR becomes CRLF on the wire, so it ends a line here too: what the servers will read as Bcc is left out.
    [Theory]
    [InlineData("From: a@test\rSubject: x\rBcc: hidden@test\r\rbody\r", "From: a@test\rSubject: x\r\rbody\r")]
    [InlineData("From: a@test\r\nSubject: x\rBcc: hidden@test\r\n\r\nbody\r\n", "From: a@test\r\nSubject: x\r\r\nbody\r\n")]
    [InlineData("Subject: x\rBcc: hidden@test,\r also@test\n\nbody", "Subject: x\r\nbody")]
    public void Bcc_behind_a_bare_CR_is_left_out(string eml, string sent)
    {
        using var message = OutgoingMessage.FromBytes(Encoding.ASCII.GetBytes(eml), "a@test", ["b@test"]);

        Assert.Equal(sent, Text(message));
    }

    // The first line that is no field ends the header here; others read on to the blank line.
    [Theory]
    [InlineData("From a@test Mon Sep 17 12:30:00 2001\nSubject: x\nBcc: hidden@test\n\nbody\n")]
    [InlineData("Subject: x\r\nno field\r\nTo: b@test\r\nresent-bcc : hidden@test\r\n\r\nbody\r\n")]
    public void Bcc_behind_a_line_that_is_no_field_is_refused(string eml) =>
        Refused("Bcc", () => OutgoingMessage.FromBytes(Encoding.ASCII.GetBytes(eml), "a@test", ["b@test"]));

    [Theory]
    [InlineData("Subject: x\n\nBcc: text of the body\n")]
    [InlineData("Subject: x\nno field\n\nBcc: text of the body\n")]
    [InlineData("\nBcc: text of the body\n")]
    public void Bcc_in_the_body_is_text(string eml)
    {
        using var message = OutgoingMessage.FromBytes(Encoding.ASCII.GetBytes(eml), "a@test", ["b@test"]);

        Assert.Equal(eml, Text(message));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_refused_with_its_path()
    {
        var refusal = await Assert.ThrowsAsync<SmtpException>(() => OutgoingMessage.FromFileAsync("/no/such/file.eml", cancellationToken: Token));

        Assert.Equal(FindingCode.InvalidInput, refusal.Failure.Code);
        Assert.Contains("/no/such/file.eml", refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(refusal.Failure.Cause);
    }

    private static void Refused(string reason, Func<object> attempt)
    {
        var failure = Assert.Throws<SmtpException>(attempt).Failure;
        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failure.Advice);
        Assert.DoesNotContain(failure.ToString(), char.IsControl);
    }

    private static string Text(OutgoingMessage message)
    {
        using var reader = new StreamReader(message.OpenRead(), new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false);
        return reader.ReadToEnd();
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(byte[] content) => File.WriteAllBytes(Path, content);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

        public void Dispose() => File.Delete(Path);
    }
}
