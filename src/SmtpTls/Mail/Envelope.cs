using SmtpTls.Protocol;

namespace SmtpTls.Mail;

/// <summary>Whom a message is from and to for the servers on its way (RFC 5321 §2.3.1), which may differ from what its header says.</summary>
/// <param name="From">The reverse-path; <see cref="MailPath.Null"/> for notifications.</param>
/// <param name="Recipients">The forward-paths in their order, none twice.</param>
internal sealed record Envelope(MailPath From, IReadOnlyList<MailPath> Recipients)
{
    private const string AddressAdvice = "Give the address alone, as user@contoso.com.";

    private const string Postmaster = "postmaster";

    // The fields that name recipients (RFC 5322 §3.6.3).
    private static readonly string[] RecipientFields = ["To", "Cc", "Bcc"];

    /// <summary>True where an address needs SMTPUTF8 on the wire (RFC 6531); an internationalized domain alone does not.</summary>
    internal bool NeedsSmtpUtf8 => From.NeedsSmtpUtf8 || Recipients.Any(recipient => recipient.NeedsSmtpUtf8);

    /// <summary>The envelope of a composed message: its From, To and Cc, the further recipients, and another reverse-path where one is given.</summary>
    internal static Envelope For(ComposedMessage message, IEnumerable<string>? bcc, string? from) => Create(
        from is null ? message.From : ReadReversePath(from),
        message.Recipients.Concat(ReadRecipients("Bcc", bcc ?? [])),
        "Give at least one address as To, Cc or Bcc.");

    /// <summary>The envelope of a message that is there already; what is not given is taken from its header.</summary>
    internal static Envelope For(MessageHeaders headers, string? from, IEnumerable<string>? recipients) => Create(
        from is null ? ReversePathOf(headers) : ReadReversePath(from),
        recipients is null ? RecipientFields.SelectMany(field => MailboxesOf(headers, field)) : ReadRecipients("Recipients", recipients),
        recipients is null ? "The header names none in To, Cc and Bcc; give the recipients." : "Give at least one address.");

    private static Envelope Create(MailPath from, IEnumerable<MailPath> recipients, string adviceWhereEmpty)
    {
        // A local part's case may matter to its server (RFC 5321 §2.4); a domain's never does.
        var unique = recipients.Select(OnTheWire).DistinctBy(path => (path.LocalPart, path.Domain.ToLowerInvariant())).ToArray();
        return unique.Length > 0
            ? new Envelope(OnTheWire(from), unique)
            : throw MailInput.Refuse("The message has no recipient.", adviceWhereEmpty);
    }

    // In A-labels where that is possible, so that it passes servers without SMTPUTF8.
    private static MailPath OnTheWire(MailPath path) => path.TryToAscii(out var ascii) ? ascii : path;

    private static MailPath ReadReversePath(string text)
    {
        if (text.Length == 0)
        {
            return MailPath.Null;
        }

        if (MailPath.TryParse(text, out var path, out var error) && path != MailPath.Null && path.Domain.Length == 0)
        {
            error = "it has no domain";
        }

        return error.Length == 0 && path is not null
            ? path
            : throw MailInput.Refuse($"From: {MailInput.Quote(text)} cannot be the reverse-path: {error}.", $"{AddressAdvice} An empty text is the null reverse-path.");
    }

    private static IEnumerable<MailPath> ReadRecipients(string field, IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            // Every server takes mail for postmaster, without a domain (RFC 5321 §4.5.1); a header's mailbox always has one.
            if (MailPath.TryParse(text, out var path, out _) && path.LocalPart.Equals(Postmaster, StringComparison.OrdinalIgnoreCase))
            {
                yield return path;
            }
            else if (Mailbox.TryParse(text, out var mailbox, out var error))
            {
                yield return mailbox.Address;
            }
            else
            {
                throw MailInput.Refuse($"{field}: {MailInput.Quote(text ?? "")} cannot be a recipient: {error}.", AddressAdvice);
            }
        }
    }

    private static MailPath ReversePathOf(MessageHeaders headers)
    {
        // With several authors, Sender tells who sent it (RFC 5322 §3.6.2).
        var paths = MailboxesOf(headers, "From").ToArray();
        var candidates = paths.Length > 1 ? MailboxesOf(headers, "Sender").ToArray() : paths;
        return candidates.Length == 1
            ? candidates[0]
            : throw MailInput.Refuse(
                paths.Length == 0 ? "The message's header has no From field with an address." : "The message's From field names several authors, and Sender none.",
                "Give the reverse-path as From. If the file should have a From field: is it a mail message (RFC 5322) from its first line on?");
    }

    private static IEnumerable<MailPath> MailboxesOf(MessageHeaders headers, string name)
    {
        foreach (var field in headers.Fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            // An address that cannot be read is not passed over: its owner would silently get no mail.
            if (!Mailbox.TryParseList(field.Value, out var mailboxes, out var error))
            {
                throw MailInput.Refuse($"The message's {field.Name} field cannot be read: {error}.", "Mend the field, or give From and the recipients.");
            }

            foreach (var mailbox in mailboxes)
            {
                yield return mailbox.Address;
            }
        }
    }
}
