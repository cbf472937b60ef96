using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SmtpTls.Dns;

/// <summary>
/// Reads the parts of a message (RFC 1035 §4.1) and never beyond its end. After the first fault <see cref="Error"/> is set, and
/// everything that is read is empty or zero.
/// </summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    // RFC 1035 §2.3.4, with the octets that hold lengths.
    private const int MaximumNameOctets = 255;
    private const int PointerMask = 0xC0;

    private readonly ReadOnlySpan<byte> _message = message;

    public int Position { get; private set; }

    /// <summary>What is wrong, as the end of a sentence; empty as long as nothing is.</summary>
    public string Error { get; private set; } = "";

    public readonly bool Failed => Error.Length > 0;

    public byte ReadByte() => Take(1) is { Length: 1 } octet ? octet[0] : (byte)0;

    public ushort ReadUInt16() => Take(2) is { Length: 2 } octets ? BinaryPrimitives.ReadUInt16BigEndian(octets) : (ushort)0;

    public uint ReadUInt32() => Take(4) is { Length: 4 } octets ? BinaryPrimitives.ReadUInt32BigEndian(octets) : 0;

    /// <summary>So many octets; none where there are not so many.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (Failed || count < 0 || count > _message.Length - Position)
        {
            Fail("it ends in the middle of something");
            return [];
        }

        Position += count;
        return _message.Slice(Position - count, count);
    }

    /// <summary>Goes on elsewhere: behind a record's data, whatever was read of it.</summary>
    public void MoveTo(int position)
    {
        if (position < 0 || position > _message.Length)
        {
            Fail("it ends in the middle of something");
        }
        else if (!Failed)
        {
            Position = position;
        }
    }

    public void Fail(string error) => Error = Failed ? Error : error;

    /// <summary>
    /// Reads a name: labels in lower case with dots between them, without trailing dot, <c>.</c> for the root. What is
    /// neither letter, digit, hyphen nor underscore stands as <c>\DDD</c> (RFC 1035 §5.1), so that no two names look alike.
    /// </summary>
    public string ReadName()
    {
        var name = new StringBuilder();
        var octets = 1;
        var at = Position;
        var end = -1;

        // A pointer leads to "a prior occurrence" (RFC 1035 §4.1.4): always further back, so that no chain of them is endless.
        var before = at;
        while (!Failed)
        {
            var length = at < _message.Length ? _message[at] : -1;
            if (length == 0)
            {
                Position = end < 0 ? at + 1 : end;
                return name.Length == 0 ? "." : name.ToString();
            }

            if ((length & PointerMask) == PointerMask && length > 0)
            {
                var target = at + 1 < _message.Length ? ((length & ~PointerMask) << 8) | _message[at + 1] : int.MaxValue;
                end = end < 0 ? at + 2 : end;
                if (target >= before)
                {
                    Fail("a compressed name points forward, at itself or beyond the end");
                }

                (at, before) = (target, target);
            }
            else if (length < 0 || (length & PointerMask) != 0 || at + 1 + length > _message.Length)
            {
                Fail(length < 0 || (length & PointerMask) == 0 ? "it ends in the middle of a name" : "a label has a type that does not exist (RFC 6891 §5)");
            }
            else if ((octets += length + 1) > MaximumNameOctets)
            {
                Fail("a name is longer than 255 octets");
            }
            else
            {
                Append(name, _message.Slice(at + 1, length));
                at += length + 1;
            }
        }

        return "";
    }

    private static void Append(StringBuilder name, ReadOnlySpan<byte> label)
    {
        if (name.Length > 0)
        {
            _ = name.Append('.');
        }

        foreach (var octet in label)
        {
            _ = char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'_'
                ? name.Append(char.ToLowerInvariant((char)octet))
                : name.Append(CultureInfo.InvariantCulture, $@"\{octet:D3}");
        }
    }
}
