using System.Text;

namespace SmtpTls.Mail;

/// <summary>
/// What goes back to the sender with a report: the message where it is small, plain and was asked for, else its header.
/// </summary>
internal sealed record ReturnedContent
{
    /// <summary>
    /// Bytes of a message that goes back whole. 256 KiB: a letter does, an attachment need not travel twice, and a report is held in
    /// memory (Postfix's bounce_size_limit is 50,000).
    /// </summary>
    internal const int MaximumWhole = 256 * 1024;

    /// <summary>Bytes of a header that go back. 64 KiB: headers of real mail end well before.</summary>
    internal const int MaximumHeader = 64 * 1024;

    private ReturnedContent(bool isWhole, byte[] bytes, string subject, string? messageId)
    {
        IsWhole = isWhole;
        Bytes = bytes;
        Subject = subject;
        MessageId = messageId;
    }

    /// <summary>True for header and body, false for the header alone.</summary>
    internal bool IsWhole { get; }

    /// <summary>The bytes; the whole is ASCII in lines of at most 998 octets.</summary>
    internal ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The message's subject, decoded.</summary>
    internal string Subject { get; }

    /// <summary>The Message-ID header's value, or null.</summary>
    internal string? MessageId { get; }

    /// <summary>Where the message cannot be read any more.</summary>
    internal static ReturnedContent None { get; } = new(isWhole: false, [], "", messageId: null);

    /// <summary>Reads as much as goes back.</summary>
    /// <param name="message">The message, at its beginning.</param>
    /// <param name="whole">True where the sender wants all of it (RFC 3461 §4.3); too much or 8-bit text goes back as the header alone.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal static async ValueTask<ReturnedContent> ReadAsync(Stream message, bool whole, CancellationToken cancellationToken)
    {
        var limit = whole ? MaximumWhole : MaximumHeader;
        var buffer = new byte[limit + 1];
        var filled = 0;
        while (filled < buffer.Length && await message.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false) is var read and > 0)
        {
            filled += read;
        }

        var bytes = buffer.AsMemory(0, filled);
        var headers = MessageHeaders.Read(bytes.Span);
        if (whole && filled <= limit && IsPlain(bytes.Span))
        {
            return new ReturnedContent(isWhole: true, bytes.ToArray(), headers.Subject, headers.MessageId);
        }

        var end = headers.Fields.Count == 0 ? 0 : headers.Fields[^1].Offset + headers.Fields[^1].Length;
        return new ReturnedContent(isWhole: false, bytes[..Math.Min(end, MaximumHeader)].ToArray(), headers.Subject, headers.MessageId);
    }

    // Fit for message/rfc822 with the encoding 7bit, which is the only one that every server can carry (RFC 2046 §5.2.1).
    private static bool IsPlain(ReadOnlySpan<byte> bytes)
    {
        if (!Ascii.IsValid(bytes) || bytes.Contains((byte)0))
        {
            return false;
        }

        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
            if ((end < 0 ? bytes.Length : end) > HeaderWriter.MaximumLineLength || (end >= 0 && !bytes[end..].StartsWith("\r\n"u8)))
            {
                return false;
            }

            bytes = end < 0 ? [] : bytes[(end + 2)..];
        }

        return true;
    }
}
