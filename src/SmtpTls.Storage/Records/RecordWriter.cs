using System.Text;

namespace SmtpTls.Storage.Records;

/// <summary>
/// Writes the compact form in which the store keeps what it never has to search with SQL: numbers of 7 bits a byte, strings
/// with their length. No names of fields are written with each message, as they would be in JSON.
/// </summary>
internal sealed class RecordWriter
{
    // Enough for the facts of a usual message without growing.
    private byte[] _buffer = new byte[512];
    private int _length;

    internal void Number(long value)
    {
        // Negative numbers are rare and short all the same: the sign is the lowest bit.
        var rest = ((ulong)value << 1) ^ (ulong)(value >> 63);
        Reserve(10);
        while (rest >= 0x80)
        {
            _buffer[_length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        _buffer[_length++] = (byte)rest;
    }

    /// <summary>A number that may be missing: 0, or one more for those from zero up.</summary>
    internal void Optional(long? value)
    {
        Number(value is null ? 0 : 1);
        if (value is { } number)
        {
            Number(number);
        }
    }

    internal void Flag(bool value) => Number(value ? 1 : 0);

    internal void Text(string? value)
    {
        if (value is null)
        {
            Number(0);
            return;
        }

        var bytes = Encoding.UTF8.GetByteCount(value);
        Number(bytes + 1L);
        Reserve(bytes);
        _length += Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_length));
    }

    /// <summary>What was written; the writer is empty again.</summary>
    internal byte[] Take()
    {
        var record = _buffer.AsSpan(0, _length).ToArray();
        _length = 0;
        return record;
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
        }
    }
}
