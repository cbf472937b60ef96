using System.Security.Cryptography;
using SmtpTls.Mail;
using SmtpTls.Protocol;

namespace SmtpTls;

/// <summary>
/// A message to be sent: its envelope, and bytes that are read while it is sent. Addresses are checked here, before
/// anything is connected; how many recipients are too many is the server's to say.
/// </summary>
/// <remarks>
/// Bytes of a message that was not composed here go out as they are, so that DKIM signatures survive, with three
/// exceptions: Bcc and Resent-Bcc are left out (RFC 5322 §3.6.3), a UTF-8 byte order mark before the first field is left
/// out, and line ends become CRLF on the wire (RFC 5321 §2.3.8). Dispose of it to delete the temporary file that a long
/// stream was kept in.
/// </remarks>
public sealed class OutgoingMessage : IDisposable
{
    private readonly Envelope _envelope;
    private readonly MessageSource _source;

    private OutgoingMessage(Envelope envelope, MessageSource source)
    {
        _envelope = envelope;
        _source = source;
    }

    /// <summary>The reverse-path without angle brackets (RFC 5321 §4.1.1.2), its domain in A-labels; empty for the null reverse-path.</summary>
    public string From => _envelope.From.Address;

    /// <summary>The forward-paths without angle brackets, in the order given, none twice; domains in A-labels.</summary>
    public IReadOnlyList<string> Recipients => _envelope.Recipients.Select(recipient => recipient.Address).ToArray();

    /// <summary>The value of Message-ID with its angle brackets, or null where the message has none.</summary>
    public string? MessageId => _source.Headers.MessageId;

    /// <summary>The size in octets, for SIZE= (RFC 1870). Line ends that become CRLF on the wire are counted as they are here.</summary>
    public long Length => _source.Length;

    /// <summary>True where the content holds octets beyond ASCII, so that the server needs 8BITMIME (RFC 6152).</summary>
    public bool Is8Bit => _source.Is8Bit;

    /// <summary>True where an address of the envelope or a header field holds UTF-8, so that the server needs SMTPUTF8 (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 => _envelope.NeedsSmtpUtf8 || _source.Headers.IsUtf8;

    /// <summary>The reverse-path as it was read.</summary>
    internal MailPath ReversePath => _envelope.From;

    /// <summary>The forward-paths as they were read.</summary>
    internal IReadOnlyList<MailPath> ForwardPaths => _envelope.Recipients;

    /// <summary>Composes a message. The envelope is its From, its To and Cc, and <paramref name="bcc"/>.</summary>
    /// <param name="content">What the message says.</param>
    /// <param name="bcc">Recipients that stand in the envelope alone. Default: none.</param>
    /// <param name="from">Another reverse-path than the author, empty for the null reverse-path. Default: the address of From.</param>
    /// <param name="clock">Tells the date. Default: the system's clock.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: an address or a text cannot be used, or there is no recipient.</exception>
    public static OutgoingMessage Compose(MailContent content, IEnumerable<string>? bcc = null, string? from = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        var composed = MessageComposer.Compose(content, clock ?? TimeProvider.System, RandomNumberGenerator.GetBytes);
        return new OutgoingMessage(Envelope.For(composed, bcc, from), MessageSource.FromBytes(composed.Bytes, "The message"));
    }

    /// <summary>A message that is in memory. The bytes are not copied and may not change until it is sent.</summary>
    /// <param name="message">The message (RFC 5322) without dot-stuffing.</param>
    /// <param name="from">The reverse-path, empty for the null one. Default: the address of the From field; Sender's, where From has several.</param>
    /// <param name="recipients">The recipients. Default: those of the fields To, Cc and Bcc.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: the envelope is incomplete, or the header cannot be used.</exception>
    public static OutgoingMessage FromBytes(ReadOnlyMemory<byte> message, string? from = null, IEnumerable<string>? recipients = null) =>
        FromSource(MessageSource.FromBytes(message, "The message"), "The message", from, recipients);

    /// <summary>A message in a file, which is read while the message is sent and may not change until then.</summary>
    /// <param name="path">The file, commonly <c>.eml</c>: a message (RFC 5322), lines ended by CRLF or LF.</param>
    /// <param name="from">As at <see cref="FromBytes"/>.</param>
    /// <param name="recipients">As at <see cref="FromBytes"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: the file cannot be read, the envelope is incomplete, or the header cannot be used.</exception>
    public static async Task<OutgoingMessage> FromFileAsync(
        string path, string? from = null, IEnumerable<string>? recipients = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return FromSource(await MessageSource.FromFileAsync(path, cancellationToken).ConfigureAwait(false), $"The message file {MailInput.Quote(path)}", from, recipients);
    }

    /// <summary>A message from a stream, which is read to its end here: into memory up to 1 MiB, beyond that into a temporary file.</summary>
    /// <param name="message">As at <see cref="FromBytes"/>; the caller closes it.</param>
    /// <param name="from">As at <see cref="FromBytes"/>.</param>
    /// <param name="recipients">As at <see cref="FromBytes"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: the envelope is incomplete, or the header cannot be used.</exception>
    public static async Task<OutgoingMessage> FromStreamAsync(
        Stream message, string? from = null, IEnumerable<string>? recipients = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return FromSource(await MessageSource.FromStreamAsync(message, "The message", cancellationToken).ConfigureAwait(false), "The message", from, recipients);
    }

    /// <summary>The bytes to send from their begin, without dot-stuffing. May be called again, for another attempt; the caller disposes of the stream.</summary>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: the file has changed since it was looked at, or cannot be read any longer.</exception>
    public Stream OpenRead() => _source.OpenRead();

    /// <summary>Deletes the temporary file, where there is one.</summary>
    public void Dispose() => _source.Dispose();

    private static OutgoingMessage FromSource(MessageSource source, string name, string? from, IEnumerable<string>? recipients)
    {
        try
        {
            // Most often a program that failed in front of a pipe. Accepted by a server, it would look like success.
            if (source.Length == 0)
            {
                throw MailInput.Refuse($"{name} is empty.", "A message has at least a header (RFC 5322 §3.6): see why what should have written it wrote nothing.");
            }

            return new OutgoingMessage(Envelope.For(source.Headers, from, recipients), source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}
