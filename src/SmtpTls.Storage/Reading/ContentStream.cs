using SmtpTls.Storage.Sqlite;
using SmtpTls.Storage.Writing;

namespace SmtpTls.Storage.Reading;

/// <summary>
/// A message's content, block by block. Between two reads nothing is held in the file: where the message is removed meanwhile
/// the next block is missing, and that is an <see cref="IOException"/> that says so.
/// </summary>
internal sealed class ContentStream(ReaderPool readers, QueueId id, long length) : Stream
{
    private byte[] _block = [];
    private long _number = -1;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>The content's first block, or all of it; null where the message is not there.</summary>
    internal static Stream? Open(ReaderPool readers, Database database, QueueId id)
    {
        var select = database["SELECT content, facts FROM message WHERE id = ?1"].Bind(1, id.Value);
        try
        {
            if (!select.Step())
            {
                return null;
            }

            // One block is a snapshot: read once, whatever becomes of the message.
            return select.IsNull(0)
                ? new ContentStream(readers, id, Records.MessageFacts.Decode(select.Blob(1)).Size)
                : new MemoryStream(select.Blob(0).ToArray(), writable: false);
        }
        finally
        {
            select.Reset();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length || buffer.IsEmpty)
        {
            return 0;
        }

        var number = _position / ContentWriter.BlockSize;
        if (number != _number)
        {
            Keep(number, await readers.ReadAsync(database => ReadBlock(database, number), cancellationToken).ConfigureAwait(false));
        }

        return Copy(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        if (_position >= length || buffer.IsEmpty)
        {
            return 0;
        }

        var number = _position / ContentWriter.BlockSize;
        if (number != _number)
        {
            Keep(number, readers.Read(database => ReadBlock(database, number)));
        }

        return Copy(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin)
    {
        Position = offset + origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            _ => length,
        };
        return _position;
    }

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private byte[]? ReadBlock(Database database, long number)
    {
        var select = database["SELECT data FROM block WHERE message = ?1 AND number = ?2"].Bind(1, id.Value).Bind(2, number);
        try
        {
            return select.Step() ? select.Blob(0).ToArray() : null;
        }
        finally
        {
            select.Reset();
        }
    }

    private void Keep(long number, byte[]? block)
    {
        _block = block ?? throw new IOException($"Message {id} was removed from the queue while it was read.");
        _number = number;
    }

    private int Copy(Span<byte> buffer)
    {
        var rest = _block.AsSpan((int)(_position % ContentWriter.BlockSize));
        var count = Math.Min(buffer.Length, rest.Length);
        if (count == 0)
        {
            throw new IOException($"Message {id} is shorter than the queue says: the queue is damaged.");
        }

        rest[..count].CopyTo(buffer);
        _position += count;
        return count;
    }
}
