using System.Buffers;
using SmtpTls.Mail;
using SmtpTls.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Relay;

/// <summary>
/// A message that came as a file and not by SMTP, ready for the queue: with its envelope, without Bcc and byte order mark,
/// its lines ended with CRLF (RFC 5321 §2.3.8). Dispose of it once it is in the queue.
/// </summary>
internal sealed class MessageFile : IDisposable
{
    private const int BlockLength = 64 * 1024;

    private readonly MessageSpool _content;
    private readonly FileEnvelope _envelope;
    private readonly bool _isUtf8;

    private MessageFile(MessageSpool content, FileEnvelope envelope, bool isUtf8) => (_content, _envelope, _isUtf8) = (content, envelope, isUtf8);

    /// <summary>Reads a file to its end.</summary>
    /// <param name="file">The file. The caller closes it.</param>
    /// <param name="name">What to call it in messages: <c>The message file 'a.eml'</c>.</param>
    /// <param name="from">The reverse-path, empty for the null one; null: the file tells.</param>
    /// <param name="recipients">The recipients; null: the file tells.</param>
    /// <param name="maximumSize">Octets that it may have.</param>
    /// <param name="temporaryFolder">Where it goes meanwhile if it is too large for memory.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/> or <see cref="FindingCode.MessageTooLarge"/>: it cannot be queued as it is.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<MessageFile> ReadAsync(
        Stream file, string name, string? from, IEnumerable<string>? recipients, long maximumSize, string temporaryFolder, CancellationToken cancellationToken)
    {
        using var bounded = new BoundedStream(file, maximumSize, () => TooLarge(name, maximumSize));
        using var source = await MessageSource.FromStreamAsync(bounded, name, cancellationToken, envelopeLines: true).ConfigureAwait(false);
        if (source.Length == 0)
        {
            throw MailInput.Refuse($"{name} is empty.", "A message has at least a header (RFC 5322 §3.6): see why what should have written it wrote nothing.");
        }

        var envelope = FileEnvelope.Read(source.Headers, name, from, recipients);
        var content = new MessageSpool(MessageSource.MaximumInMemory, temporaryFolder);
        try
        {
            await CopyAsync(source, content, cancellationToken).ConfigureAwait(false);
            return new MessageFile(content, envelope, source.Headers.IsUtf8);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>The message as the intake takes it. Its content is this object's.</summary>
    /// <param name="kind">The door.</param>
    /// <param name="fileName">The file's name for the tracking log, or null.</param>
    /// <param name="receivedAt">When it was laid there.</param>
    public IntakeMessage Describe(MessageSourceKind kind, string? fileName, DateTimeOffset receivedAt) => new()
    {
        ReversePath = _envelope.From,
        Recipients = _envelope.Recipients,
        OpenContent = _content.OpenRead,
        Size = _content.Length,
        ReceivedAt = receivedAt,
        HasEightBit = _content.HasEightBit,
        NeedsSmtpUtf8 = _isUtf8 || _envelope.NeedsSmtpUtf8,
        Return = _envelope.Return,
        EnvelopeId = _envelope.EnvelopeId,
        Origin = new MessageOrigin { Kind = kind, Source = fileName },
    };

    public void Dispose() => _content.Dispose();

    private static async Task CopyAsync(MessageSource source, MessageSpool content, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BlockLength);
        var lines = new DotEncoder(chunk: true);
        var written = new ArrayBufferWriter<byte>(BlockLength);
        try
        {
            var stream = source.OpenRead();
            await using (stream.ConfigureAwait(false))
            {
                for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                {
                    lines.Encode(buffer.AsSpan(0, read), written);
                    await content.AppendAsync(written.WrittenMemory, cancellationToken).ConfigureAwait(false);
                    written.ResetWrittenCount();
                }
            }

            lines.Finish(written);
            await content.AppendAsync(written.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static SmtpException TooLarge(string name, long maximumSize) => new(new SmtpFailure
    {
        Code = FindingCode.MessageTooLarge,
        Message = FormattableString.Invariant($"{name} is larger than the {maximumSize} octets that are accepted here."),
        Advice = "Send less at a time, or raise the limit for messages.",
        Permanent = true,
    });
}
