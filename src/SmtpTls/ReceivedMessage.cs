using System.Globalization;
using System.Text;
using SmtpTls.Mail;
using SmtpTls.Net;
using SmtpTls.Protocol;

namespace SmtpTls;

/// <summary>A message that a listener received: its envelope, how it came, and its bytes.</summary>
public sealed class ReceivedMessage : IDisposable
{
    // Where the subject is looked for: headers of real mail end well before.
    private const int MaximumHeader = 64 * 1024;

    private readonly ReceivedMail _mail;
    private readonly Lazy<MessageHeaders> _headers;

    internal ReceivedMessage(ReceivedMail mail, DateTimeOffset receivedAt)
    {
        _mail = mail;
        ReceivedAt = receivedAt;
        From = mail.Envelope.ReversePath.Address;
        Recipients = mail.Envelope.Recipients
            .Select(r => new ReceivedRecipient(r.Path.Address) { Notify = r.Parameters.Notify, OriginalRecipient = r.Parameters.OriginalRecipient })
            .ToArray();
        To = Recipients.Select(r => r.Recipient).ToArray();
        Size = mail.Body.Length;
        _headers = new Lazy<MessageHeaders>(ReadHeaders);
    }

    /// <summary>The name under which the sink took it; the client read it in the reply to the message.</summary>
    public string Id { get; internal set; } = "";

    /// <summary>When its last byte arrived.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>The reverse-path of the envelope, without angle brackets; empty for the null reverse-path.</summary>
    public string From { get; }

    /// <summary>The recipients of the envelope.</summary>
    public IReadOnlyList<string> To { get; }

    /// <summary>The recipients of the envelope, with what the sender wants to hear of each.</summary>
    public IReadOnlyList<ReceivedRecipient> Recipients { get; }

    /// <summary>What the sender wants back on failure (RFC 3461 §4.3); <see cref="DsnReturn.Unspecified"/> where the listener does not offer DSN.</summary>
    public DsnReturn Return => _mail.Envelope.Parameters.Return;

    /// <summary>The envelope id (RFC 3461 §4.4, ENVID) as it was given, in xtext, or null.</summary>
    public string? EnvelopeId => _mail.Envelope.Parameters.EnvelopeId;

    /// <summary>True where a byte of it has its high bit set, whatever BODY said (RFC 6152).</summary>
    public bool HasEightBit => _mail.Body.HasEightBit;

    /// <summary>True where it was sent with SMTPUTF8 (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 => _mail.Envelope.Parameters.SmtpUtf8;

    /// <summary>
    /// How it was transmitted, as trace headers name it: <c>SMTP</c>, <c>ESMTP</c>, <c>ESMTPS</c>, <c>ESMTPA</c>, <c>ESMTPSA</c>
    /// (RFC 3848), and <c>UTF8SMTP</c> in the place of ESMTP where it was sent with SMTPUTF8 (RFC 6531 §4.3).
    /// </summary>
    public string Protocol => TransmissionType.Of(_mail.Session.IsExtended, NeedsSmtpUtf8, Tls is not null, User is not null);

    /// <summary>The Subject header, decoded; empty where there is none.</summary>
    public string Subject => _headers.Value.Subject ?? "";

    /// <summary>Bytes of header and body, as stored: without stuffed dots.</summary>
    public long Size { get; }

    /// <summary>What the client called itself in EHLO.</summary>
    public string? HelloName => _mail.Session.HelloName;

    /// <summary>The user that authenticated, or null.</summary>
    public string? User => _mail.Session.User;

    /// <summary>The certificate that the client showed, or null where it was not asked or showed none.</summary>
    public PresentedClientCertificate? ClientCertificate => _mail.Session.ClientCertificate;

    /// <summary>SHA-256 over that certificate in hexadecimal, or null.</summary>
    public string? ClientCertificateSha256 => ClientCertificate?.Certificate.Sha256;

    /// <summary>The client's address and port.</summary>
    public string RemoteEndPoint => _mail.Session.Remote.ToString();

    /// <summary>The address and port that it connected to.</summary>
    public string LocalEndPoint => _mail.Session.Local.ToString();

    /// <summary>The TLS session that it came through, or null where it came in plain text.</summary>
    public TlsEvidence? Tls => _mail.Session.Tls;

    /// <summary>The bytes, from the beginning. Close the stream before the message is disposed.</summary>
    public Stream OpenRead() => _mail.Body.OpenRead();

    /// <summary>Header and body as text: UTF-8, with a replacement character for what is none.</summary>
    public string GetText()
    {
        using var reader = new StreamReader(OpenRead(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return reader.ReadToEnd();
    }

    /// <summary>Writes the bytes to a new file and flushes them to disk.</summary>
    /// <param name="path">A file that does not exist yet.</param>
    /// <param name="cancellationToken">Ends the writing; the file may be there in part.</param>
    public async Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, MessageSpool.FurtherBlock, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            var content = OpenRead();
            await using (content.ConfigureAwait(false))
            {
                await content.CopyToAsync(file, MessageSpool.FurtherBlock, cancellationToken).ConfigureAwait(false);
            }

            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>Id, envelope and subject in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id} <{From}> to {string.Join(", ", To)}: {Subject}");

    /// <summary>Gives the memory or the temporary file back.</summary>
    public void Dispose() => _mail.Dispose();

    private MessageHeaders ReadHeaders()
    {
        var start = new byte[(int)Math.Min(Size, MaximumHeader)];
        var length = 0;
        using var content = OpenRead();
        while (length < start.Length && content.Read(start.AsSpan(length)) is var read and > 0)
        {
            length += read;
        }

        return MessageHeaders.Read(start.AsSpan(0, length));
    }
}
