using System.Buffers;

namespace SmtpTls.Protocol;

/// <summary>
/// Holds the content of BDAT chunks (RFC 3030) against the same rules as DATA: chunks carry no stuffed dots, but
/// without BINARYMIME they are lines that end with CRLF.
/// </summary>
internal sealed class LineEndCheck(int maximumLineLength)
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private bool _afterCr;
    private long _lineLength;

    public MessageFault Fault { get; private set; }

    public void Reset()
    {
        _afterCr = false;
        _lineLength = 0;
        Fault = MessageFault.None;
    }

    /// <summary>Looks at the next bytes of the message.</summary>
    public void Read(ReadOnlySpan<byte> block)
    {
        while (!block.IsEmpty && Fault == MessageFault.None)
        {
            if (_afterCr)
            {
                _afterCr = false;
                _lineLength = 0;
                Fault = block[0] == (byte)'\n' ? MessageFault.None : MessageFault.BareLineEnd;
                block = block[1..];
                continue;
            }

            var length = block.IndexOfAny(LineEnds);
            // Its end counts as well, as it does in DATA.
            _lineLength += length < 0 ? block.Length : length + "\r\n".Length;
            if (_lineLength > maximumLineLength)
            {
                Fault = MessageFault.LineTooLong;
            }
            else if (length >= 0 && block[length] == (byte)'\n')
            {
                Fault = MessageFault.BareLineEnd;
            }

            _afterCr = length >= 0;
            block = length < 0 ? default : block[(length + 1)..];
        }
    }

    /// <summary>The message has ended: a CR at its very end is a bare one.</summary>
    public void Finish()
    {
        if (_afterCr && Fault == MessageFault.None)
        {
            Fault = MessageFault.BareLineEnd;
        }
    }
}
