using System.Buffers;

namespace SmtpTls.Mail;

/// <summary>Names of header fields: which are well formed, and which the composer alone writes.</summary>
internal static class HeaderNames
{
    /// <summary>A name that leaves room for a value on a line of 78 characters.</summary>
    internal const int MaximumLength = 76;

    // RFC 5322 §3.2.3.
    private static readonly SearchValues<char> AtomText = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~");

    /// <summary>Fields that the composer writes, with the property they are made from.</summary>
    private static readonly Dictionary<string, string> Composed = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Date"] = nameof(MailContent.Date),
        ["From"] = nameof(MailContent.From),
        ["To"] = nameof(MailContent.To),
        ["Cc"] = nameof(MailContent.Cc),
        ["Reply-To"] = nameof(MailContent.ReplyTo),
        ["Subject"] = nameof(MailContent.Subject),
        ["Message-ID"] = nameof(MailContent.MessageId),
        ["MIME-Version"] = nameof(MailContent.TextBody),
        ["Content-Type"] = nameof(MailContent.TextBody),
        ["Content-Transfer-Encoding"] = nameof(MailContent.TextBody),
    };

    internal static bool IsAtom(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(AtomText);

    /// <summary>A field that tells others of a hidden recipient; it never goes out (RFC 5322 §3.6.3).</summary>
    internal static bool IsBlindCopy(string name) =>
        name.Equals("Bcc", StringComparison.OrdinalIgnoreCase) || name.Equals("Resent-Bcc", StringComparison.OrdinalIgnoreCase);

    /// <summary>How many fields at the very beginning are an envelope (X-Sender, X-Receiver), as the pickup folders of IIS and Exchange take it.</summary>
    internal static int CountEnvelopeLines(IReadOnlyList<HeaderField> fields) => fields.TakeWhile(f => IsEnvelopeSender(f.Name) || IsEnvelopeRecipient(f.Name)).Count();

    internal static bool IsEnvelopeSender(string name) => name.Equals("X-Sender", StringComparison.OrdinalIgnoreCase);

    internal static bool IsEnvelopeRecipient(string name) => name.Equals("X-Receiver", StringComparison.OrdinalIgnoreCase);

    /// <summary>RFC 5322 §3.6.8, ftext: printable ASCII except the colon.</summary>
    internal static bool IsWellFormed(ReadOnlySpan<char> name) => name.Length > 0 && !name.ContainsAnyExceptInRange('!', '~') && !name.Contains(':');

    /// <summary>Refuses a name that a caller may not add.</summary>
    internal static void Check(string name)
    {
        if (!IsWellFormed(name) || name.Length > MaximumLength)
        {
            throw MailInput.Refuse(
                $"Headers: {MailInput.Quote(name)} is no name of a header field.",
                $"A name is 1 to {MaximumLength} printable ASCII characters without space and colon (RFC 5322 §3.6.8).");
        }

        if (IsBlindCopy(name))
        {
            throw MailInput.Refuse($"Headers: {name} would show the hidden recipients to everyone.", "Give them as bcc: they belong into the envelope alone.");
        }

        if (Composed.TryGetValue(name, out var property))
        {
            throw MailInput.Refuse($"Headers: {name} is written from the property {property} and cannot be given twice.", $"Set {property} instead.");
        }
    }
}
