using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace SmtpTls.Protocol;

/// <content>The commands of a mail transaction: MAIL, RCPT, BDAT.</content>
internal sealed partial class ServerDialogue
{
    // What speaks against any transaction here and now; empty where nothing does. These conditions hold on loopback too,
    // where STARTTLS may be withheld: what was required must not be had by another door.
    private ReadOnlySpan<byte> RefusalOfMail() =>
        profile.RequireAuthentication && User is null ? Need(
            "530 5.7.0 Authentication required\r\n"u8,
            "530 5.7.0 Authentication required; say STARTTLS first\r\n"u8,
            "530 5.7.0 Authentication required, and this connection cannot have the TLS that AUTH needs\r\n"u8)
        : profile.RequireClientCertificate && !_hasClientCertificate ? Need(
            "530 5.7.0 A client certificate is required, and none was shown in the handshake\r\n"u8,
            "530 5.7.0 A client certificate is required; say STARTTLS and show one in the handshake\r\n"u8,
            "530 5.7.0 A client certificate is required, and this connection cannot have the TLS that carries it\r\n"u8)
        : default;

    private ReadOnlySpan<byte> Need(ReadOnlySpan<byte> inTls, ReadOnlySpan<byte> beforeTls, ReadOnlySpan<byte> withoutTls) =>
        _isTls ? inTls : offer == StartTlsOffer.Offered ? beforeTls : withoutTls;

    private OfferedParameters Offered =>
        (profile.OffersDsn ? OfferedParameters.Dsn : OfferedParameters.None)
        | (profile.OffersAuthentication && _isTls ? OfferedParameters.Auth : OfferedParameters.None);

    private ServerAction Mail(ReadOnlySpan<byte> argument, IBufferWriter<byte> output)
    {
        if (!TryPath(argument, "FROM:"u8, MailParameters.HasSmtpUtf8(argument), output, out var path, out var rest))
        {
            return CountError(output);
        }

        if (path!.Domain.Length == 0 && path.Address.Length > 0)
        {
            // <postmaster> without a domain is a recipient only (RFC 5321 §4.1.1.3).
            return Error(output, "501 5.1.7 Bad address: it has no domain\r\n"u8);
        }

        if (!MailParameters.TryParse(rest, Offered, out var parameters, out var error))
        {
            return Error(output, error);
        }

        if (parameters.Size > profile.Limits.MaximumMessageSize)
        {
            return Error(output, FormattableString.Invariant(
                $"552 5.3.4 The message is larger than the {profile.Limits.MaximumMessageSize} octets accepted here"));
        }

        Envelope = new ReceivedEnvelope(path, parameters);
        State = SessionState.Sender;
        return Say(output, "250 2.1.0 Ok\r\n"u8);
    }

    private ServerAction Rcpt(ReadOnlySpan<byte> argument, IBufferWriter<byte> output)
    {
        if (Envelope!.Recipients.Count >= profile.Limits.MaximumRecipients)
        {
            // RFC 5321 §4.5.3.1.10: 452, and the client sends the rest in another transaction. Not counted as an
            // error: an honest client with a long list would be thrown out.
            return Say(output, "452 4.5.3 Too many recipients; send the rest in another transaction\r\n"u8);
        }

        if (!TryPath(argument, "TO:"u8, Envelope.Parameters.SmtpUtf8, output, out var path, out var rest))
        {
            return CountError(output);
        }

        if (!RecipientParameters.TryParse(rest, Offered, Envelope.Parameters.SmtpUtf8, out var parameters, out var error))
        {
            return Error(output, error);
        }

        if (path!.Address.Length == 0)
        {
            return Error(output, "550 5.1.3 The null path is no recipient\r\n"u8);
        }

        if (mayReceive?.Invoke(path.Address) is { } refusal)
        {
            ReplyFormat.Write(output, refusal);
            return CountError(output);
        }

        Envelope.Add(path, parameters);
        State = SessionState.Recipients;
        return Say(output, "250 2.1.5 Ok\r\n"u8);
    }

    // "FROM:<path> parameters". On false the reply is written.
    private static bool TryPath(
        ReadOnlySpan<byte> argument, ReadOnlySpan<byte> keyword, bool smtpUtf8, IBufferWriter<byte> output,
        out MailPath? path, out ReadOnlySpan<byte> rest)
    {
        path = null;
        rest = default;
        if (argument.Length < keyword.Length || !Ascii.EqualsIgnoreCase(argument[..keyword.Length], keyword))
        {
            ReplyFormat.Write(output, 501, new EnhancedStatusCode(5, 5, 4),
                $"Syntax: {(keyword.Length == 5 ? "MAIL FROM" : "RCPT TO")}:<address>");
            return false;
        }

        // A blank behind the colon is not in the grammar, but common; RFC 5321 §4.1.1.2 is strict about it, clients are not.
        var text = argument[keyword.Length..].TrimStart((byte)' ');
        if (!MailPath.TryParseWire(text, smtpUtf8, out path, out var consumed, out var error))
        {
            var enhanced = keyword.Length == 5 ? new EnhancedStatusCode(5, 1, 7) : new EnhancedStatusCode(5, 1, 3);
            ReplyFormat.Write(output, 501, enhanced, $"Bad address: {error}");
            return false;
        }

        rest = text[consumed..];
        if (!rest.IsEmpty && rest[0] != (byte)' ')
        {
            ReplyFormat.Write(output, 501, new EnhancedStatusCode(5, 5, 4), "A blank must stand between address and parameters");
            return false;
        }

        return true;
    }

    // Also where BDAT is out of order its octets follow, and must be read past (RFC 3030 §2).
    private ServerAction Bdat(ReadOnlySpan<byte> argument, ReadOnlySpan<byte> refusal, IBufferWriter<byte> output)
    {
        if (!TryChunk(argument, out var size, out var last))
        {
            // Where the next command begins is unknown: the session cannot go on.
            output.Write("501 5.5.4 Syntax: BDAT octets [LAST]; closing\r\n"u8);
            return Closed();
        }

        if (size / ServerProfile.PatienceWithTooLarge > profile.Limits.MaximumMessageSize)
        {
            output.Write("552 5.3.4 The chunk is far larger than any message accepted here; closing\r\n"u8);
            return Closed();
        }

        ChunkSize = size;
        if (!refusal.IsEmpty)
        {
            return Error(output, refusal) == ServerAction.Close ? ServerAction.Close : ServerAction.DiscardChunk;
        }

        _lastChunk = last;
        State = SessionState.Chunks;
        return ServerAction.ReceiveChunk;
    }

    private static bool TryChunk(ReadOnlySpan<byte> argument, out long size, out bool last)
    {
        last = false;
        if (!Utf8Parser.TryParse(argument, out size, out var consumed) || size < 0 || argument[0] is < (byte)'0' or > (byte)'9')
        {
            return false;
        }

        var rest = argument[consumed..].Trim((byte)' ');
        last = Ascii.EqualsIgnoreCase(rest, "LAST"u8);
        return last || rest.IsEmpty;
    }
}
