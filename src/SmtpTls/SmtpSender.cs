using SmtpTls.Dns;
using SmtpTls.Net;

namespace SmtpTls;

/// <summary>
/// Sends messages to a server over TLS and proves how it went. An instance keeps nothing from one message to the next
/// and may be used by several threads.
/// </summary>
public sealed class SmtpSender
{
    private readonly Dialer _dialer;
    private readonly SessionOpener _opener;
    private readonly TimeProvider _clock;

    /// <param name="resolver">Looks up the server's addresses. Null: the system does.</param>
    /// <param name="clock">Time-outs, timings and the validity of certificates go by it. Null: the system's.</param>
    public SmtpSender(IDnsResolver? resolver = null, TimeProvider? clock = null)
        : this(resolver ?? new SystemDnsResolver(), clock ?? TimeProvider.System, new TcpConnector())
    {
    }

    internal SmtpSender(IDnsResolver resolver, TimeProvider clock, IConnector connector)
    {
        _clock = clock;
        _dialer = new Dialer(resolver, connector, clock);
        _opener = new SessionOpener(_dialer, clock);
    }

    /// <summary>
    /// Sends one message to all its recipients. The server's addresses are tried in turn where one cannot be reached or
    /// refuses to talk; an answer about the message, or a certificate that does not hold, is final.
    /// </summary>
    /// <param name="options">Where to and how.</param>
    /// <param name="message">Envelope and content.</param>
    /// <param name="cancellationToken">Ends the sending at once, wherever it stands, unless the server has decided already.</param>
    /// <returns>
    /// Always a result: <see cref="SendResult.Failure"/> is null exactly where every recipient was accepted. Where some
    /// were, it is <see cref="FindingCode.RecipientRefused"/> and names the others.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<SendResult> SendAsync(SendOptions options, OutgoingMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        return options.Validate() is { } complaint
            ? new SendResult
            {
                Server = options.Server,
                Port = options.EffectivePort,
                From = message.From,
                Recipients = message.Recipients.Select(r => new RecipientResult(r, Accepted: false, Reply: null)).ToArray(),
                MessageId = message.MessageId,
                Failure = complaint,
            }
            : await new MessageSending(_opener, _dialer, _clock, options, message).RunAsync(cancellationToken).ConfigureAwait(false);
    }
}
