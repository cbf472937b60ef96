using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>Takes in the bytes of a message, by DATA or in chunks, and hands the whole of it over.</summary>
internal sealed class MessageReceiver(
    ListenerContext context,
    ServerDialogue dialogue,
    InputBuffer input,
    OutputBuffer output,
    SessionDeadline deadline,
    Func<ValueTask> flush,
    Func<int, ValueTask<bool>> receive) : IDisposable
{
    // What one read takes in while a message arrives.
    private const int DataBuffer = 64 * 1024;

    private readonly DotDecoder _decoder = new(context.Profile.Limits.MaximumLineLength);
    private readonly LineEndCheck _chunkCheck = new(context.Profile.Limits.MaximumLineLength);
    private MessageSpool? _spool;
    private ReceivedEnvelope? _envelope;
    private byte[] _refusal = [];
    private long _length;
    private long _messageDue;

    private ListenerLimits Limits => context.Profile.Limits;

    /// <summary>Does what the dialogue asked for.</summary>
    /// <exception cref="IOException">The client is gone; nothing was handed over.</exception>
    public async Task<ServerAction> ReceiveAsync(ServerAction action, SessionFacts session)
    {
        try
        {
            switch (action)
            {
                case ServerAction.ReceiveData:
                    Begin();
                    if (!await ReadToFinalDotAsync().ConfigureAwait(false))
                    {
                        return dialogue.Shutdown(new EnhancedStatusCode(4, 3, 1), "message without end", output);
                    }

                    NoteFault(_decoder.Fault);
                    return await FinishAsync(session).ConfigureAwait(false);

                case ServerAction.DiscardChunk:
                    StartClock();
                    await ReadChunkAsync(keep: false).ConfigureAwait(false);
                    return ServerAction.Continue;

                default:
                    return await ReceiveChunkAsync(session).ConfigureAwait(false);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Drops what has arrived of a message.</summary>
    public void Dispose()
    {
        _spool?.Dispose();
        _spool = null;
    }

    private async Task<ServerAction> ReceiveChunkAsync(SessionFacts session)
    {
        // What has arrived may be of a transaction that was given up since, even before STARTTLS.
        if (_spool is null || !ReferenceEquals(_envelope, dialogue.Envelope))
        {
            Begin();
        }

        await ReadChunkAsync(keep: true).ConfigureAwait(false);
        var next = dialogue.ChunkReceived(_refusal, output);
        if (next == ServerAction.Deliver)
        {
            _chunkCheck.Finish();
            NoteFault(_chunkCheck.Fault);
            return await FinishAsync(session).ConfigureAwait(false);
        }

        if (_refusal.Length > 0)
        {
            Dispose();
        }

        return next;
    }

    private void Begin()
    {
        Dispose();
        _spool = NewSpool(Limits.MaximumMessageInMemory);
        _envelope = dialogue.Envelope;
        _decoder.Reset();
        _chunkCheck.Reset();
        _refusal = [];
        _length = 0;
        StartClock();
    }

    private MessageSpool NewSpool(int memoryLimit) => new(memoryLimit, context.TemporaryFolder);

    private void StartClock() =>
        _messageDue = context.Clock.GetTimestamp() + (long)(Limits.MessageTimeout.TotalSeconds * context.Clock.TimestampFrequency);

    private async Task<bool> ReadToFinalDotAsync()
    {
        while (true)
        {
            if (input.IsEmpty)
            {
                await ReceiveBlockAsync().ConfigureAwait(false);
            }

            var count = _decoder.Decode(input.Unread, out var consumed);
            await KeepAsync(input.UnreadMemory[..count]).ConfigureAwait(false);
            input.Consume(consumed);
            if (_decoder.IsFinished)
            {
                return true;
            }

            // Divided, because ten times the largest limit is more than a long holds.
            if (_length / ServerProfile.PatienceWithTooLarge > Limits.MaximumMessageSize)
            {
                return false;
            }
        }
    }

    private async Task ReadChunkAsync(bool keep)
    {
        var left = dialogue.ChunkSize;
        while (left > 0)
        {
            if (input.IsEmpty)
            {
                await ReceiveBlockAsync().ConfigureAwait(false);
            }

            var block = input.UnreadMemory[..(int)Math.Min(left, input.Unread.Length)];
            if (keep)
            {
                _chunkCheck.Read(block.Span);
                NoteFault(_chunkCheck.Fault);
                await KeepAsync(block).ConfigureAwait(false);
            }

            left -= block.Length;
            input.Consume(block.Length);
        }
    }

    private async ValueTask ReceiveBlockAsync()
    {
        // RFC 2920 §3.2: replies are not held back while the client may wait for them. Behind BDAT some do, chunk in hand.
        await flush().ConfigureAwait(false);
        if (context.Clock.GetTimestamp() >= _messageDue)
        {
            deadline.Interrupt(Interruption.TimedOut);
        }

        deadline.Set(Limits.DataBlockTimeout);
        if (!await receive(DataBuffer).ConfigureAwait(false))
        {
            throw new EndOfStreamException("the client closed it in the middle of a message; nothing was kept of that");
        }
    }

    // Stores content, unless there is a reason to refuse the message already. Bytes go on being counted.
    private async ValueTask KeepAsync(ReadOnlyMemory<byte> content)
    {
        _length += content.Length;
        if (_refusal.Length > 0)
        {
            return;
        }

        if (_length > Limits.MaximumMessageSize)
        {
            Refuse("552 5.3.4 The message is larger than is accepted here\r\n"u8);
            return;
        }

        try
        {
            await _spool!.AppendAsync(content, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Report(ListenerEventKind.ListenerFault, null, $"A message could not be written to a temporary file in {context.TemporaryFolder}: {e.Message}");
            Refuse("452 4.3.1 Not enough storage now; try again later\r\n"u8);
        }
    }

    private void NoteFault(MessageFault fault)
    {
        if (_refusal.Length > 0)
        {
            return;
        }

        switch (fault)
        {
            case MessageFault.None:
                break;
            case MessageFault.BareLineEnd:
                Refuse("554 5.6.0 The message holds a CR or LF that stands alone; lines end with CR LF (RFC 5321 2.3.8)\r\n"u8);
                break;
            default:
                Refuse("554 5.6.0 The message holds a line that is too long\r\n"u8);
                break;
        }
    }

    // What was stored so far is not needed any more.
    private void Refuse(ReadOnlySpan<byte> reply)
    {
        _refusal = reply.ToArray();
        Dispose();
        _spool = NewSpool(0);
    }

    private async Task<ServerAction> FinishAsync(SessionFacts session)
    {
        deadline.Clear();
        if (_refusal.Length > 0)
        {
            Dispose();
            context.Report(ListenerEventKind.MessageRefused, session.Remote, System.Text.Encoding.ASCII.GetString(_refusal).TrimEnd());
            return dialogue.Finish(_refusal, output);
        }

        var mail = new ReceivedMail(dialogue.Envelope!, _spool!, session);
        _spool = null;
        return dialogue.Finish(await DeliverAsync(mail).ConfigureAwait(false), output);
    }

    private async Task<SmtpReply> DeliverAsync(ReceivedMail mail)
    {
        var remote = mail.Session.Remote;
        try
        {
            // Not cut off by the session's deadline: whoever has the message decides whether it is accepted.
            var reply = await context.Deliver(mail, CancellationToken.None).ConfigureAwait(false);
            context.Report(reply.IsPositive ? ListenerEventKind.MessageAccepted : ListenerEventKind.MessageRefused, remote, reply.ToString());
            return reply;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever went wrong there, the client must keep the message: 451, and the reason in the log.
            context.Report(ListenerEventKind.ListenerFault, remote, $"A message could not be taken: {e.Message}");
            return new SmtpReply(451, new EnhancedStatusCode(4, 3, 0), ["The message could not be taken; try again later"]);
        }
    }
}
