using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SmtpTls.Mail;

/// <summary>
/// The bytes of a message that someone else wrote, ready to be sent: in memory or in a file, read when they are needed,
/// without the fields that may not go out and without a byte order mark.
/// </summary>
internal sealed class MessageSource : IDisposable
{
    /// <summary>Octets up to which a stream is kept in memory; beyond, it goes to a temporary file, so that memory does not grow with the message.</summary>
    internal const int MaximumInMemory = 1024 * 1024;

    private const int ChunkLength = 64 * 1024;

    private readonly Func<Stream> _open;
    private readonly IReadOnlyList<Omission> _omissions;
    private readonly FileStream? _temporary;

    private MessageSource(Func<Stream> open, MessageHeaders headers, IReadOnlyList<Omission> omissions, FileStream? temporary = null)
    {
        _open = open;
        _omissions = omissions;
        _temporary = temporary;
        Headers = headers;
    }

    /// <summary>The header as it was read, the fields that are left out among them.</summary>
    internal MessageHeaders Headers { get; }

    /// <summary>Octets that <see cref="OpenRead"/> will give.</summary>
    internal long Length { get; private set; }

    /// <summary>True where any of them is not ASCII.</summary>
    internal bool Is8Bit { get; private set; }

    public void Dispose() => _temporary?.Dispose();

    /// <summary>The bytes are not copied and may not change until the message is sent.</summary>
    /// <param name="message">The message.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="envelopeLines">Leave out the envelope that stands before the header, too (<see cref="HeaderNames.CountEnvelopeLines"/>).</param>
    internal static MessageSource FromBytes(ReadOnlyMemory<byte> message, string name, bool envelopeLines = false)
    {
        var mark = MarkLength(message.Span, name);
        var headers = MessageHeaders.Read(message.Span[mark..]);
        var source = new MessageSource(() => Memory(message), headers, Omissions(headers, mark, name, envelopeLines));
        var start = 0;
        foreach (var omission in source._omissions.Append(new Omission(message.Length, 0)))
        {
            source.Measure(message.Span[start..(int)omission.Offset]);
            start = (int)(omission.Offset + omission.Length);
        }

        return source;
    }

    /// <summary>A file is read where it is, while the message is sent. It may not change in between.</summary>
    internal static async Task<MessageSource> FromFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var full = Path.GetFullPath(path);
            var file = Open(full);
            await using (file.ConfigureAwait(false))
            {
                if (!file.CanSeek)
                {
                    return await FromStreamAsync(file, path, cancellationToken).ConfigureAwait(false);
                }
            }

            var seen = new FileInfo(full);
            var (length, written) = (seen.Length, seen.LastWriteTimeUtc);
            return await InspectAsync(() => OpenUnchanged(full, length, written), path, temporary: null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw MailInput.Refuse($"The message file {MailInput.Quote(path)} cannot be read: {cause.Message}", "Check the path, and that this account may read the file.", cause);
        }
    }

    /// <summary>A stream is read to its end here; it may be closed afterwards.</summary>
    internal static async Task<MessageSource> FromStreamAsync(Stream message, string name, CancellationToken cancellationToken, bool envelopeLines = false)
    {
        // One octet more than is there: that it stays free shows the end.
        var head = new byte[message.CanSeek ? (int)Math.Clamp(message.Length - message.Position + 1, 1, MaximumInMemory) : MaximumInMemory];
        var filled = await message.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (filled < head.Length)
        {
            var all = head.AsMemory(0, filled).ToArray();
            return FromBytes(all, name, envelopeLines);
        }

        var temporary = CreateTemporary();
        try
        {
            await temporary.WriteAsync(head, cancellationToken).ConfigureAwait(false);
            await message.CopyToAsync(temporary, cancellationToken).ConfigureAwait(false);
            await temporary.FlushAsync(cancellationToken).ConfigureAwait(false);
            return await InspectAsync(() => Open(temporary.Name), name, temporary, cancellationToken, envelopeLines).ConfigureAwait(false);
        }
        catch
        {
            await temporary.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The bytes to send, from their begin; the caller disposes of the stream.</summary>
    /// <exception cref="SmtpException">The file is gone, has changed, or may not be read any longer.</exception>
    internal Stream OpenRead()
    {
        try
        {
            return _omissions.Count == 0 ? _open() : new SplicedStream(_open(), _omissions);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw MailInput.Refuse($"The message cannot be read any longer: {cause.Message}", "Keep its file, in the folder for temporary files too, until it is sent.", cause);
        }
    }

    private static async Task<MessageSource> InspectAsync(
        Func<Stream> open, string name, FileStream? temporary, CancellationToken cancellationToken, bool envelopeLines = false)
    {
        int mark;
        MessageHeaders headers;
        var stream = open();
        await using (stream.ConfigureAwait(false))
        {
            var start = new byte[Encoding.UTF8.Preamble.Length];
            var read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            mark = MarkLength(start.AsSpan(0, read), name);
            stream.Position = mark;
            headers = await MessageHeaders.ReadAsync(stream, cancellationToken).ConfigureAwait(false);
        }

        var source = new MessageSource(open, headers, Omissions(headers, mark, name, envelopeLines), temporary);
        var content = source.OpenRead();
        await using (content.ConfigureAwait(false))
        {
            var buffer = new byte[ChunkLength];
            for (int read; (read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                source.Measure(buffer.AsSpan(0, read));
            }
        }

        return source;
    }

    // A byte order mark is an editor's, never the message's: that of UTF-8 is passed over, that of UTF-16 tells that this is no mail.
    private static int MarkLength(ReadOnlySpan<byte> start, string name)
    {
        if (start.StartsWith(Encoding.Unicode.Preamble) || start.StartsWith(Encoding.BigEndianUnicode.Preamble))
        {
            throw MailInput.Refuse(
                $"{name} is text in UTF-16, not a mail message.", "Save it without conversion, or as ASCII or UTF-8; Windows PowerShell's '>' writes UTF-16.");
        }

        return start.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
    }

    private static List<Omission> Omissions(MessageHeaders headers, int mark, string name, bool envelopeLines)
    {
        if (!headers.IsComplete)
        {
            throw MailInput.Refuse(
                string.Create(CultureInfo.InvariantCulture, $"{name}: the header is longer than {MessageHeaders.MaximumBytes} octets or {MessageHeaders.MaximumFields} fields."),
                "A hidden Bcc field could stand behind that, so the message is not sent. Is this a mail message at all?");
        }

        if (headers.HasStrayBlindCopy)
        {
            throw MailInput.Refuse(
                $"{name}: a Bcc field stands behind a line that is no header field, so it cannot be left out safely.",
                "Take that line out (a first line \"From …\" is a mailbox file's, not the message's), or put the blank line that ends the header before it.");
        }

        var envelope = envelopeLines ? HeaderNames.CountEnvelopeLines(headers.Fields) : 0;
        var omissions = headers.Fields
            .Where((field, index) => index < envelope || HeaderNames.IsBlindCopy(field.Name))
            .Select(field => new Omission(mark + field.Offset, field.Length));
        return [.. mark > 0 ? omissions.Prepend(new Omission(0, mark)) : omissions];
    }

    private void Measure(ReadOnlySpan<byte> content)
    {
        Length += content.Length;
        Is8Bit = Is8Bit || !Ascii.IsValid(content);
    }

    private static FileStream Open(string path) =>
        new(path, new FileStreamOptions
        {
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        });

    private static FileStream OpenUnchanged(string path, long length, DateTime written)
    {
        var now = new FileInfo(path);
        return now.Exists && now.Length == length && now.LastWriteTimeUtc == written
            ? Open(path)
            : throw MailInput.Refuse($"The message file {MailInput.Quote(path)} has changed since it was looked at.", "Let its writer finish, then send again.");
    }

    private static MemoryStream Memory(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    // Deleted when it is closed; readable by this account alone.
    private static FileStream CreateTemporary()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(Path.Combine(Path.GetTempPath(), $"smtptls-{Path.GetRandomFileName()}.eml"), options);
    }
}
