using System.Buffers;

namespace SmtpTls.Protocol;

/// <summary>
/// The bytes of a message to the bytes of DATA (RFC 5321 §4.5.2): a dot that begins a line is doubled, and at the end
/// comes the line with the lone dot. CR and LF leave here only as CRLF, whatever came in (RFC 5321 §2.3.8): a bare one
/// would let a message smuggle commands past a server that takes it for the end of a line. BDAT counts octets and has
/// lines all the same (RFC 3030 §3), so for a chunk only the line ends are seen to.
/// </summary>
/// <remarks>
/// State carries over from one call to the next, so that it does not matter where the message is cut. Runs that need
/// no change are found by a vectorised search and copied in one piece.
/// </remarks>
/// <param name="chunk">True for BDAT: no dot is doubled, and no dot ends the message.</param>
internal sealed class DotEncoder(bool chunk = false)
{
    private const byte CarriageReturn = (byte)'\r';
    private const byte LineFeed = (byte)'\n';

    private bool _atLineStart = true;

    // The last chunk ended with a CR, already written as CRLF; a LF that comes first in the next one belongs to it.
    private bool _afterCarriageReturn;

    /// <summary>Encodes the next piece of a message.</summary>
    public void Encode(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        if (input.IsEmpty)
        {
            return;
        }

        if (_afterCarriageReturn && input[0] == LineFeed)
        {
            input = input[1..];
        }

        _afterCarriageReturn = false;
        var unwritten = 0;
        var position = 0;
        while (position < input.Length)
        {
            if (!chunk && _atLineStart && input[position] == (byte)'.')
            {
                output.Write(input[unwritten..position]);
                output.Write("."u8);
                unwritten = position;
            }

            _atLineStart = false;
            var length = input[position..].IndexOfAny(CarriageReturn, LineFeed);
            if (length < 0)
            {
                break;
            }

            position += length;
            _atLineStart = true;
            var next = position + 1;
            if (input[position] == CarriageReturn && next < input.Length && input[next] == LineFeed)
            {
                position += 2;
                continue;
            }

            output.Write(input[unwritten..position]);
            output.Write("\r\n"u8);
            _afterCarriageReturn = input[position] == CarriageReturn && next == input.Length;
            position = next;
            unwritten = next;
        }

        output.Write(input[unwritten..]);
    }

    /// <summary>Ends the last line where it has no end, writes the terminator where there is one, and is ready for another message.</summary>
    public void Finish(IBufferWriter<byte> output)
    {
        if (!_atLineStart)
        {
            output.Write("\r\n"u8);
        }

        output.Write(chunk ? default : ".\r\n"u8);
        _atLineStart = true;
        _afterCarriageReturn = false;
    }
}
