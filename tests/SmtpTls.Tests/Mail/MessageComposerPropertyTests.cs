using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

/// <summary>What must hold for every text, tried with some thousands of them.</summary>
public class MessageComposerPropertyTests
{
    // Words of ASCII, blanks, umlauts, CJK, emoji with joiners, heaps of combining marks, and what looks like encoded words.
    private static readonly string[] Pieces =
    [
        "word", " ", "  ", "\t", "ä", "ß", "日本", "👩‍👩‍👧‍👦", "e\u0301", "=?utf-8?Q?x?=", "?=", "=", "_", "\"", "\\", "(", ",", ".", "<a@b>", "\u2028", "Ａ",
        new string('x', 90), new string('y', 1200), "z" + new string('\u0301', 120),
    ];

    private static readonly Arbitrary<string> Texts =
        Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary();

    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(1000);

    private static readonly Arbitrary<string> AnyStrings = ArbMap.Default.ArbFor<string>();

    [Fact]
    public void Any_subject_reads_the_same_afterwards()
    {
        Prop.ForAll(Texts, SubjectSurvives).Check(Thorough);
        Prop.ForAll(AnyStrings, text => SubjectSurvives(Sanitize(text))).Check(Thorough);
    }

    [Fact]
    public void Any_display_name_reads_the_same_afterwards() => Prop.ForAll(Texts, text =>
    {
        var name = Sanitize(text).Replace('\t', ' ').Trim();
        var quoted = $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\" <c@test>";
        var bytes = Compose(new MailContent { From = "a@test", To = ["b@test", quoted] });
        new MimeReader(bytes).AssertWellFormed();

        Assert.True(Mailbox.TryParseList(MessageHeaders.Read(bytes.Span).Find("To")!.Value, out var read, out var error), error);
        Assert.Equal(["", name], read.Select(mailbox => mailbox.DisplayName), StringComparer.Ordinal);
        Assert.Equal("c@test", read[1].Address.Address);
    }).Check(Thorough);

    [Fact]
    public void Any_body_reads_the_same_afterwards() => Prop.ForAll(AnyStrings, Texts, (any, pieces) =>
    {
        var text = string.Join('\n', WithoutHalves(any ?? ""), pieces, ".", "From here", "\r", "end ");
        var reader = new MimeReader(Compose(new MailContent { From = "a@test", TextBody = text }));
        reader.AssertWellFormed();

        Assert.Equal(text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') + "\n", reader.Body().Replace("\r\n", "\n", StringComparison.Ordinal));
        if (reader["Content-Transfer-Encoding"] != "7bit")
        {
            Assert.All(reader.Raw[reader.Raw.IndexOf("\r\n\r\n", StringComparison.Ordinal)..].Split("\r\n"), line => Assert.True(line.Length <= 76));
        }
    }).Check(Thorough);

    private static void SubjectSurvives(string subject)
    {
        var bytes = Compose(new MailContent { From = "a@test", Subject = subject });
        var reader = new MimeReader(bytes);
        reader.AssertWellFormed();

        Assert.Equal(subject, MessageHeaders.Read(bytes.Span).Subject);
        Assert.Equal(subject, reader.Fields.Any(field => field.Key == "Subject") ? reader.Text("Subject") : "");
        Assert.True(Ascii.IsValid(bytes.Span));
    }

    // What a header may hold: no control character but a tab; half a surrogate pair is no character at all.
    private static string Sanitize(string? text) => new([.. WithoutHalves(text ?? "").Where(c => c == '\t' || !char.IsControl(c))]);

    private static string WithoutHalves(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static ReadOnlyMemory<byte> Compose(MailContent content) =>
        MessageComposer.Compose(content, TimeProvider.System, count => new byte[count]).Bytes;
}
