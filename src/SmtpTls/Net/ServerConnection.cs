using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Net;

/// <summary>
/// One client's connection: carries bytes between the socket and the <see cref="ServerDialogue"/>, does the handshake
/// when the dialogue says so, and hands messages over. Decides nothing about SMTP.
/// </summary>
internal sealed partial class ServerConnection : IDisposable
{
    // One read takes in a command or a pipelined batch; while a connection idles, this is what it holds.
    private const int CommandBuffer = 4 * 1024;

    // Replies to a pipelined batch are collected up to this size before they go out.
    private const int ReplyBatch = 16 * 1024;

    // How far a command line that is too long is read past before the client is taken for one that never ends it.
    private const int LongestSkippedLine = 256 * 1024;

    // Of what a client showed, in a line of the log.
    private const int LongestCertificateInLog = 400;

    // A goodbye is said only if the client takes it at once.
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly ListenerContext _context;
    private readonly SessionDeadline _deadline;
    private readonly ServerDialogue _dialogue;
    private readonly InputBuffer _input = new();
    private readonly OutputBuffer _output = new();
    private Stream _stream;
    private MessageReceiver? _receiver;
    private SessionFacts _facts;
    private bool _isTls;
    private long _skipped;
    private volatile bool _stopping;

    public ServerConnection(Socket socket, ListenerContext context, SessionDeadline deadline)
    {
        _socket = socket;
        _context = context;
        _deadline = deadline;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _facts = new SessionFacts((IPEndPoint)socket.RemoteEndPoint!, (IPEndPoint)socket.LocalEndPoint!);
        _dialogue = new ServerDialogue(context.Profile, context.Offer(socket), context.RequireTls, context.RecipientPolicy is null ? null : MayReceive);
    }

    public IPEndPoint Remote => _facts.Remote;

    private ListenerLimits Limits => _context.Profile.Limits;

    /// <summary>Serves the client to the end of the session. Does not throw for anything that a client does.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (_context.Mode == TlsMode.Implicit)
            {
                await HandshakeAsync().ConfigureAwait(false);
                _dialogue.TlsEstablished(_facts.ClientCertificate is not null);
            }

            _dialogue.Greet(_output);
            await ServeAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_deadline.Interruption != Interruption.None)
        {
            await SayGoodbyeAsync().ConfigureAwait(false);
        }
        catch (AuthenticationException e)
        {
            _context.Report(ListenerEventKind.TlsFailed, Remote, $"The TLS handshake failed: {HandshakeFailureText.Describe(e)}", FindingCode.HandshakeFailed);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            _context.Report(ListenerEventKind.SessionAborted, Remote,
                $"The connection was lost while {SessionStateTable.Phrase(_dialogue.State)}: {e.Message}", FindingCode.ConnectionLost);
        }
    }

    /// <summary>Ends the session with 421 as soon as no message is under way.</summary>
    public void Stop()
    {
        _stopping = true;

        // The session ends a transaction and then looks at the flag; here it is the other way round. One of the two sees.
        Interlocked.MemoryBarrier();
        if (!_dialogue.IsInTransaction)
        {
            _deadline.Interrupt(Interruption.Stopping);
        }
    }

    /// <summary>
    /// Cuts the connection off as it is; the session notices and ends. Only the socket is closed here: buffers are the
    /// session's, which may be in the middle of writing to them.
    /// </summary>
    public void Abort() => _socket.Dispose();

    /// <summary>Gives everything back, after the session has ended.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        _deadline.Dispose();
        _receiver?.Dispose();
        _input.Dispose();
        _output.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            ServerAction action;
            while (!TryAnswer(out action))
            {
                if (!await ReceiveCommandAsync().ConfigureAwait(false))
                {
                    ReportEnd();
                    return;
                }
            }

            switch (action)
            {
                case ServerAction.Continue:
                    DropAbandonedMessage();
                    break;
                case ServerAction.StartTls:
                    action = await StartTlsAsync().ConfigureAwait(false);
                    break;
                case ServerAction.Authenticate:
                    action = await AuthenticateAsync().ConfigureAwait(false);
                    break;
                case ServerAction.Close:
                    break;
                default:
                    action = await ReceiveMessageAsync(action).ConfigureAwait(false);
                    break;
            }

            if (action == ServerAction.Close)
            {
                if (_dialogue.Complaint is { } complaint)
                {
                    _context.Report(ListenerEventKind.SessionAborted, Remote, $"{complaint}; the session was ended");
                }

                await FlushAsync().ConfigureAwait(false);
                await EndTlsAsync(_deadline.WriteToken).ConfigureAwait(false);
                return;
            }

            if (_output.Length >= ReplyBatch)
            {
                await FlushAsync().ConfigureAwait(false);
            }
        }
    }

    // Answers the next whole line in the buffer, or a request to stop; false where there is neither.
    private bool TryAnswer(out ServerAction action)
    {
        action = ServerAction.Continue;
        Interlocked.MemoryBarrier();
        if (_stopping && !_dialogue.IsInTransaction)
        {
            // Asked to stop in the middle of a message that has come to its end by now: its reply goes out before the 421.
            action = _dialogue.Shutdown(new EnhancedStatusCode(4, 3, 2), "is stopping; come back later", _output);
            return true;
        }

        var unread = _input.Unread;
        var end = unread.IndexOf((byte)'\n');
        if (end < 0)
        {
            if (unread.Length >= _dialogue.MaximumLine)
            {
                // The rest of the line is read past, and answered once: RFC 5321 §4.5.3.1.4.
                _skipped += unread.Length;
                _input.Consume(unread.Length);
                if (_skipped > LongestSkippedLine)
                {
                    action = _dialogue.LineWithoutEnd(_output);
                    return true;
                }
            }

            return false;
        }

        action = _skipped > 0 || end + 1 > _dialogue.MaximumLine ? _dialogue.LineTooLong(_output)
            : end > 0 && unread[end - 1] == (byte)'\r' ? _dialogue.Accept(unread[..(end - 1)], _output)
            : _dialogue.BareLineFeed(_output);
        _skipped = 0;
        if (action == ServerAction.Authenticate)
        {
            // The buffer is lent to others after this session; a password is not.
            unread[..end].Clear();
        }

        _input.Consume(end + 1);
        return true;
    }

    // Sends what is to be sent and waits for more of a command. False at the end of the stream.
    private async ValueTask<bool> ReceiveCommandAsync()
    {
        var answered = !_output.IsEmpty;
        await FlushAsync().ConfigureAwait(false);
        if (answered || (_input.IsEmpty && _skipped == 0))
        {
            // Set once a command, not once a read: a trickle does not keep a session open.
            _deadline.Set(SessionStateTable.Timeout(_dialogue.State, Limits));
        }

        if (_isTls && _input.IsEmpty)
        {
            // A read of nothing waits for a TLS record without holding buffers for one, here and in SslStream.
            _input.Shrink(CommandBuffer);
            await _stream.ReadAsync(Memory<byte>.Empty, _deadline.Token).ConfigureAwait(false);
        }

        return await ReceiveAsync(Math.Max(CommandBuffer, _dialogue.MaximumLine + 1)).ConfigureAwait(false);
    }

    private async ValueTask<bool> ReceiveAsync(int capacity)
    {
        var received = await _stream.ReadAsync(_input.Room(capacity), _deadline.Token).ConfigureAwait(false);
        _input.Received(received);
        return received > 0;
    }

    private async ValueTask FlushAsync()
    {
        if (_output.IsEmpty)
        {
            return;
        }

        _deadline.Set(Limits.WriteTimeout);
        await _stream.WriteAsync(_output.Written, _deadline.WriteToken).ConfigureAwait(false);
        _output.Clear();
    }

    private async Task<ServerAction> StartTlsAsync()
    {
        if (!_input.IsEmpty)
        {
            _context.Report(ListenerEventKind.TlsFailed, Remote,
                "Plain text followed STARTTLS before the handshake; the session was ended", FindingCode.StartTlsInjection);
            _output.Clear();
            return _dialogue.InjectionBeforeTls(_output);
        }

        await FlushAsync().ConfigureAwait(false);
        await HandshakeAsync().ConfigureAwait(false);
        _dialogue.TlsEstablished(_facts.ClientCertificate is not null);
        return ServerAction.Continue;
    }

    private async Task HandshakeAsync()
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        _deadline.Set(Limits.HandshakeTimeout);
        var certificate = await _context.Handshake!(tls, _deadline.Token).ConfigureAwait(false);
        _isTls = true;
        _facts = _facts with
        {
            ClientCertificate = certificate,
            Tls = new TlsEvidence
            {
                Mode = _context.Mode,
                Protocol = TlsProtocolName.Of(tls.SslProtocol),
                CipherSuite = tls.NegotiatedCipherSuite.ToString(),
                ServerNameIndication = string.IsNullOrEmpty(tls.TargetHostName) ? null : tls.TargetHostName,
                PeerThumbprint = certificate?.Certificate.Thumbprint,
                PeerSha256 = certificate?.Certificate.Sha256,
            },
        };
        _context.Report(ListenerEventKind.TlsEstablished, Remote,
            $"{_facts.Tls.Protocol} with {_facts.Tls.CipherSuite}{(certificate is null ? "" : $", client certificate {Printable.Line(certificate.ToString(), LongestCertificateInLog)}")}");
    }

    // RFC 8446 §6.1: close_notify before the connection is closed, or a careful client takes the end for an attack.
    private Task EndTlsAsync(CancellationToken cancellationToken) =>
        _stream is SslStream { IsAuthenticated: true } tls ? tls.ShutdownAsync().WaitAsync(cancellationToken) : Task.CompletedTask;

    private async Task<ServerAction> ReceiveMessageAsync(ServerAction action)
    {
        _receiver ??= new MessageReceiver(_context, _dialogue, _input, _output, _deadline, FlushAsync, ReceiveAsync);
        var next = await _receiver.ReceiveAsync(action, Facts()).ConfigureAwait(false);
        _input.Shrink(CommandBuffer);
        return next;
    }

    private SessionFacts Facts() => _facts with { HelloName = _dialogue.HelloName, IsExtended = _dialogue.IsExtended, User = _dialogue.User };

    // RSET or EHLO between chunks: what has arrived will never be a message, and need not be held while the session lasts.
    private void DropAbandonedMessage()
    {
        if (!_dialogue.IsInTransaction)
        {
            _receiver?.Dispose();
        }
    }

    // RFC 5321 §3.8: 421 before the server closes on its own account.
    private async Task SayGoodbyeAsync()
    {
        var timedOut = _deadline.Interruption == Interruption.TimedOut;
        var phrase = SessionStateTable.Phrase(_dialogue.State);
        _context.Report(ListenerEventKind.SessionAborted, Remote,
            timedOut ? $"Timed out while {phrase}" : "The listener is stopping", timedOut ? FindingCode.TimedOut : null);

        // A handshake cannot be talked to, and a client that does not take a reply will not take another.
        if (_stream is SslStream { IsAuthenticated: false } || (timedOut && !_output.IsEmpty))
        {
            return;
        }

        // Replies that wait to go out go first: one of them may be the 250 of a message.
        _ = timedOut
            ? _dialogue.Shutdown(new EnhancedStatusCode(4, 4, 2), $"timed out while {phrase}", _output)
            : _dialogue.Shutdown(new EnhancedStatusCode(4, 3, 2), "is stopping; come back later", _output);
        using var patience = new CancellationTokenSource(GoodbyeTimeout, _context.Clock);
        try
        {
            await _stream.WriteAsync(_output.Written, patience.Token).ConfigureAwait(false);
            await EndTlsAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            _context.Report(ListenerEventKind.SessionAborted, Remote, $"The client did not take the 421: {e.Message}");
        }
    }

    private void ReportEnd()
    {
        if (_dialogue.IsInTransaction || !_input.IsEmpty)
        {
            _context.Report(ListenerEventKind.SessionAborted, Remote,
                $"The client closed the connection while {SessionStateTable.Phrase(_dialogue.State)}", FindingCode.ConnectionLost);
        }
    }
}
