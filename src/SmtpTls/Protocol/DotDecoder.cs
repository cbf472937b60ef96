using System.Buffers;

namespace SmtpTls.Protocol;

/// <summary>What is wrong with the bytes of a message. The first fault is kept; reading goes on to the end of the message.</summary>
internal enum MessageFault
{
    None,

    /// <summary>A CR that no LF follows, or an LF that no CR precedes (RFC 5321 §2.3.8).</summary>
    BareLineEnd,

    /// <summary>A line longer than the limit.</summary>
    LineTooLong,
}

/// <summary>
/// Reads the bytes between 354 and the final dot (RFC 5321 §4.5.2): takes the stuffed dots out, and ends at
/// CRLF "." CRLF and at nothing else. A lone CR or LF next to a dot is how one message is made into two ("SMTP
/// smuggling", CVE-2023-51764), so it is never a line end here and makes the message a faulty one.
/// </summary>
internal sealed class DotDecoder(int maximumLineLength)
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    // Where the last byte that was read stands in its line.
    private enum Position
    {
        LineStart,

        // A dot at the start of a line: withheld until it is known what follows.
        AfterDot,

        // Dot and CR at the start of a line.
        AfterDotCr,

        Middle,
        AfterCr,
        Finished,
    }

    private Position _position = Position.LineStart;
    private int _lineLength;

    public MessageFault Fault { get; private set; }

    public bool IsFinished => _position == Position.Finished;

    /// <summary>Begins a message.</summary>
    public void Reset()
    {
        _position = Position.LineStart;
        _lineLength = 0;
        Fault = MessageFault.None;
    }

    /// <summary>
    /// Decodes what has arrived, in place: content is never longer than what it is made from. After a
    /// <see cref="Fault"/> the content is of no use, and only the end of the message is looked for.
    /// </summary>
    /// <param name="block">Bytes from the wire; its beginning is overwritten with content.</param>
    /// <param name="consumed">How many bytes were read; fewer than all only after the final dot.</param>
    /// <returns>How many bytes at the beginning of <paramref name="block"/> are content.</returns>
    public int Decode(Span<byte> block, out int consumed)
    {
        var read = 0;
        var written = 0;
        while (read < block.Length && _position != Position.Finished)
        {
            switch (_position)
            {
                case Position.LineStart when block[read] == (byte)'.':
                    _position = Position.AfterDot;
                    read++;
                    break;

                case Position.LineStart or Position.Middle:
                    CopyToLineEnd(block, ref read, ref written);
                    break;

                case Position.AfterCr:
                    AfterCarriageReturn(block, ref read, ref written);
                    break;

                case Position.AfterDot when block[read] == (byte)'\r':
                    _position = Position.AfterDotCr;
                    read++;
                    break;

                case Position.AfterDot:
                    // The dot was stuffed: it is dropped, and the line goes on (RFC 5321 §4.5.2).
                    _position = Position.Middle;
                    break;

                case Position.AfterDotCr when block[read] == (byte)'\n':
                    _position = Position.Finished;
                    read++;
                    break;

                default:
                    // "." CR and no LF: a bare CR. The byte that follows is looked at afresh.
                    Note(MessageFault.BareLineEnd);
                    _position = block[read] == (byte)'\r' ? Position.AfterCr : Position.Middle;
                    read += block[read] == (byte)'\r' ? 1 : 0;
                    break;
            }
        }

        consumed = read;
        return written;
    }

    private void CopyToLineEnd(Span<byte> block, ref int read, ref int written)
    {
        var rest = block[read..];
        var length = rest.IndexOfAny(LineEnds);
        var text = length < 0 ? rest : rest[..length];
        Keep(block, ref read, ref written, text.Length);
        _position = Position.Middle;
        if (length < 0)
        {
            return;
        }

        if (rest[length] == (byte)'\r')
        {
            _position = Position.AfterCr;
        }
        else
        {
            Note(MessageFault.BareLineEnd);
        }

        Keep(block, ref read, ref written, 1);
    }

    private void AfterCarriageReturn(Span<byte> block, ref int read, ref int written)
    {
        if (block[read] == (byte)'\n')
        {
            Keep(block, ref read, ref written, 1);
            _position = Position.LineStart;
            _lineLength = 0;
            return;
        }

        // Not an LF, so that CR was a bare one. The byte is looked at afresh: it may be a CR itself.
        Note(MessageFault.BareLineEnd);
        _position = Position.Middle;
    }

    private void Keep(Span<byte> block, ref int read, ref int written, int count)
    {
        if (read != written)
        {
            block.Slice(read, count).CopyTo(block[written..]);
        }

        read += count;
        written += count;
        _lineLength = (int)Math.Min(int.MaxValue, (long)_lineLength + count);
        if (_lineLength > maximumLineLength)
        {
            Note(MessageFault.LineTooLong);
        }
    }

    private void Note(MessageFault fault)
    {
        if (Fault == MessageFault.None)
        {
            Fault = fault;
        }
    }
}
