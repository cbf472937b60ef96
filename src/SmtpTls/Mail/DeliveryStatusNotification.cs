using System.Globalization;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Mail;

/// <summary>
/// Composes a report about a message (RFC 3461 §6, RFC 3464; multipart/report: RFC 6522; with SMTPUTF8: RFC 6533): a part for people, a part
/// for programs, and what goes back of the message. All of it is 7-bit text but for a sender's address that has no such form.
/// </summary>
internal static class DeliveryStatusNotification
{
    private const string LineEnd = "\r\n";

    /// <summary>The bytes of the report.</summary>
    internal static byte[] Compose(StatusReport report)
    {
        var boundary = $"=_{report.Id}_{report.Token}";
        var text = new StringBuilder();
        text.Append(Header(report, boundary)).Append(LineEnd);

        Part(text, boundary, $"text/plain; charset={{0}}", TextBody.From(StatusReportText.Compose(report)), "Notification");
        var utf8 = report.Utf8 && report.Recipients.Any(recipient => !Ascii.IsValid(recipient.Address));
        var status = StatusFields.Compose(report, utf8);
        Part(text, boundary, utf8 ? "message/global-delivery-status" : "message/delivery-status", TextBody.From(status), "Delivery report");
        ReturnedPart(text, boundary, report);
        text.Append("--").Append(boundary).Append("--").Append(LineEnd);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Header(StatusReport report, string boundary)
    {
        var header = new HeaderWriter();
        header.Write("Date", MessageComposer.FormatDate(report.Time));
        header.Write("From", $"Mail Delivery System <MAILER-DAEMON@{report.ReportingHost}>");
        if (MailPath.TryParse(report.Sender, out var sender, out _))
        {
            header.WriteMailboxes("To", [new Mailbox("", sender)]);
        }
        else
        {
            // An address that only the envelope can hold.
            header.Write("To", "undisclosed-recipients:;");
        }

        header.WriteText("Subject", StatusReportText.Subject(report), keepEncodedWords: false);
        header.Write("Message-ID", $"<{report.Id}.{report.Token}@{report.ReportingHost}>");
        if (IsMessageId(report.Content.MessageId))
        {
            header.Write("In-Reply-To", report.Content.MessageId!);
            header.Write("References", report.Content.MessageId!);
        }

        // RFC 3834 §5: whoever answers mail by machine lets this alone.
        header.Write("Auto-Submitted", "auto-replied");
        header.Write("MIME-Version", "1.0");
        header.Write("Content-Type", $"multipart/report; report-type=delivery-status;{LineEnd}\tboundary=\"{boundary}\"");
        return header.ToString();
    }

    private static void Part(StringBuilder text, string boundary, string type, TextBody body, string description)
    {
        text.Append("--").Append(boundary).Append(LineEnd)
            .Append("Content-Description: ").Append(description).Append(LineEnd)
            .Append("Content-Type: ").Append(string.Format(CultureInfo.InvariantCulture, type, body.Charset)).Append(LineEnd)
            .Append("Content-Transfer-Encoding: ").Append(body.TransferEncoding).Append(LineEnd).Append(LineEnd)
            .Append(Encoding.ASCII.GetString(body.Content)).Append(LineEnd);
    }

    private static void ReturnedPart(StringBuilder text, string boundary, StatusReport report)
    {
        var content = report.Content;
        if (content.Bytes.IsEmpty)
        {
            return;
        }

        if (content.IsWhole)
        {
            // Plain ASCII, found so when it was read: as it is.
            Part(text, boundary, "message/rfc822", new TextBody("us-ascii", "7bit", content.Bytes.ToArray()), "Undelivered message");
            return;
        }

        // What is no UTF-8 shows as a replacement character: a header that nobody could read before either.
        var body = TextBody.From(Encoding.UTF8.GetString(content.Bytes.Span));
        var type = body.Charset == "us-ascii" ? "text/rfc822-headers" : report.Utf8 ? "message/global-headers" : "text/rfc822-headers; charset={0}";
        Part(text, boundary, type, body, "Header of the message");
    }

    // It comes from the message, and goes into a header field of ours.
    private static bool IsMessageId(string? value) =>
        value is { Length: > 2 and < 900 } && value[0] == '<' && value[^1] == '>' && !value.AsSpan(1, value.Length - 2).ContainsAnyExceptInRange('!', '~');
}
