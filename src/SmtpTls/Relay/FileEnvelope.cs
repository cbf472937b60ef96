using System.Text;
using SmtpTls.Mail;
using SmtpTls.Protocol;

namespace SmtpTls.Relay;

/// <summary>
/// The envelope of a message that came as a file: what the caller said, else the X-Sender and X-Receiver lines at its
/// very beginning (as IIS and Exchange took them, with the parameters of MAIL and RCPT behind the address), else its From or
/// Sender, and its To, Cc and Bcc.
/// </summary>
internal sealed record FileEnvelope
{
    private const string LineAdvice = "Write it as X-Sender: <user@contoso.com> or X-Receiver: <user@contoso.com>, a line each, before the header.";

    public required string From { get; init; }

    public required IReadOnlyList<IntakeRecipient> Recipients { get; init; }

    public bool NeedsSmtpUtf8 { get; private init; }

    public DsnReturn Return { get; private init; }

    public string? EnvelopeId { get; private init; }

    /// <summary>Finds the envelope.</summary>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: it is incomplete or cannot be read.</exception>
    public static FileEnvelope Read(MessageHeaders headers, string name, string? from, IEnumerable<string>? recipients)
    {
        var lines = headers.Fields.Take(HeaderNames.CountEnvelopeLines(headers.Fields)).ToArray();
        var said = new Dictionary<string, RecipientParameters>(StringComparer.Ordinal);
        var parameters = default(MailParameters);
        var named = new List<string>();
        foreach (var line in lines)
        {
            if (HeaderNames.IsEnvelopeSender(line.Name))
            {
                from ??= Sender(line, name, out parameters);
            }
            else
            {
                var address = Recipient(line, name, out var wanted);
                named.Add(address);
                said.TryAdd(address, wanted);
            }
        }

        recipients ??= named.Count > 0 ? named : null;
        var envelope = Envelope.For(headers, from, recipients);
        return new FileEnvelope
        {
            From = envelope.From.Address,
            NeedsSmtpUtf8 = envelope.NeedsSmtpUtf8,
            Return = parameters.Return,
            EnvelopeId = parameters.EnvelopeId,
            Recipients = envelope.Recipients
                .Select(path => said.TryGetValue(path.Address, out var wanted)
                    ? new IntakeRecipient(path.Address) { Notify = wanted.Notify, OriginalRecipient = wanted.OriginalRecipient }
                    : new IntakeRecipient(path.Address))
                .ToArray(),
        };
    }

    private static string Sender(HeaderField line, string name, out MailParameters parameters)
    {
        var address = Path(line, name, out var rest);
        return MailParameters.TryParse(rest, OfferedParameters.Dsn | OfferedParameters.Auth, out parameters, out var error)
            ? address
            : throw Unreadable(line, name, error);
    }

    private static string Recipient(HeaderField line, string name, out RecipientParameters parameters)
    {
        var address = Path(line, name, out var rest);
        return RecipientParameters.TryParse(rest, OfferedParameters.Dsn, smtpUtf8: true, out parameters, out var error)
            ? address
            : throw Unreadable(line, name, error);
    }

    // An address, in angle brackets or alone, and what follows it; the domain in A-labels, as the envelope has it.
    private static string Path(HeaderField line, string name, out ReadOnlySpan<byte> rest)
    {
        var text = line.Value;
        if (!text.StartsWith('<'))
        {
            var blank = text.IndexOf(' ', StringComparison.Ordinal);
            text = blank < 0 ? $"<{text}>" : $"<{text[..blank]}>{text[blank..]}";
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        if (!MailPath.TryParseWire(bytes, smtpUtf8: true, out var path, out var consumed, out var error))
        {
            throw Unreadable(line, name, error);
        }

        rest = bytes.AsSpan(consumed);
        return (path.TryToAscii(out var ascii) ? ascii : path).Address;
    }

    private static SmtpException Unreadable(HeaderField line, string name, string error) =>
        MailInput.Refuse($"{name}: the line {line.Name} cannot be read: {error}.", LineAdvice);
}
