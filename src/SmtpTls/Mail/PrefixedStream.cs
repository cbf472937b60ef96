namespace SmtpTls.Mail;

/// <summary>Reads bytes that stand in memory and then a stream, which it owns.</summary>
/// <param name="prefix">What is read first.</param>
/// <param name="rest">What is read then, from where it stands.</param>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : Stream
{
    private int _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("A prefixed stream is read to its end.");

    public override long Position
    {
        get => throw new NotSupportedException("A prefixed stream is read once.");
        set => throw new NotSupportedException("A prefixed stream is read once.");
    }

    public override int Read(Span<byte> buffer)
    {
        var count = ReadPrefix(buffer);

        // Both in one read where there is room: a small message is one block.
        return count < buffer.Length ? count + rest.Read(buffer[count..]) : count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = ReadPrefix(buffer.Span);
        return count < buffer.Length ? count + await rest.ReadAsync(buffer[count..], cancellationToken).ConfigureAwait(false) : count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is ever written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A prefixed stream is read once.");

    public override void SetLength(long value) => throw new NotSupportedException("A prefixed stream is read only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A prefixed stream is read only.");

    public override async ValueTask DisposeAsync()
    {
        await rest.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ReadPrefix(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, prefix.Length - _read);
        prefix.Span.Slice(_read, count).CopyTo(buffer);
        _read += count;
        return count;
    }
}
