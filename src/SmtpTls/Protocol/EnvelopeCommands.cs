using System.Globalization;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>
/// What is said of an envelope to a server, and why it cannot be said: which extensions the envelope needs, and which
/// parameters the server knows. A parameter goes only to a server that offers its extension (RFC 5321 §4.1.1.11).
/// </summary>
/// <param name="envelope">The envelope.</param>
/// <param name="offered">What the server offered.</param>
internal sealed class EnvelopeCommands(ClientEnvelope envelope, EhloResponse offered)
{
    private readonly bool _utf8 = NeedsSmtpUtf8(envelope);

    private readonly bool _dsn = offered.Has("DSN");

    /// <summary>
    /// True where the envelope cannot do without SMTPUTF8. Domains go out as A-labels wherever that is enough (RFC 6531
    /// §3.3 leaves the choice), so the extension is needed only for what has no ASCII form.
    /// </summary>
    public static bool NeedsSmtpUtf8(ClientEnvelope envelope) =>
        envelope.NeedsSmtpUtf8 || !envelope.From.TryToAscii(out _) || envelope.Recipients.Any(r => !r.Path.TryToAscii(out _));

    /// <summary>Why the envelope is not for this server; null where it is.</summary>
    public SmtpFailure? Objection(ClientFailures failures)
    {
        if (envelope.Recipients.Count == 0)
        {
            return failures.Make(FindingCode.InvalidInput, ClientState.RcptTo, "The message has no recipient; nothing was sent.", "Name at least one recipient.");
        }

        if (offered.MaximumSize is > 0 and var maximum && envelope.Size > maximum)
        {
            return failures.TooLarge(envelope.Size, maximum);
        }

        // Before the bytes of the message: those can be encoded otherwise, an address cannot.
        if (_utf8 && !offered.SmtpUtf8)
        {
            return failures.ExtensionMissing("SMTPUTF8", "an address or header of the message has no ASCII form (RFC 6531)",
                "Use addresses whose part before the @ is ASCII, or another server.");
        }

        return envelope.HasEightBit && !offered.EightBitMime
            ? failures.ExtensionMissing("8BITMIME", "the message holds 8-bit bytes (RFC 6152)",
                "Compose the message with a 7-bit transfer encoding (quoted-printable or base64).")
            : null;
    }

    public ClientCommand Mail()
    {
        var line = new StringBuilder("MAIL FROM:<").Append(OnTheWire(envelope.From)).Append('>');
        if (offered.Has("SIZE"))
        {
            line.Append(CultureInfo.InvariantCulture, $" SIZE={envelope.Size}");
        }

        if (envelope.HasEightBit)
        {
            line.Append(" BODY=8BITMIME");
        }

        if (_utf8)
        {
            line.Append(" SMTPUTF8");
        }

        if (_dsn && envelope.Return != DsnReturn.Unspecified)
        {
            line.Append(envelope.Return == DsnReturn.Full ? " RET=FULL" : " RET=HDRS");
        }

        if (_dsn && IsValue(envelope.EnvelopeId))
        {
            line.Append(" ENVID=").Append(envelope.EnvelopeId);
        }

        return new ClientCommand(line.ToString());
    }

    public ClientCommand Rcpt(ClientRecipient recipient)
    {
        var path = OnTheWire(recipient.Path);
        if (!_dsn || (recipient.Notify == DsnNotify.Unspecified && recipient.OriginalRecipient is null))
        {
            return new ClientCommand($"RCPT TO:<{path}>");
        }

        var line = new StringBuilder("RCPT TO:<").Append(path).Append('>');
        if (recipient.Notify != DsnNotify.Unspecified)
        {
            line.Append(" NOTIFY=").Append(Notify(recipient.Notify));
        }

        if (IsValue(recipient.OriginalRecipient))
        {
            line.Append(" ORCPT=").Append(recipient.OriginalRecipient);
        }

        return new ClientCommand(line.ToString());
    }

    private string OnTheWire(MailPath path) =>
        !_utf8 && path.TryToAscii(out var downgraded) ? downgraded.Address : path.Address;

    // NEVER stands alone (RFC 3461 §4.1).
    private static string Notify(DsnNotify notify)
    {
        if (notify.HasFlag(DsnNotify.Never))
        {
            return "NEVER";
        }

        (DsnNotify Flag, string Text)[] all = [(DsnNotify.Success, "SUCCESS"), (DsnNotify.Failure, "FAILURE"), (DsnNotify.Delay, "DELAY")];
        return string.Join(',', all.Where(n => notify.HasFlag(n.Flag)).Select(n => n.Text));
    }

    // An esmtp-value (RFC 5321 §4.1.2) as xtext or utf-8-addr-xtext leaves it. What came into the queue by another way than
    // SMTP may be none; it would turn the whole MAIL or RCPT into a syntax error.
    private static bool IsValue(string? text) => !string.IsNullOrEmpty(text) && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
