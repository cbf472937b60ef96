using System.Text;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Records;

/// <summary>Reads what <see cref="RecordWriter"/> wrote. Whatever does not fit is damage, and told as that.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> record)
{
    private ReadOnlySpan<byte> _rest = record;

    internal long Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_rest.IsEmpty)
            {
                break;
            }

            var next = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)(value >> 1) ^ -(long)(value & 1);
            }
        }

        throw Damaged();
    }

    internal int Small()
    {
        var value = Number();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Damaged();
    }

    internal long? Optional() => Number() == 0 ? null : Number();

    internal bool Flag() => Number() != 0;

    internal string? Text()
    {
        var length = Number() - 1;
        if (length < 0)
        {
            return null;
        }

        if (length > _rest.Length)
        {
            throw Damaged();
        }

        var text = Encoding.UTF8.GetString(_rest[..(int)length]);
        _rest = _rest[(int)length..];
        return text;
    }

    internal string Required() => Text() ?? throw Damaged();

    /// <summary>The format's number, which every record begins with: what a later version writes is not guessed at.</summary>
    internal void Format(long expected)
    {
        if (Number() != expected)
        {
            throw Damaged();
        }
    }

    internal static DatabaseException Damaged() => new(DatabaseException.Corrupt, "a record is damaged");
}
