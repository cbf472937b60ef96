using System.Buffers;

namespace SmtpTls.Net;

/// <summary>Bytes that were received and not read yet. Memory is rented while there are any, so that an idle connection holds none.</summary>
internal sealed class InputBuffer : IDisposable
{
    private byte[] _bytes = [];
    private int _start;
    private int _end;

    public bool IsEmpty => _start == _end;

    public Span<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    public Memory<byte> UnreadMemory => _bytes.AsMemory(_start, _end - _start);

    /// <summary>Moves past bytes that were read.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Room for at least <paramref name="capacity"/> bytes in all, those unread included.</summary>
    public Memory<byte> Room(int capacity)
    {
        var unread = _end - _start;
        if (_bytes.Length < capacity)
        {
            Replace(ArrayPool<byte>.Shared.Rent(capacity), unread);
        }
        else if (_start > 0)
        {
            // Bytes of a line that is not whole yet move to the front; they are few.
            _bytes.AsSpan(_start, unread).CopyTo(_bytes);
        }

        _start = 0;
        _end = unread;
        return _bytes.AsMemory(_end);
    }

    /// <summary>Bytes were received into what <see cref="Room"/> gave.</summary>
    public void Received(int count) => _end += count;

    /// <summary>Gives the memory back where nothing is unread, or a large one where a small one will do.</summary>
    public void Shrink(int capacity)
    {
        if (IsEmpty)
        {
            Dispose();
        }
        else if (_bytes.Length > 2 * capacity && _end - _start <= capacity)
        {
            Replace(ArrayPool<byte>.Shared.Rent(capacity), _end - _start);
        }
    }

    /// <summary>Forgets what is unread and gives the memory back; the buffer may be used again.</summary>
    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        _start = _end = 0;
    }

    private void Replace(byte[] bytes, int unread)
    {
        _bytes.AsSpan(_start, unread).CopyTo(bytes);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = bytes;
        _start = 0;
        _end = unread;
    }
}
