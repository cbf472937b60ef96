using System.Threading.Channels;

namespace SmtpTls;

/// <summary>
/// Keeps received messages until somebody asks for them, in the order of their arrival: what Receive-SmtpTlsMessage
/// reads. Bounded: where nobody asks, clients hear 452 and keep their mail.
/// </summary>
public sealed class MessageCapture : IMessageSink, IDisposable
{
    /// <summary>Messages kept unless told otherwise: 10,000, at 4 KiB each some 80 MB.</summary>
    public const int DefaultCapacity = 10_000;

    /// <summary>
    /// Bytes of messages kept unless told otherwise: 512 MiB, ten of the largest that a listener takes by default. Without
    /// it a client could fill memory with a capacity's worth of messages that just stay out of temporary files.
    /// </summary>
    public const long DefaultMaximumBytes = 512L * 1024 * 1024;

    private readonly Channel<ReceivedMessage> _messages = Channel.CreateUnbounded<ReceivedMessage>();
    private readonly object _room = new();
    private readonly int _capacity;
    private readonly long _maximumBytes;
    private volatile bool _disposed;
    private int _count;
    private long _bytes;
    private long _lastId;

    /// <summary>Begins empty.</summary>
    /// <param name="capacity">How many messages are kept before clients are told to come back later.</param>
    /// <param name="maximumBytes">How many bytes of messages, in memory and in temporary files together; one message is kept whatever its size.</param>
    public MessageCapture(int capacity = DefaultCapacity, long maximumBytes = DefaultMaximumBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumBytes, 1);
        _capacity = capacity;
        _maximumBytes = maximumBytes;
    }

    /// <summary>How many messages wait to be received.</summary>
    public int Count => _messages.Reader.Count;

    /// <inheritdoc/>
    public ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!TryKeep(message))
        {
            message.Dispose();
            ObjectDisposedException.ThrowIf(_disposed, this);
            return ValueTask.FromResult(new SmtpReply(452, new EnhancedStatusCode(4, 3, 1),
                [FormattableString.Invariant($"{Count} messages wait to be received here already; try again later")]));
        }

        return ValueTask.FromResult(new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), [$"Ok: queued as {message.Id}"]));
    }

    /// <summary>The oldest message, waiting until there is one.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled before a message came.</exception>
    /// <exception cref="ObjectDisposedException">The capture, or the listener that owns it, was disposed of: none will come.</exception>
    public async Task<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Taken(await _messages.Reader.ReadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (ChannelClosedException closed)
        {
            throw new ObjectDisposedException("The capture was disposed of; no message will come.", closed);
        }
    }

    /// <summary>The oldest message, or null where there is none now.</summary>
    public ReceivedMessage? TryReceive() => _messages.Reader.TryRead(out var message) ? Taken(message) : null;

    /// <summary>Drops what was not received, and ends the waiting for more.</summary>
    public void Dispose()
    {
        _disposed = true;
        _messages.Writer.TryComplete();
        while (TryReceive() is { } message)
        {
            message.Dispose();
        }
    }

    private bool TryKeep(ReceivedMessage message)
    {
        lock (_room)
        {
            if (_count >= _capacity || (_count > 0 && message.Size > _maximumBytes - _bytes))
            {
                return false;
            }

            message.Id = FormattableString.Invariant($"{_lastId + 1}");
            if (!_messages.Writer.TryWrite(message))
            {
                return false;
            }

            _lastId++;
            _count++;
            _bytes += message.Size;
            return true;
        }
    }

    private ReceivedMessage Taken(ReceivedMessage message)
    {
        lock (_room)
        {
            _count--;
            _bytes -= message.Size;
        }

        return message;
    }
}
