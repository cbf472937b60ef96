using System.Collections.Concurrent;

namespace SmtpTls;

/// <summary>
/// Keeps received messages until somebody asks for them, in the order of their arrival: what Receive-SmtpTlsMessage
/// reads. Bounded: where nobody asks, clients hear 452 and keep their mail.
/// </summary>
public sealed class MessageCapture : IMessageSink, IDisposable
{
    /// <summary>Messages kept unless told otherwise: 10,000, at 4 KiB each some 80 MB.</summary>
    public const int DefaultCapacity = 10_000;

    private readonly ConcurrentQueue<ReceivedMessage> _messages = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly int _capacity;
    private bool _disposed;
    private int _count;
    private long _lastId;

    /// <summary>Begins empty.</summary>
    /// <param name="capacity">How many messages are kept before clients are told to come back later.</param>
    public MessageCapture(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>How many messages wait to be received.</summary>
    public int Count => _messages.Count;

    /// <inheritdoc/>
    public ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Increment(ref _count) > _capacity)
        {
            Interlocked.Decrement(ref _count);
            message.Dispose();
            return ValueTask.FromResult(new SmtpReply(452, new EnhancedStatusCode(4, 3, 1),
                [FormattableString.Invariant($"{_capacity} messages wait to be received here already; try again later")]));
        }

        message.Id = FormattableString.Invariant($"{Interlocked.Increment(ref _lastId)}");
        _messages.Enqueue(message);
        _available.Release();
        return ValueTask.FromResult(new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), [$"Ok: queued as {message.Id}"]));
    }

    /// <summary>The oldest message, waiting until there is one.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled before a message came.</exception>
    public async Task<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        await _available.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Take();
    }

    /// <summary>The oldest message, or null where there is none now.</summary>
    public ReceivedMessage? TryReceive() => _available.Wait(0, CancellationToken.None) ? Take() : null;

    /// <summary>Drops what was not received.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        while (TryReceive() is { } message)
        {
            message.Dispose();
        }

        _available.Dispose();
    }

    private ReceivedMessage Take()
    {
        if (!_messages.TryDequeue(out var message))
        {
            throw new InvalidOperationException("A message was announced and is not there.");
        }

        Interlocked.Decrement(ref _count);
        return message;
    }
}
