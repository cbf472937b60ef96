using System.Buffers;

namespace SmtpTls.Protocol;

/// <summary>How far the reading of a reply has come.</summary>
internal enum ReplyParseStatus
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>The reply is there.</summary>
    Complete,

    /// <summary>What came is no reply; the connection is of no more use, because nobody knows where the next one would begin.</summary>
    Malformed,
}

/// <summary>
/// Reads a server's replies (RFC 5321 §4.2) from bytes as they come, wherever they are cut. Strict about what decides:
/// the code, the separator, one code for all lines, the limits. Tolerant of what does not: a bare LF ends a line as well,
/// long lines are read, and bytes that are no text become '?' or U+FFFD.
/// </summary>
internal sealed class ReplyParser
{
    /// <summary>
    /// Most lines of a reply. Real replies to EHLO have some twenty; without a bound a server could feed a client for ever.
    /// </summary>
    internal const int MaximumLines = 128;

    /// <summary>Most bytes of a reply, line ends included: 128 lines of the 512 octets of RFC 5321 §4.5.3.1.5.</summary>
    internal const int MaximumBytes = 64 * 1024;

    /// <summary>
    /// Most bytes of a line, its end included: eight times what RFC 5321 §4.5.3.1.5 allows, for servers that explain at length.
    /// </summary>
    internal const int MaximumLineBytes = 4 * 1024;

    private const int CodeLength = 3;

    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly List<string> _texts = [];
    private ReplyParseStatus _status;
    private int _code;
    private int _bytes;
    private EnhancedStatusCode? _enhanced;

    /// <summary>The reply, after <see cref="ReplyParseStatus.Complete"/> and until the next <see cref="Read"/>.</summary>
    public SmtpReply? Reply { get; private set; }

    /// <summary>
    /// What is wrong, after <see cref="ReplyParseStatus.Malformed"/>, as the end of a sentence about the server; it quotes what came.
    /// </summary>
    public string Error { get; private set; } = "";

    private int LineNumber => _texts.Count + 1;

    /// <summary>Takes bytes up to the end of one reply at most. After a reply, or a fault, the next call begins anew.</summary>
    /// <param name="input">What came.</param>
    /// <param name="consumed">How many of its bytes were taken; all of them where the reply is incomplete.</param>
    public ReplyParseStatus Read(ReadOnlySpan<byte> input, out int consumed)
    {
        if (_status != ReplyParseStatus.Incomplete)
        {
            Reset();
        }

        consumed = 0;
        while (consumed < input.Length && _status == ReplyParseStatus.Incomplete)
        {
            var rest = input[consumed..];
            var end = rest.IndexOf((byte)'\n');
            var wanted = end < 0 ? rest.Length : end + 1;
            var taken = Math.Min(wanted, Math.Min(MaximumLineBytes - _line.WrittenCount, MaximumBytes - _bytes));
            _line.Write(rest[..taken]);
            _bytes += taken;
            consumed += taken;
            if (!HeadMayStand())
            {
                continue;
            }

            if (taken < wanted)
            {
                Refuse(_bytes == MaximumBytes
                    ? $"its reply is longer than {MaximumBytes / 1024} KiB"
                    : $"line {LineNumber} of its reply is longer than {MaximumLineBytes} bytes");
            }
            else if (end >= 0)
            {
                EndLine();
            }
        }

        return _status;
    }

    private void Reset()
    {
        _status = ReplyParseStatus.Incomplete;
        _line.ResetWrittenCount();
        _texts.Clear();
        _code = 0;
        _bytes = 0;
        _enhanced = null;
        Reply = null;
        Error = "";
    }

    // Looks at code and separator as far as they have come, so that what is no reply shows at once and not at its end.
    private bool HeadMayStand()
    {
        var line = _line.WrittenSpan;
        for (var index = 0; index < Math.Min(line.Length, CodeLength); index++)
        {
            if (!char.IsAsciiDigit((char)line[index]) || (index == 0 && line[0] is < (byte)'2' or > (byte)'5'))
            {
                RefuseHead(line);
                return false;
            }
        }

        if (line.Length < CodeLength)
        {
            return true;
        }

        var code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0');
        if (_texts.Count > 0 && code != _code)
        {
            Refuse($"its reply changes the code from {_code} to {code} in line {LineNumber} (RFC 5321 §4.2.1)");
            return false;
        }

        _code = code;
        if (SeparatorMayStand(line[CodeLength..]))
        {
            return true;
        }

        Refuse($"line {LineNumber} of its reply has neither a blank nor a hyphen after the code (RFC 5321 §4.2)");
        return false;
    }

    // A CR is one only where the LF follows: a bare one ends no line (RFC 5321 §2.3.8).
    private static bool SeparatorMayStand(ReadOnlySpan<byte> rest) => rest switch
    {
        [] or [(byte)' ' or (byte)'-' or (byte)'\n', ..] => true,
        [(byte)'\r'] or [(byte)'\r', (byte)'\n', ..] => true,
        _ => false,
    };

    private void RefuseHead(ReadOnlySpan<byte> line)
    {
        if (_texts.Count > 0)
        {
            Refuse($"line {LineNumber} of its reply does not begin with a reply code (RFC 5321 §4.2.1)");
            return;
        }

        var protocol = ForeignProtocol.Recognise(line, out var undecided);
        if (protocol is not null)
        {
            Refuse($"it answers {protocol}, not SMTP");
        }
        else if (!undecided)
        {
            Refuse("its answer does not begin with a reply code from 200 to 599, so it is not SMTP (RFC 5321 §4.2)");
        }
    }

    private void Refuse(string error)
    {
        _status = ReplyParseStatus.Malformed;
        Error = $"{error}: {WireText.Quote(_line.WrittenSpan)}";
    }

    private void EndLine()
    {
        var line = _line.WrittenSpan;
        line = line[..^(line.EndsWith("\r\n"u8) ? 2 : 1)];
        var more = line.Length > CodeLength && line[CodeLength] == (byte)'-';
        if (more && LineNumber == MaximumLines)
        {
            Refuse($"its reply has more than {MaximumLines} lines");
            return;
        }

        var text = WireText.Decode(line[Math.Min(line.Length, CodeLength + 1)..]);
        _texts.Add(WithoutEnhancedCode(text));
        _line.ResetWrittenCount();
        if (!more)
        {
            Reply = new SmtpReply(_code, _enhanced, _texts.ToArray());
            _status = ReplyParseStatus.Complete;
        }
    }

    // The first line decides whether there is one: some servers leave it out of the others, against RFC 2034 §4. A code
    // whose class contradicts the reply's is text, and so is another code than the first line's.
    private string WithoutEnhancedCode(string text)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        var end = blank < 0 ? text.Length : blank;
        if (!EnhancedStatusCode.TryParse(text.AsSpan(0, end), out var enhanced) || enhanced.Class != _code / 100)
        {
            return text;
        }

        if (_texts.Count == 0)
        {
            _enhanced = enhanced;
        }

        return enhanced == _enhanced ? text[Math.Min(text.Length, end + 1)..] : text;
    }
}
