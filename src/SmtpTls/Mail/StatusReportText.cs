using System.Globalization;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Mail;

/// <summary>The part of a report that people read: what happened, to whom, what the other server said, and what to do.</summary>
internal static class StatusReportText
{
    // A subject or a sentence from outside is a hint here, not the whole of it.
    private const int MaximumQuotation = 400;

    /// <summary>The report's subject.</summary>
    internal static string Subject(StatusReport report) => report.Action switch
    {
        ReportedAction.Failed => "Your message could not be delivered",
        ReportedAction.Delayed => "Your message is delayed; it is still being tried",
        _ => "Your message was passed on",
    };

    /// <summary>The text; lines end with CRLF.</summary>
    internal static string Compose(StatusReport report)
    {
        var text = new StringBuilder();
        Line(text, $"This is the mail system at {report.ReportingHost}.");
        Line(text);
        Line(text, report.Action switch
        {
            ReportedAction.Failed => "Your message could not be delivered to the recipients below. It will not be tried again.",
            ReportedAction.Delayed => "Your message could not be delivered yet to the recipients below. You need not send it again:",
            _ => "Your message was passed on to the next mail server for the recipients below. That server does not report",
        });
        if (report.Action == ReportedAction.Delayed)
        {
            Line(text, report.RetryUntil is { } until ? $"it will be tried until {MessageComposer.FormatDate(until)}." : "it is still being tried.");
        }
        else if (report.Action == ReportedAction.Relayed)
        {
            Line(text, "successful delivery, so this is the last that you will hear of it unless it fails.");
        }

        Line(text);
        if (report.Content.Subject.Length > 0)
        {
            Line(text, $"Subject:  {Printable.Line(report.Content.Subject, MaximumQuotation)}");
        }

        Line(text, $"Accepted: {MessageComposer.FormatDate(report.ArrivedAt)}, as {report.MessageQueueId}");
        foreach (var recipient in report.Recipients)
        {
            Line(text);
            Add(text, report, recipient);
        }

        Line(text);
        Line(text, report.Content switch
        {
            { Bytes.IsEmpty: true } => "The message itself could not be read any more.",
            { IsWhole: true } => "The message is attached.",
            _ => "The message's header is attached.",
        });
        return text.ToString();
    }

    private static void Add(StringBuilder text, StatusReport report, ReportedRecipient recipient)
    {
        Line(text, $"<{Printable.Line(recipient.Address)}>");
        Line(text, $"    {Printable.Line(recipient.Reason, MaximumQuotation)}");
        if (recipient.Reply is { } reply)
        {
            Line(text, $"    The server{(recipient.RemoteHost is { } host ? $" {Printable.Line(host)}" : "")} said: {Printable.Line(reply.ToString())}");
        }

        if (report.Action == ReportedAction.Failed)
        {
            Line(text, $"    What to do: {Advice(recipient.Status)}");
        }
    }

    // By subject and detail of RFC 3463.
    private static string Advice(EnhancedStatusCode status) => (status.Subject, status.Detail) switch
    {
        (1, 0 or 1 or 2 or 3 or 6 or 10) => "check the address for typing errors, or ask the recipient for the present one.",
        (1, 7 or 8) => "the sender's address was refused; tell your mail administrator.",
        (2, 2) => "the mailbox is full; reach the recipient in another way, or send again later.",
        (2, 3) or (3, 4) => "the message is too large; send it in parts or without its attachments.",
        (2, _) => "the mailbox does not take mail at present; reach the recipient in another way.",
        (4, 6) => "mail to this domain goes round in a circle; tell your mail administrator.",
        (4, 7) => "the other side could not be reached in all this time; send again later, or reach the recipient in another way.",
        (4, _) => "mail to this domain finds no way; check the part behind the @ for typing errors, then tell your mail administrator.",
        (6, _) => "the other side cannot take this kind of message; send it in a simpler form.",
        (7, 5 or 10 or 11) => "the encryption or the certificate that is required was not to be had; tell your mail administrator.",
        (7, _) => "the other side does not permit it; ask the recipient, or its postmaster, by another way.",
        _ => "show this report to your mail administrator.",
    };

    private static void Line(StringBuilder text, string line = "") => text.Append(CultureInfo.InvariantCulture, $"{line}\r\n");
}
