using System.Globalization;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Mail;

/// <summary>The part of a report that programs read (RFC 3464 §2). Nothing that came from outside can add a field to it.</summary>
internal static class StatusFields
{
    // With the field's name well below the 998 octets of a line (RFC 5322 §2.1.1).
    private const int MaximumValue = 900;

    /// <summary>The fields.</summary>
    /// <param name="report">What is told.</param>
    /// <param name="utf8">True where it goes out as message/global-delivery-status, which may hold addresses as they are (RFC 6533 §3).</param>
    internal static string Compose(StatusReport report, bool utf8)
    {
        var fields = new StringBuilder();
        Add(fields, "Reporting-MTA", $"dns; {report.ReportingHost}");
        if (report.EnvelopeId is { } envelope)
        {
            Add(fields, "Original-Envelope-Id", Decode(envelope));
        }

        Add(fields, "X-Queue-Id", report.MessageQueueId.ToString());
        Add(fields, "Arrival-Date", MessageComposer.FormatDate(report.ArrivedAt));
        foreach (var recipient in report.Recipients)
        {
            fields.Append("\r\n");
            AddRecipient(fields, report, recipient, utf8);
        }

        return fields.ToString();
    }

    private static void AddRecipient(StringBuilder fields, StatusReport report, ReportedRecipient recipient, bool utf8)
    {
        if (recipient.OriginalRecipient?.Split(';', 2) is [var type, var address])
        {
            // The utf-8 type has an escape of its own, which stays (RFC 6533 §3).
            var isUtf8 = type.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
            Add(fields, "Original-Recipient", $"{type}; {(isUtf8 ? ForType(address, utf8) : Decode(address))}");
        }

        var isAscii = Ascii.IsValid(recipient.Address);
        Add(fields, "Final-Recipient", isAscii ? $"rfc822; {recipient.Address}" : $"utf-8; {ForType(recipient.Address, utf8)}");
        Add(fields, "Action", report.Action switch
        {
            ReportedAction.Failed => "failed",
            ReportedAction.Delayed => "delayed",
            _ => "relayed",
        });
        Add(fields, "Status", recipient.Status.ToString());
        if (recipient.RemoteHost is { } host)
        {
            Add(fields, "Remote-MTA", $"dns; {host}");
        }

        if (recipient.Reply is { } reply)
        {
            Add(fields, "Diagnostic-Code", $"smtp; {reply}");
        }
        else if (report.Action != ReportedAction.Relayed)
        {
            Add(fields, "Diagnostic-Code", $"x-smtptls; {recipient.Reason}");
        }

        if (recipient.LastAttemptAt is { } attempt)
        {
            Add(fields, "Last-Attempt-Date", MessageComposer.FormatDate(attempt));
        }

        if (report is { Action: ReportedAction.Delayed, RetryUntil: { } until })
        {
            Add(fields, "Will-Retry-Until", MessageComposer.FormatDate(until));
        }
    }

    private static void Add(StringBuilder fields, string name, string value)
    {
        var line = Printable.Line(value, MaximumValue);

        // What is not ASCII stands here only where it may: as an address of message/global-delivery-status.
        var mayBeUtf8 = value.StartsWith("utf-8; ", StringComparison.OrdinalIgnoreCase);
        fields.Append(name).Append(": ").Append(mayBeUtf8 ? line : ToAscii(line)).Append("\r\n");
    }

    private static string ToAscii(string text) => Ascii.IsValid(text) ? text : string.Create(text.Length, text, static (ascii, source) =>
    {
        for (var i = 0; i < ascii.Length; i++)
        {
            ascii[i] = source[i] switch { '…' => '.', > '~' => '?', var other => other };
        }
    });

    // utf-8-address, or utf-8-addr-unitext with everything that is not ASCII escaped (RFC 6533 §3).
    private static string ForType(string address, bool utf8)
    {
        if (utf8 || Ascii.IsValid(address))
        {
            return address;
        }

        var escaped = new StringBuilder();
        foreach (var rune in address.EnumerateRunes())
        {
            _ = rune.IsAscii ? escaped.Append((char)rune.Value) : escaped.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X}}}");
        }

        return escaped.ToString();
    }

    /// <summary>Text that was given in xtext (RFC 3461 §4); as it was given where it does not decode to printable ASCII.</summary>
    internal static string Decode(string xtext)
    {
        var text = new StringBuilder(xtext.Length);
        for (var i = 0; i < xtext.Length; i++)
        {
            if (xtext[i] != '+')
            {
                text.Append(xtext[i]);
            }
            else if (i + 2 < xtext.Length
                && byte.TryParse(xtext.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                && code is >= (byte)' ' and <= (byte)'~')
            {
                text.Append((char)code);
                i += 2;
            }
            else
            {
                return xtext;
            }
        }

        return text.ToString();
    }
}
