using System.Globalization;
using System.Text;
using System.Text.Json;
using SmtpTls.Interop.Tests.Support;

namespace SmtpTls.Interop.Tests;

/// <summary>Python's smtplib against our listener, and Python's <c>email</c> parser on what we composed.</summary>
public sealed class PythonTests : IDisposable
{
    private readonly Pki _pki = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Smtplib_verifies_and_sends_addresses_in_UTF_8()
    {
        Needs.Program("python3");
        await using var listener = TestListener.Start(_pki.Issue("mail.test", withIntermediate: true));

        var outcome = await SendAsync(listener, "mail.test", "utf8", "");

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        using var message = await listener.ReceiveAsync(Token);
        Assert.Equal("jürgen@mail.test", message.From);
        Assert.Equal(["zoë@mail.test"], message.To);
        Assert.Equal("Grüße aus Köln", message.Subject);
        Assert.Equal("python.test", message.HelloName);
        Assert.EndsWith("\r\n\r\nSchöne Grüße\r\n.\r\n..\r\n", Encoding.UTF8.GetString(TestListener.Bytes(message)), StringComparison.Ordinal);

        // Both ends of the session name it alike.
        using var seen = JsonDocument.Parse(outcome.Output);
        Assert.Equal(seen.RootElement.GetProperty("protocol").GetString(), message.Tls?.Protocol);
        Assert.Equal(seen.RootElement.GetProperty("cipher").GetString(), message.Tls?.CipherSuite);
    }

    [Fact]
    public async Task Smtplib_sends_octets_beyond_ASCII_and_they_arrive_unchanged()
    {
        Needs.Program("python3");
        await using var listener = TestListener.Start(_pki.Issue("mail.test"));
        var content = new StringBuilder("Subject: 8bit\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        for (var line = 0; line < 40_000; line++)
        {
            content.Append(CultureInfo.InvariantCulture, $"{(line % 7 == 0 ? "." : "")}{line}: äöü€\r\n");
        }

        var outcome = await SendAsync(listener, "mail.test", "8bit", content.ToString());

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Equal(Encoding.UTF8.GetBytes(content.ToString()), await listener.ReceiveBytesAsync(Token));
    }

    [Fact]
    public async Task Smtplib_refuses_the_listener_under_another_name()
    {
        Needs.Program("python3");
        await using var listener = TestListener.Start(_pki.Issue("mail.test"));

        var outcome = await SendAsync(listener, "other.test", "utf8", "");

        Assert.True(outcome.ExitCode == 3, outcome.ToString());
        Assert.Contains("other.test", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(0, listener.Inner.Received);
    }

    [Fact]
    public async Task Python_reads_a_composed_message_as_it_was_meant()
    {
        Needs.Program("python3");
        await using var listener = TestListener.Start(_pki.Issue("mail.test"));
        var content = new MailContent
        {
            From = "\"Jürgen \\\"JR\\\" Müller, Köln\" <a@mail.test>",
            To = ["Zoë <b@mail.test>", "\"O'Neil, Pat\" <c@mail.test>", "d@mail.test"],
            Cc = ["Крокодил Гена из очень длинной сказки о дружбе и верности <e@mail.test>"],
            Subject = $"Grüße an alle 🐊 {string.Concat(Enumerable.Repeat("Überlänge ", 20))}– Ende",
            TextBody = $"Schöne Grüße\n.\n..\nFrom here = there\n{new string('ü', 2000)}\nblank behind \n\tend\n",
            Date = new DateTimeOffset(2026, 2, 28, 23, 59, 58, TimeSpan.FromHours(-3.5)),
            MessageId = "one.two@mail.test",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["X-Note"] = "naïve" },
        };

        var read = await ComposeSendAndReadAsync(listener, content);

        Assert.Equal(content.Subject, read.GetProperty("subject").GetString());
        Assert.Equal([("Jürgen \"JR\" Müller, Köln", "a@mail.test")], Mailboxes(read, "from"));
        Assert.Equal([("Zoë", "b@mail.test"), ("O'Neil, Pat", "c@mail.test"), ("", "d@mail.test")], Mailboxes(read, "to"));
        Assert.Equal([("Крокодил Гена из очень длинной сказки о дружбе и верности", "e@mail.test")], Mailboxes(read, "cc"));
        Assert.Equal(content.TextBody, read.GetProperty("body").GetString()!.ReplaceLineEndings("\n"));
        Assert.Equal("text/plain", read.GetProperty("type").GetString());
        Assert.Equal("2026-02-28T23:59:58-03:30", read.GetProperty("date").GetString());
        Assert.Equal("<one.two@mail.test>", read.GetProperty("messageId").GetString());
        Assert.DoesNotContain("Bcc", Strings(read, "fields"), StringComparer.OrdinalIgnoreCase);
        AssertWellFormed(read);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "no line end")]
    [InlineData("=?utf-8?q?looks_encoded?=", "=?utf-8?q?this_too?=\n")]
    [InlineData("trailing blank ", "\n\n\nblank lines around\n\n")]
    public async Task Python_reads_odd_texts_as_they_were_meant(string subject, string body)
    {
        Needs.Program("python3");
        await using var listener = TestListener.Start(_pki.Issue("mail.test"));

        var read = await ComposeSendAndReadAsync(listener, new MailContent { From = "a@mail.test", To = ["b@mail.test"], Subject = subject, TextBody = body });

        Assert.Equal(subject, read.GetProperty("subject").GetString() ?? "");
        Assert.Equal(body.TrimEnd('\n'), read.GetProperty("body").GetString()!.ReplaceLineEndings("\n").TrimEnd('\n'));
        AssertWellFormed(read);
    }

    public void Dispose() => _pki.Dispose();

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Python", name);

    private static void AssertWellFormed(JsonElement read)
    {
        Assert.Empty(Strings(read, "defects"));
        Assert.Equal(0, read.GetProperty("bareLineEnds").GetInt32());

        // RFC 5322 §2.1.1: lines should be no longer than 78 characters.
        Assert.InRange(read.GetProperty("longestLine").GetInt32(), 1, 78);
        Assert.True(read.GetProperty("onlyAscii").GetBoolean());
    }

    private static List<(string DisplayName, string Address)> Mailboxes(JsonElement read, string field) =>
        [.. read.GetProperty(field).EnumerateArray().Select(m => (m[0].GetString()!, m[1].GetString()!))];

    private static List<string> Strings(JsonElement read, string name) => [.. read.GetProperty(name).EnumerateArray().Select(f => f.GetString()!)];

    private Task<ProcessOutcome> SendAsync(TestListener listener, string name, string kind, string input) => ExternalProcess.RunAsync(
        "python3",
        [Script("send.py"), "127.0.0.1", listener.Port.ToString(CultureInfo.InvariantCulture), name, _pki.CaFile, kind],
        Encoding.UTF8.GetBytes(input),
        Token);

    // Through the wire, so that what is read is what a recipient gets.
    private async Task<JsonElement> ComposeSendAndReadAsync(TestListener listener, MailContent content)
    {
        using var composed = OutgoingMessage.Compose(content, bcc: ["hidden@mail.test"]);
        var options = new SendOptions { Server = "mail.test", Address = "127.0.0.1", Port = listener.Port, TrustedCertificates = [_pki.Root] };
        var result = await new SmtpSender().SendAsync(options, composed, Token);
        Assert.Null(result.Failure);
        var outcome = await ExternalProcess.RunAsync("python3", [Script("read.py")], await listener.ReceiveBytesAsync(Token), Token);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        using var document = JsonDocument.Parse(outcome.Output);
        return document.RootElement.Clone();
    }
}
