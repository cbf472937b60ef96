using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>
/// A client's connection: lines out, replies in, each within its time. It knows nothing of what is said; failures come
/// as <see cref="SmtpException"/>, the caller's cancellation as itself.
/// </summary>
internal sealed class ClientConnection : IAsyncDisposable
{
    // A TLS record's plain text (RFC 8446 §5.1); replies are far shorter.
    private const int ReadSize = 16 * 1024;

    // Message bytes to a write. Large enough that the system call and the TLS record cost little, small enough that
    // memory stays flat with many connections; also the "block" of the time-out (RFC 5321 §4.5.3.2.5).
    private const int BlockSize = 64 * 1024;

    private readonly ClientTimeouts _timeouts;
    private readonly TimeProvider _clock;
    private readonly PhaseClock _phases;
    private readonly Transcript _transcript;
    private readonly ConnectionFailures _failures;
    private readonly ReplyParser _parser = new();
    private readonly byte[] _input = ArrayPool<byte>.Shared.Rent(ReadSize);
    private Stream _stream;
    private readonly SecretScrubber? _scrubber;
    private Task? _watch;
    private bool _secretIsOut;
    private int _begin;
    private int _end;
    private bool _disposed;

    public ClientConnection(Stream stream, ClientPlan plan, ClientTimeouts timeouts, TimeProvider clock, PhaseClock phases, Transcript transcript)
    {
        _stream = stream;
        _timeouts = timeouts;
        _clock = clock;
        _phases = phases;
        _transcript = transcript;
        _failures = new ConnectionFailures(plan);
        _scrubber = plan.Credential is null ? null : new SecretScrubber(plan.Credential);
    }

    /// <summary>True where bytes have been received that nobody has asked for yet.</summary>
    public bool HasUnreadInput => _begin < _end;

    /// <summary>True where nothing has come since <see cref="Watch"/>, neither a word nor the end of the connection.</summary>
    public bool IsQuiet => !HasUnreadInput && _watch is { IsCompleted: false };

    /// <summary>
    /// Begins to wait for anything that a server may do to a session that nobody uses: say 421, or hang up. Nothing is
    /// read by it; the next reply is read as ever.
    /// </summary>
    public void Watch() => _watch ??= _stream.ReadAsync(Memory<byte>.Empty, CancellationToken.None).AsTask();

    /// <summary>Sends lines in one write, and right behind them a chunk of message where there is one.</summary>
    public async Task WriteAsync(IReadOnlyList<ClientCommand> commands, ReadOnlyMemory<byte> chunk, ClientState state, CancellationToken cancellationToken)
    {
        // Before AUTH the server cannot repeat the credential, and EHLO's keywords must stay what they are.
        _secretIsOut |= state == ClientState.Authenticate;
        using var output = new OutputBuffer();
        foreach (var command in commands)
        {
            Encoding.UTF8.GetBytes(command.Line, output);
            output.Write("\r\n"u8);
            _transcript.Sent(command);
        }

        if (!chunk.IsEmpty)
        {
            output.Write(chunk.Span);
            _transcript.SentMessage(chunk.Length);
        }

        await WriteAsync(output.Written, state, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads one reply.</summary>
    public async Task<SmtpReply> ReadReplyAsync(ClientState state, CancellationToken cancellationToken)
    {
        var reply = await MeasureAsync(state, stop => ReadReplyCoreAsync(state, stop), cancellationToken).ConfigureAwait(false);
        _failures.LastReply = reply;
        _transcript.Received(reply);
        return reply;
    }

    /// <summary>Puts the connection into TLS. Whether the peer may be used is for the caller to judge.</summary>
    public async Task<SslStream> AuthenticateAsync(SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        if (HasUnreadInput)
        {
            throw new InvalidOperationException("Bytes from before the handshake would be taken for bytes from inside TLS.");
        }

        var secured = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = secured;
        await MeasureAsync(
            ClientState.Handshake,
            async stop =>
            {
                await secured.AuthenticateAsClientAsync(options, stop).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

        // A reply to something that was said in plain text is none to what is said in TLS.
        _failures.LastReply = null;
        return secured;
    }

    /// <summary>True for a message that is small enough to be read into memory and sent as one chunk.</summary>
    public static bool FitsIntoAChunk(long size) => size <= BlockSize;

    /// <summary>Reads a small message whole, its lines as they go out in a chunk (RFC 3030).</summary>
    /// <exception cref="SmtpException">It could not be read, or has another size.</exception>
    public async Task<OutputBuffer> ReadChunkAsync(Stream content, long size, CancellationToken cancellationToken)
    {
        var chunk = new OutputBuffer((int)size + 1);
        try
        {
            await EncodeAsync(content, size, new DotEncoder(chunk: true), chunk, flushes: false, cancellationToken).ConfigureAwait(false);
            return chunk;
        }
        catch
        {
            chunk.Dispose();
            throw;
        }
    }

    /// <summary>Sends a message dot-stuffed and ended (RFC 5321 §4.5.2), block by block; a small one in a single write.</summary>
    /// <param name="content">The message's bytes.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="cancellationToken">Ends the wait until the last block goes out.</param>
    /// <param name="last">Ends the wait for the last block: from then on the server may have the message.</param>
    public async Task SendMessageAsync(Stream content, long size, CancellationToken cancellationToken, CancellationToken last)
    {
        // Twice a block: a message of bare line feeds doubles.
        using var output = new OutputBuffer((int)Math.Min(2 * BlockSize, size + (size / 16) + 16));
        await EncodeAsync(content, size, new DotEncoder(), output, flushes: true, cancellationToken).ConfigureAwait(false);
        await FlushAsync(output, last).ConfigureAwait(false);
        _transcript.SentMessage(size);
    }

    /// <summary>Tells the transcript of something that was not said by either side.</summary>
    public void Note(string text) => _transcript.Happened(text);

    /// <summary>Ends TLS in order, where it can be had quickly: without close_notify the other side logs a truncation.</summary>
    public async Task ShutDownAsync(CancellationToken cancellationToken)
    {
        if (_stream is not SslStream { IsAuthenticated: true } secured)
        {
            return;
        }

        try
        {
            await Guard(
                ClientState.Quit,
                async stop =>
                {
                    await secured.ShutdownAsync().WaitAsync(stop).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpException gone)
        {
            // All was decided before; that the other side closed first is worth a line, and no more.
            _transcript.Happened($"TLS was not closed in order: {gone.Failure.Code}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await _stream.DisposeAsync().ConfigureAwait(false);
            await EndWatchAsync().ConfigureAwait(false);
            ArrayPool<byte>.Shared.Return(_input, clearArray: true);
        }
    }

    private async Task EndWatchAsync()
    {
        try
        {
            await (_watch ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (Exception closed) when (closed is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // That is how a wait on a connection ends that is closed on this side.
            _watch = null;
        }
    }

    // What is left in the output at the end has the message's own end in it.
    private async Task EncodeAsync(
        Stream content, long size, DotEncoder encoder, OutputBuffer output, bool flushes, CancellationToken cancellationToken)
    {
        // A byte more than the message, to see that there is none.
        var block = ArrayPool<byte>.Shared.Rent((int)Math.Min(BlockSize, size + 1));
        try
        {
            long sent = 0;
            for (var read = await ReadContentAsync(content, block, cancellationToken).ConfigureAwait(false);
                read > 0 && sent <= size;
                read = await ReadContentAsync(content, block, cancellationToken).ConfigureAwait(false))
            {
                if (flushes && output.Length >= BlockSize)
                {
                    await FlushAsync(output, cancellationToken).ConfigureAwait(false);
                }

                sent += read;
                encoder.Encode(block.AsSpan(0, read), output);
            }

            // Without its end the server has no message (RFC 5321 §4.1.1.4); a torn one must not get it.
            if (sent != size)
            {
                throw new SmtpException(_failures.MessageCutShort(sent, size));
            }

            encoder.Finish(output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private async Task FlushAsync(OutputBuffer output, CancellationToken cancellationToken)
    {
        await WriteAsync(output.Written, ClientState.Message, cancellationToken).ConfigureAwait(false);
        output.Clear();
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, ClientState state, CancellationToken cancellationToken)
    {
        try
        {
            await MeasureAsync(
                state,
                async stop =>
                {
                    await _stream.WriteAsync(bytes, stop).ConfigureAwait(false);
                    await _stream.FlushAsync(stop).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpException lost) when (lost.Failure.Code == FindingCode.ConnectionLost)
        {
            // A server that hangs up in the middle has often said why.
            await HearLastWordsAsync(state, cancellationToken).ConfigureAwait(false);
            throw new SmtpException(_failures.Lost(state, lost.InnerException), lost);
        }
    }

    private async Task HearLastWordsAsync(ClientState state, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await Guard(ClientState.Quit, stop => ReadReplyCoreAsync(state, stop), cancellationToken).ConfigureAwait(false);
            _failures.LastReply = reply;
            _transcript.Received(reply);
        }
        catch (SmtpException)
        {
            // There were none; the failure that is being told stays the one that matters.
            _transcript.Happened("The connection is gone.");
        }
    }

    private async ValueTask<int> ReadContentAsync(Stream content, byte[] block, CancellationToken cancellationToken)
    {
        try
        {
            return await content.ReadAsync(block.AsMemory(0, Math.Min(block.Length, BlockSize)), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException unreadable)
        {
            throw new SmtpException(_failures.ContentUnreadable(unreadable), unreadable);
        }
    }

    private async ValueTask<SmtpReply> ReadReplyCoreAsync(ClientState state, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (HasUnreadInput)
            {
                var status = _parser.Read(_input.AsSpan(_begin, _end - _begin), out var consumed);
                _begin += consumed;
                if (status == ReplyParseStatus.Complete)
                {
                    return _secretIsOut && _scrubber is not null ? _scrubber.Scrub(_parser.Reply!) : _parser.Reply!;
                }

                if (status == ReplyParseStatus.Malformed)
                {
                    throw new SmtpException(_failures.NotAReply(
                        state, _secretIsOut && _scrubber is not null ? _scrubber.Scrub(_parser.Error) : _parser.Error));
                }
            }

            _begin = 0;
            if (_watch is { } watch)
            {
                await watch.WaitAsync(cancellationToken).ConfigureAwait(false);
                _watch = null;
            }

            _end = await _stream.ReadAsync(_input.AsMemory(0, ReadSize), cancellationToken).ConfigureAwait(false);
            if (_end == 0)
            {
                throw new SmtpException(_failures.Lost(state, cause: null));
            }
        }
    }

    private async Task<T> MeasureAsync<T>(ClientState state, Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        var began = _phases.Now;
        try
        {
            return await Guard(state, work, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _phases.Add(ClientStates.Of(state).Phase, began);
        }
    }

    private async Task<T> Guard<T>(ClientState state, Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        var limit = ClientStates.Of(state).Timeout(_timeouts);
        try
        {
            return await Deadline.RunAsync(_clock, limit, work, () => _failures.TimedOut(state, limit), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception broken) when (IsAboutTheHandshake(state, broken))
        {
            throw new SmtpException(_failures.HandshakeFailed(broken), broken);
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            throw new SmtpException(_failures.Lost(state, broken), broken);
        }
    }

    // In TLS 1.3 the server judges the client after the client is done, so its alert ("certificate required") arrives
    // where the first reply inside TLS is awaited (RFC 8446 §4.4.2.4).
    private bool IsAboutTheHandshake(ClientState state, Exception broken) => broken switch
    {
        AuthenticationException => true,
        IOException { InnerException: var inner } => state == ClientState.Handshake
            || (_stream is SslStream && state is ClientState.EhloInTls or ClientState.Greeting && inner is not (null or SocketException)),
        _ => false,
    };
}
