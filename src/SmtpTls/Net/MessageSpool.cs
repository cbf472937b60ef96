using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SmtpTls.Net;

/// <summary>
/// The bytes of one message while it arrives and until whoever took it is done: in pooled blocks up to a limit, in a
/// temporary file beyond it, so that memory does not grow with the message.
/// </summary>
internal sealed class MessageSpool(int memoryLimit, string temporaryFolder) : IDisposable
{
    /// <summary>Size of the first block; most messages fit.</summary>
    public const int FirstBlock = 8 * 1024;

    /// <summary>Size of a further block.</summary>
    public const int FurtherBlock = 64 * 1024;

    private readonly List<ArraySegment<byte>> _blocks = new(1);
    private SafeFileHandle? _file;
    private bool _disposed;

    public long Length { get; private set; }

    /// <summary>True where a byte has its high bit set.</summary>
    public bool HasEightBit { get; private set; }

    /// <summary>True once the message has outgrown memory.</summary>
    public bool IsInFile => _file is not null;

    /// <summary>Appends bytes. The message stays what it was where this throws.</summary>
    /// <exception cref="IOException">The temporary file cannot be written: the disk is full, the folder is gone.</exception>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_file is null && Length + bytes.Length <= memoryLimit)
        {
            AppendToBlocks(bytes.Span);
            Count(bytes.Span);
            return ValueTask.CompletedTask;
        }

        return AppendToFileAsync(bytes, cancellationToken);
    }

    /// <summary>The bytes from the beginning. The spool must live as long as the reader.</summary>
    public SpoolReader OpenRead()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new SpoolReader(this);
    }

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _file is null ? ReadBlocks(offset, buffer) : RandomAccess.Read(_file, buffer, offset);
    }

    public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        return _file is null
            ? ValueTask.FromResult(ReadBlocks(offset, buffer.Span))
            : RandomAccess.ReadAsync(_file, buffer, offset, cancellationToken);
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            ReturnBlocks();
            _file?.Dispose();
        }
    }

    private void AppendToBlocks(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var last = _blocks.Count - 1;
            if (last < 0 || _blocks[last].Count == _blocks[last].Array!.Length)
            {
                _blocks.Add(new ArraySegment<byte>(ArrayPool<byte>.Shared.Rent(last < 0 ? FirstBlock : FurtherBlock), 0, 0));
                last++;
            }

            var block = _blocks[last];
            var count = Math.Min(bytes.Length, block.Array!.Length - block.Count);
            bytes[..count].CopyTo(block.Array.AsSpan(block.Count));
            _blocks[last] = new ArraySegment<byte>(block.Array, 0, block.Count + count);
            bytes = bytes[count..];
        }
    }

    private int ReadBlocks(long offset, Span<byte> buffer)
    {
        foreach (var block in _blocks)
        {
            if (offset < block.Count)
            {
                var count = Math.Min(buffer.Length, block.Count - (int)offset);
                block.AsSpan((int)offset, count).CopyTo(buffer);
                return count;
            }

            offset -= block.Count;
        }

        return 0;
    }

    private async ValueTask AppendToFileAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            var file = CreateFile();
            try
            {
                var offset = 0L;
                foreach (var block in _blocks)
                {
                    await RandomAccess.WriteAsync(file, block, offset, cancellationToken).ConfigureAwait(false);
                    offset += block.Count;
                }
            }
            catch
            {
                file.Dispose();
                throw;
            }

            _file = file;
            ReturnBlocks();
        }

        await RandomAccess.WriteAsync(_file, bytes, Length, cancellationToken).ConfigureAwait(false);
        Count(bytes.Span);
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        HasEightBit = HasEightBit || !Ascii.IsValid(bytes);
    }

    private void ReturnBlocks()
    {
        foreach (var block in _blocks)
        {
            ArrayPool<byte>.Shared.Return(block.Array!);
        }

        _blocks.Clear();
    }

    // Readable by the owner alone, and gone with the process however it ends: on Unix the name is removed at once and
    // the open handle keeps the bytes; Windows deletes on close.
    private SafeFileHandle CreateFile()
    {
        var path = Path.Combine(temporaryFolder, $"smtptls-{Guid.NewGuid():N}.tmp");
        if (OperatingSystem.IsWindows())
        {
            return File.OpenHandle(
                path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.Asynchronous | FileOptions.DeleteOnClose);
        }

        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        var stream = new FileStream(path, options);
        File.Delete(path);
        return stream.SafeFileHandle;
    }
}
