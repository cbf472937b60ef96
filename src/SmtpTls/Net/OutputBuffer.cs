using System.Buffers;

namespace SmtpTls.Net;

/// <summary>Collects what is to go out together, in rented memory that is used again after each write: it does not grow with a message.</summary>
/// <param name="initialSize">What is rented with the first byte; more where that does not do.</param>
internal sealed class OutputBuffer(int initialSize = OutputBuffer.Lines) : IBufferWriter<byte>, IDisposable
{
    /// <summary>The commands or replies of a pipelined batch fit.</summary>
    public const int Lines = 512;

    private byte[] _bytes = [];
    private int _length;

    public bool IsEmpty => _length == 0;

    /// <summary>How much waits to go out.</summary>
    public int Length => _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _bytes.AsSpan(_length);
    }

    /// <summary>What was written has gone out.</summary>
    public void Clear() => _length = 0;

    /// <summary>Gives the memory back; the buffer may be used again.</summary>
    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        _length = 0;
    }

    private void EnsureRoom(int sizeHint)
    {
        var needed = Math.Max(1, sizeHint);
        if (_bytes.Length - _length >= needed)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(initialSize, Math.Max(_bytes.Length * 2, _length + needed)));
        Written.CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
