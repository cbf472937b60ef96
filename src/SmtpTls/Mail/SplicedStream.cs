namespace SmtpTls.Mail;

/// <summary>A stretch of a message that is left out when it is read.</summary>
/// <param name="Offset">Where it begins, in octets.</param>
/// <param name="Length">How long it is, in octets.</param>
internal readonly record struct Omission(long Offset, long Length);

/// <summary>Reads a seekable stream from its start without the given stretches, and owns it.</summary>
/// <param name="source">The stream; its position is set at each read.</param>
/// <param name="omissions">What is left out, in ascending order without overlap.</param>
internal sealed class SplicedStream(Stream source, IReadOnlyList<Omission> omissions) : Stream
{
    // Octets of the source that were read or passed over.
    private long _position;
    private int _next;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => source.Length - omissions.Sum(omission => omission.Length);

    public override long Position
    {
        get => _position - omissions.Take(_next).Sum(omission => omission.Length);
        set => throw new NotSupportedException("A spliced stream is read once, from its begin to its end.");
    }

    public override int Read(Span<byte> buffer)
    {
        var read = source.Read(buffer[..Advance(buffer.Length)]);
        _position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer[..Advance(buffer.Length)], cancellationToken).ConfigureAwait(false);
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is ever written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A spliced stream is read once, from its begin to its end.");

    public override void SetLength(long value) => throw new NotSupportedException("A spliced stream is read only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A spliced stream is read only.");

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    // Skips what is left out here, and gives how many octets may be read before the next stretch of that kind.
    private int Advance(int wanted)
    {
        while (_next < omissions.Count && omissions[_next].Offset == _position)
        {
            _position += omissions[_next++].Length;
        }

        if (source.Position != _position)
        {
            source.Position = _position;
        }

        return _next == omissions.Count ? wanted : (int)Math.Min(wanted, omissions[_next].Offset - _position);
    }
}
