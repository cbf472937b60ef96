using System.Buffers;
using System.Globalization;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Mail;

/// <summary>A message that was composed: its bytes, and what its envelope is made from.</summary>
/// <param name="Bytes">The message (RFC 5322), lines ended by CRLF, without dot-stuffing.</param>
/// <param name="MessageId">The value of Message-ID, with its angle brackets.</param>
/// <param name="From">The author.</param>
/// <param name="Recipients">To, then Cc.</param>
internal sealed record ComposedMessage(ReadOnlyMemory<byte> Bytes, string MessageId, MailPath From, IReadOnlyList<MailPath> Recipients);

/// <summary>
/// Makes a message of RFC 5322 and MIME from what a caller says. Nothing that is said can add a header field: a value
/// with a control character is refused, by the name of its field.
/// </summary>
internal static class MessageComposer
{
    // 128 random bits: never the same twice, and nothing to guess.
    private const int MessageIdBytes = 16;

    // RFC 5322 §3.3.
    private const int FirstYear = 1900;

    private static readonly SearchValues<char> NotInMessageId = SearchValues.Create("<>()\",;");

    /// <summary>Composes the message.</summary>
    /// <param name="content">What it says.</param>
    /// <param name="clock">Gives the date where the content has none.</param>
    /// <param name="random">Gives as many random bytes as it is asked for, for the Message-ID where the content has none.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: something in the content cannot be used.</exception>
    internal static ComposedMessage Compose(MailContent content, TimeProvider clock, Func<int, byte[]> random)
    {
        var from = ReadMailbox(nameof(content.From), content.From);
        var to = ReadMailboxes(nameof(content.To), content.To);
        var cc = ReadMailboxes(nameof(content.Cc), content.Cc);
        var replyTo = ReadMailboxes(nameof(content.ReplyTo), content.ReplyTo);
        var messageId = content.MessageId is null ? NewMessageId(from.Address, random) : ReadMessageId(content.MessageId);

        var header = new HeaderWriter();
        header.Write("Date", FormatDate(content.Date ?? clock.GetLocalNow()));
        header.WriteMailboxes("From", [from]);
        header.WriteMailboxes("To", to);
        if (to.Length + cc.Length == 0)
        {
            // An empty group (RFC 5322 §A.1.3): some servers hold a message without To to be spam.
            header.Write("To", "undisclosed-recipients:;");
        }

        header.WriteMailboxes("Cc", cc);
        header.WriteMailboxes("Reply-To", replyTo);
        if (!string.IsNullOrEmpty(content.Subject))
        {
            CheckText(nameof(content.Subject), content.Subject);
            header.WriteText("Subject", content.Subject, keepEncodedWords: false);
        }

        header.Write("Message-ID", messageId);
        WriteFurther(header, content.Headers);

        var body = TextBody.From(content.TextBody ?? "");
        header.Write("MIME-Version", "1.0");
        header.Write("Content-Type", $"text/plain; charset={body.Charset}");
        header.Write("Content-Transfer-Encoding", body.TransferEncoding);
        byte[] bytes = [.. Encoding.UTF8.GetBytes(header + "\r\n"), .. body.Content];
        return new ComposedMessage(bytes, messageId, from.Address, [.. to.Concat(cc).Select(mailbox => mailbox.Address)]);
    }

    /// <summary>RFC 5322 §3.3: <c>Tue, 1 Dec 2026 09:05:00 +0100</c>.</summary>
    internal static string FormatDate(DateTimeOffset date)
    {
        if (date.Year < FirstYear)
        {
            throw MailInput.Refuse(
                string.Create(CultureInfo.InvariantCulture, $"Date: the year {date.Year} cannot stand in a message (RFC 5322 §3.3)."),
                "Give a date after 1900, or none for now.");
        }

        // "zzz" writes a colon into the offset; the standard has none.
        var offset = date.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
        return $"{date.ToString("ddd, d MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} {offset}";
    }

    private static void WriteFurther(HeaderWriter header, IReadOnlyDictionary<string, string>? further)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in further ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            HeaderNames.Check(name);
            if (!seen.Add(name))
            {
                throw MailInput.Refuse($"Headers: {name} is given twice; case does not tell names apart.", "Give it once.");
            }

            CheckText(name, value ?? "");
            header.WriteText(name, (value ?? "").Trim(' ', '\t'), keepEncodedWords: true);
        }
    }

    private static Mailbox[] ReadMailboxes(string field, IReadOnlyList<string>? texts) =>
        texts is null ? [] : [.. texts.Select(text => ReadMailbox(field, text))];

    private static Mailbox ReadMailbox(string field, string? text) => Mailbox.TryParse(text, out var mailbox, out var error)
        ? mailbox
        : throw MailInput.Refuse(
            $"{field}: {MailInput.Quote(text ?? "")} cannot be used: {error}.",
            "Give one mailbox an entry, as a@contoso.com or Name <a@contoso.com>; a name with a comma in quotation marks.");

    private static void CheckText(string field, string value)
    {
        var error = MailInput.ControlCharacterIn(value, allowTab: true);
        if (error.Length > 0)
        {
            throw MailInput.Refuse(
                $"{field}: {MailInput.Quote(value)} cannot be used: {error}.",
                "A header field is one line of printable text; take the character out, or put the text into the body.");
        }
    }

    private static string NewMessageId(MailPath from, Func<int, byte[]> random)
    {
        var address = HeaderWriter.HeaderAddress(from);
        var domain = address[(address.LastIndexOf('@') + 1)..];
        return $"<{Convert.ToHexString(random(MessageIdBytes)).ToLowerInvariant()}@{domain}>";
    }

    // RFC 5322 §3.6.4, without its obsolete forms: no white space, no quoted parts, exactly one "@".
    private static string ReadMessageId(string text)
    {
        var id = text.StartsWith('<') && text.EndsWith('>') ? text[1..^1] : text;
        var parts = id.Split('@');
        var usable = parts.Length == 2 && parts.All(part => part.Length > 0)
            && id.Length < 250 && !id.AsSpan().ContainsAnyExceptInRange('!', '~') && !id.AsSpan().ContainsAny(NotInMessageId);
        return usable
            ? $"<{id}>"
            : throw MailInput.Refuse(
                $"MessageId: {MailInput.Quote(text)} is no message identifier.",
                "Give it as unique-part@domain in printable ASCII without spaces, shorter than 250 characters, or leave it out.");
    }
}
