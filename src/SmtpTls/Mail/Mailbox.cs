using System.Diagnostics.CodeAnalysis;
using SmtpTls.Protocol;

namespace SmtpTls.Mail;

/// <summary>An address with the name that is shown beside it (RFC 5322 §3.4, mailbox).</summary>
/// <param name="DisplayName">The name as people read it, without quotes or encoding; empty where there is none.</param>
/// <param name="Address">The address; it always has a domain.</param>
internal sealed record Mailbox(string DisplayName, MailPath Address)
{
    /// <summary>Reads one mailbox as a person types it: <c>a@test</c>, <c>Jürgen &lt;a@test&gt;</c>, <c>"Na, me" &lt;a@test&gt;</c>.</summary>
    /// <param name="text">The mailbox.</param>
    /// <param name="mailbox">What was read.</param>
    /// <param name="error">Why it is none, as the end of a sentence.</param>
    internal static bool TryParse(string? text, [NotNullWhen(true)] out Mailbox? mailbox, out string error)
    {
        mailbox = null;
        error = text is null ? "it is empty" : MailInput.ControlCharacterIn(text, allowTab: false);
        if (error.Length > 0 || !new MailboxReader(text!, typed: true).TryReadAll(out var mailboxes, out error))
        {
            return false;
        }

        switch (mailboxes.Count)
        {
            case 0:
                error = "it is empty";
                return false;
            case > 1:
                error = "it holds more than one address";
                return false;
            default:
                mailbox = mailboxes[0];
                return true;
        }
    }

    /// <summary>Reads the unfolded value of an address field: mailboxes and groups (RFC 5322 §3.4), comments, encoded words.</summary>
    /// <param name="text">The value.</param>
    /// <param name="mailboxes">The mailboxes in their order, those of groups among them.</param>
    /// <param name="error">Which part could not be read and why, as the end of a sentence.</param>
    internal static bool TryParseList(string text, [NotNullWhen(true)] out IReadOnlyList<Mailbox>? mailboxes, out string error)
    {
        var read = new MailboxReader(text, typed: false).TryReadAll(out var list, out error);
        mailboxes = list;
        return read;
    }
}
