using System.Text;
using System.Text.RegularExpressions;
using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public sealed class DeliveryStatusNotificationTests
{
    private const string Original = "From: a@test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@test>\r\n\r\nThe body.\r\n.\r\n";

    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_failure_is_told_to_people_and_to_programs()
    {
        var (report, parts) = await ComposeAsync(Failure());

        Assert.StartsWith("multipart/report; report-type=delivery-status;", report["Content-Type"], StringComparison.Ordinal);
        Assert.Equal("auto-replied", report["Auto-Submitted"]);
        Assert.Equal("a@test", report["To"]);
        Assert.Equal("Mail Delivery System <MAILER-DAEMON@relay.test>", report["From"]);
        Assert.Equal("<1@test>", report["In-Reply-To"]);
        Assert.Equal("text/plain; charset=utf-8|message/delivery-status|text/rfc822-headers", string.Join('|', parts.Select(p => p["Content-Type"])));
        Assert.Contains("Subject:  Grüße", parts[0].Body(), StringComparison.Ordinal);
        Assert.Contains("The server mx.one.test said: 550 5.1.1 No such user", parts[0].Body(), StringComparison.Ordinal);
        Assert.Contains("What to do: check the address for typing errors", parts[0].Body(), StringComparison.Ordinal);
        Assert.Equal(
            "Reporting-MTA: dns; relay.test\r\n"
            + $"X-Queue-Id: {new QueueId(7)}\r\n"
            + "Arrival-Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n"
            + "\r\n"
            + "Final-Recipient: rfc822; b@one.test\r\n"
            + "Action: failed\r\n"
            + "Status: 5.1.1\r\n"
            + "Remote-MTA: dns; mx.one.test\r\n"
            + "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"
            + "Last-Attempt-Date: Sat, 21 Nov 2026 12:05:00 +0000\r\n",
            parts[1].Body());
        Assert.Contains("Message-ID: <1@test>\r\n", parts[2].Body(), StringComparison.Ordinal);
        Assert.DoesNotContain("The body.", parts[2].Body(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Envelope_id_and_original_recipient_are_decoded()
    {
        var failure = Failure() with
        {
            EnvelopeId = "QQ+2B314159",
            Recipients = [Failure().Recipients[0] with { OriginalRecipient = "rfc822;b+2Bx@one.test" }],
        };

        var (_, parts) = await ComposeAsync(failure);

        Assert.Contains("Original-Envelope-Id: QQ+314159\r\n", parts[1].Body(), StringComparison.Ordinal);
        Assert.Contains("Original-Recipient: rfc822; b+x@one.test\r\nFinal-Recipient: rfc822; b@one.test\r\n", parts[1].Body(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("+0D+0AAction: delivered")]
    [InlineData("+")]
    [InlineData("+G1")]
    [InlineData("a+C3+BC")]
    public void What_does_not_decode_to_printable_text_stays_as_it_was(string xtext) => Assert.Equal(xtext, StatusFields.Decode(xtext));

    [Fact]
    public async Task Nothing_that_came_from_outside_adds_a_field_or_a_part()
    {
        var evil = "x\r\nAction: delivered\r\n\r\n--=_";
        var failure = Failure() with
        {
            EnvelopeId = evil,
            Recipients = [new ReportedRecipient("b@one.test", new EnhancedStatusCode(5, 0, 0), evil) { OriginalRecipient = $"rfc822;{evil}", Reply = new SmtpReply(550, null, [evil]), RemoteHost = evil }],
        };

        var (_, parts) = await ComposeAsync(failure, "Subject: " + evil.Replace("\r\n", "\n", StringComparison.Ordinal) + "\r\n\r\n");

        Assert.Equal(3, parts.Count);
        Assert.Single(Regex.Matches(parts[1].Body(), "^Action:", RegexOptions.Multiline, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task A_delay_says_until_when_it_is_tried()
    {
        var (report, parts) = await ComposeAsync(Failure() with { Action = ReportedAction.Delayed, RetryUntil = Noon.AddDays(4) });

        Assert.Contains("delayed", report["Subject"], StringComparison.Ordinal);
        Assert.Contains("it will be tried until Wed, 25 Nov 2026 12:00:00 +0000.", parts[0].Body(), StringComparison.Ordinal);
        Assert.Contains("You need not send it again", parts[0].Body(), StringComparison.Ordinal);
        Assert.Contains("Action: delayed\r\n", parts[1].Body(), StringComparison.Ordinal);
        Assert.Contains("Will-Retry-Until: Wed, 25 Nov 2026 12:00:00 +0000\r\n", parts[1].Body(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passing_on_is_told_as_relayed()
    {
        var (_, parts) = await ComposeAsync(Failure() with
        {
            Action = ReportedAction.Relayed,
            Recipients = [new ReportedRecipient("b@one.test", new EnhancedStatusCode(2, 0, 0), "It was passed on to the next server.") { RemoteHost = "mx.one.test" }],
        });

        Assert.Contains("Action: relayed\r\nStatus: 2.0.0\r\nRemote-MTA: dns; mx.one.test\r\n", parts[1].Body(), StringComparison.Ordinal);
        Assert.DoesNotContain("Diagnostic-Code", parts[1].Body(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_server_said_anything_the_reason_is_the_diagnostic()
    {
        var (_, parts) = await ComposeAsync(Failure() with { Recipients = [new ReportedRecipient("b@one.test", new EnhancedStatusCode(4, 4, 7), "one.test has no address.")] });

        Assert.Contains("Status: 4.4.7\r\nDiagnostic-Code: x-smtptls; one.test has no address.\r\n", parts[1].Body(), StringComparison.Ordinal);
        Assert.DoesNotContain("Remote-MTA", parts[1].Body(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_goes_back_whole_where_it_was_asked_for()
    {
        var (_, parts) = await ComposeAsync(Failure(), Original, whole: true);

        Assert.Equal("message/rfc822", parts[2]["Content-Type"]);
        Assert.Equal(Original, parts[2].Body());
    }

    [Theory]
    [InlineData("\r\nGrüße\r\n")]
    [InlineData("\r\nbare\nline end\r\n")]
    [InlineData("\r\nnul\0\r\n")]
    public async Task A_message_that_not_every_server_can_carry_goes_back_as_its_header(string body)
    {
        var (_, parts) = await ComposeAsync(Failure(), "Subject: x\r\n" + body, whole: true);

        Assert.Equal("text/rfc822-headers", parts[2]["Content-Type"]);
        Assert.Equal("Subject: x\r\n", parts[2].Body());
    }

    [Fact]
    public async Task A_large_message_goes_back_as_its_header()
    {
        var (_, parts) = await ComposeAsync(Failure(), "Subject: x\r\n\r\n" + string.Concat(Enumerable.Repeat("0123456789\r\n", ReturnedContent.MaximumWhole / 12)), whole: true);

        Assert.Equal("Subject: x\r\n", parts[2].Body());
    }

    [Fact]
    public async Task A_header_with_8_bit_text_goes_back_encoded()
    {
        var (_, parts) = await ComposeAsync(Failure(), "Subject: Grüße\r\n\r\n");

        Assert.Equal("text/rfc822-headers; charset=utf-8", parts[2]["Content-Type"]);
        Assert.Equal("Subject: Grüße\r\n", parts[2].Body());
    }

    [Fact]
    public async Task An_internationalized_recipient_is_told_of_in_the_form_of_RFC_6533()
    {
        var failure = Failure() with { Utf8 = true, Recipients = [Failure().Recipients[0] with { Address = "jürgen@one.test" }] };

        var (_, parts) = await ComposeAsync(failure);

        Assert.Equal("message/global-delivery-status", parts[1]["Content-Type"]);
        Assert.Contains("Final-Recipient: utf-8; jürgen@one.test\r\n", parts[1].Body(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task To_a_sender_who_did_not_use_SMTPUTF8_the_address_is_escaped()
    {
        var (_, parts) = await ComposeAsync(Failure() with { Recipients = [Failure().Recipients[0] with { Address = "jürgen@one.test" }] });

        Assert.Equal("message/delivery-status", parts[1]["Content-Type"]);
        Assert.Contains("Final-Recipient: utf-8; j\\x{FC}rgen@one.test\r\n", parts[1].Body(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_is_gone_is_told_of_without_it()
    {
        var report = DeliveryStatusNotification.Compose(Failure() with { Content = ReturnedContent.None });
        var parts = Parts(new MimeReader(report));

        Assert.Equal(2, parts.Length);
        Assert.Contains("could not be read any more", parts[0].Body(), StringComparison.Ordinal);
    }

    private static StatusReport Failure() => new()
    {
        Action = ReportedAction.Failed,
        Id = new QueueId(8),
        Token = "0123456789abcdef",
        ReportingHost = "relay.test",
        Sender = "a@test",
        Time = Noon.AddMinutes(5),
        MessageQueueId = new QueueId(7),
        ArrivedAt = Noon,
        Recipients =
        [
            new ReportedRecipient("b@one.test", new EnhancedStatusCode(5, 1, 1), "The server refused the recipient.")
            {
                Reply = new SmtpReply(550, new EnhancedStatusCode(5, 1, 1), ["No such user"]),
                RemoteHost = "mx.one.test",
                LastAttemptAt = Noon.AddMinutes(5),
            },
        ],
        Content = ReturnedContent.None,
    };

    private static async Task<(MimeReader Report, IReadOnlyList<MimeReader> Parts)> ComposeAsync(StatusReport report, string original = Original, bool whole = false)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(original));
        var bytes = DeliveryStatusNotification.Compose(report with { Content = await ReturnedContent.ReadAsync(content, whole, TestContext.Current.CancellationToken) });
        Assert.True(Ascii.IsValid(bytes));
        var reader = new MimeReader(bytes);
        reader.AssertWellFormed();
        return (reader, Parts(reader));
    }

    private static MimeReader[] Parts(MimeReader reader)
    {
        var boundary = Regex.Match(reader["Content-Type"], "boundary=\"(?<value>[^\"]+)\"", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["value"].Value;
        var pieces = reader.Raw.Split($"--{boundary}");
        Assert.Equal("--\r\n", pieces[^1]);

        // The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
        return pieces[1..^1].Select(piece => new MimeReader(Encoding.UTF8.GetBytes(piece[2..^2]))).ToArray();
    }
}
