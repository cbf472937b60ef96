namespace SmtpTls.Relay;

/// <summary>Reads another stream, which stays its owner's, up to a number of octets; one more is a failure.</summary>
/// <param name="source">The stream.</param>
/// <param name="maximum">Octets that may be read.</param>
/// <param name="tooLong">What is thrown where there are more.</param>
internal sealed class BoundedStream(Stream source, long maximum, Func<Exception> tooLong) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("A bounded stream is read to its end.");

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException("A bounded stream is read once.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Counted(source.Read(buffer, offset, count));

    public override int Read(Span<byte> buffer) => Counted(source.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Counted(await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is ever written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A bounded stream is read once.");

    public override void SetLength(long value) => throw new NotSupportedException("A bounded stream is read only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A bounded stream is read only.");

    private int Counted(int count)
    {
        _read += count;
        return _read <= maximum ? count : throw tooLong();
    }
}
