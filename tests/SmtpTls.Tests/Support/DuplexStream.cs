using System.Threading.Channels;

namespace SmtpTls.Tests.Support;

/// <summary>
/// One end of a connection in memory. What one side writes in one call the other side reads in one call (or in pieces,
/// where its buffer is smaller), so a test decides how bytes are cut.
/// </summary>
internal sealed class DuplexStream : Stream
{
    private readonly ChannelReader<byte[]> _incoming;
    private readonly ChannelWriter<byte[]> _outgoing;
    private readonly Channel<byte[]> _own;
    private ReadOnlyMemory<byte> _rest;

    private DuplexStream(Channel<byte[]> incoming, Channel<byte[]> outgoing)
    {
        _own = incoming;
        _incoming = incoming.Reader;
        _outgoing = outgoing.Writer;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The two ends of one connection.</summary>
    public static (DuplexStream Client, DuplexStream Server) CreatePair()
    {
        var toClient = Channel.CreateUnbounded<byte[]>();
        var toServer = Channel.CreateUnbounded<byte[]>();
        return (new DuplexStream(toClient, toServer), new DuplexStream(toServer, toClient));
    }

    /// <summary>Nothing more is sent from here; the other side may go on.</summary>
    public void EndWriting() => _outgoing.TryComplete();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A read of nothing is how SslStream asks whether there is something; it waits all the same.
        while (_rest.IsEmpty)
        {
            if (!await _incoming.WaitToReadAsync(cancellationToken))
            {
                return 0;
            }

            if (_incoming.TryRead(out var bytes))
            {
                _rest = bytes;
            }
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer.Span);
        _rest = _rest[count..];
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return buffer.IsEmpty || _outgoing.TryWrite(buffer.ToArray())
            ? ValueTask.CompletedTask
            : ValueTask.FromException(new IOException("The other side has closed the connection."));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Everything here is asynchronous.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Everything here is asynchronous.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // As a socket: what was sent still arrives, what comes now is refused.
        _outgoing.TryComplete();
        _own.Writer.TryComplete();
        base.Dispose(disposing);
    }
}
