using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace SmtpTls.Protocol;

/// <summary>
/// Reads a path from UTF-8 by the grammar of RFC 5321 §4.1.2 (RFC 6531 §3.3 adds everything beyond ASCII). One goes over a
/// text once; for the ordinary ASCII path it allocates the strings that the path keeps and nothing else.
/// </summary>
internal ref struct MailPathReader(ReadOnlySpan<byte> text, bool smtpUtf8)
{
    internal static readonly string PathTooLong = $"it is longer than {MailPath.MaximumPath - 2} octets (RFC 5321 §4.5.3.1.3)";

    private const string Postmaster = "postmaster";

    // atext (RFC 5322 §3.2.3), the dot between atoms, and UTF8-non-ascii (RFC 6531 §3.3).
    private static readonly SearchValues<byte> DotString = SearchValues.Create(
        [.. "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~."u8, .. NonAscii()]);

    private readonly ReadOnlySpan<byte> _text = text;
    private readonly bool _smtpUtf8 = smtpUtf8;

    /// <summary>How many bytes were read.</summary>
    public int Position { get; private set; }

    /// <summary>Why it is no path, as the end of a sentence; empty where it is one.</summary>
    public string Error { get; set; } = "";

    private readonly ReadOnlySpan<byte> Rest => _text[Position..];

    /// <summary>Reads from '&lt;' to '&gt;'; null where that is no path.</summary>
    public MailPath? ReadPath()
    {
        if (!TryTake((byte)'<'))
        {
            return Refuse("it does not begin with '<'");
        }

        if (TryTake((byte)'>'))
        {
            return MailPath.Null;
        }

        if (Rest.StartsWith("@"u8) && !TrySkipSourceRoute())
        {
            return null;
        }

        var path = ReadMailbox(bracketed: true);
        return path is null || TryTake((byte)'>') ? path : Refuse("it has no closing '>'");
    }

    /// <summary>Reads a mailbox that ends where the text ends.</summary>
    public MailPath? ReadMailbox() => ReadMailbox(bracketed: false);

    /// <summary>What an error says of a control character.</summary>
    internal static string ControlCharacter(int character) => character switch
    {
        '\r' => "it holds a carriage return (CR)",
        '\n' => "it holds a line feed (LF)",
        '\0' => "it holds a NUL character",
        _ => string.Create(CultureInfo.InvariantCulture, $"it holds the control character U+{character:X4}"),
    };

    private static byte[] NonAscii() => [.. Enumerable.Range(0x80, 0x80).Select(static value => (byte)value)];

    private MailPath? ReadMailbox(bool bracketed)
    {
        var start = Position;
        var quoted = Rest.StartsWith("\""u8);
        if ((quoted ? ReadQuotedString() : ReadDotString()) is not { } localPart)
        {
            return null;
        }

        if (!quoted && IsPostmasterAlone(localPart, bracketed))
        {
            return new MailPath(localPart, "", localPart, needsSmtpUtf8: false);
        }

        var wireLocalPart = quoted ? LocalPartText.ToWire(localPart) : localPart;
        if (Encoding.UTF8.GetByteCount(wireLocalPart) > MailPath.MaximumLocalPart)
        {
            return Refuse($"its local part is longer than {MailPath.MaximumLocalPart} octets (RFC 5321 §4.5.3.1.1)");
        }

        if (!TryTake((byte)'@'))
        {
            return RefuseLocalPart("it has no '@' and domain after the local part", quoted);
        }

        if (ReadDomain(bracketed) is not { } domain)
        {
            return null;
        }

        // What was read is the address already, unless quotes were needless or there were more backslashes than need be.
        var address = quoted ? $"{wireLocalPart}@{domain}" : Encoding.UTF8.GetString(_text[start..Position]);
        return Encoding.UTF8.GetByteCount(address) + 2 > MailPath.MaximumPath
            ? Refuse(PathTooLong)
            : new MailPath(localPart, domain, address, !Ascii.IsValid(address));
    }

    // RFC 5321 §4.1.1.3: the one mailbox that needs no domain.
    private readonly bool IsPostmasterAlone(string localPart, bool bracketed) =>
        (bracketed ? Rest.StartsWith(">"u8) : Rest.IsEmpty) && localPart.Equals(Postmaster, StringComparison.OrdinalIgnoreCase);

    private string? ReadDotString()
    {
        var rest = Rest;
        var length = rest.IndexOfAnyExcept(DotString);
        var local = length < 0 ? rest : rest[..length];
        if (local.IsEmpty)
        {
            _ = RefuseLocalPart("its local part is empty", quoted: false);
            return null;
        }

        if (local[0] == (byte)'.' || local[^1] == (byte)'.' || local.IndexOf(".."u8) >= 0)
        {
            _ = Refuse("its local part begins or ends with a dot or has two in a row, which only a quoted one may (RFC 5321 §4.1.2)");
            return null;
        }

        Position += local.Length;
        return Decode(local);
    }

    private string? ReadQuotedString()
    {
        var content = new ArrayBufferWriter<byte>(MailPath.MaximumLocalPart);
        for (var position = Position + 1; position < _text.Length; position++)
        {
            var value = _text[position];
            if (value == (byte)'"')
            {
                Position = position + 1;
                return Decode(content.WrittenSpan);
            }

            var escaped = value == (byte)'\\' && position + 1 < _text.Length;
            if (escaped)
            {
                value = _text[++position];
            }

            // qtextSMTP and quoted-pairSMTP (RFC 5321 §4.1.2): the printable characters, and beyond ASCII only unescaped ones.
            if (value is < 0x20 or 0x7F)
            {
                _ = Refuse(ControlCharacter(value));
                return null;
            }

            if (escaped && value >= 0x80)
            {
                _ = Refuse("it has a backslash before a character beyond ASCII (RFC 6531 §3.3)");
                return null;
            }

            content.Write([value]);
        }

        _ = Refuse("its quoted local part has no closing quote");
        return null;
    }

    private string? ReadDomain(bool bracketed)
    {
        var length = bracketed ? Rest.IndexOf((byte)'>') : Rest.Length;
        if (length < 0)
        {
            _ = FirstControlCharacter(Rest) is { } character ? Refuse(ControlCharacter(character)) : Refuse("it has no closing '>'");
            return null;
        }

        var bytes = Rest[..length];
        if (bytes.Length > MailPath.MaximumDomain)
        {
            _ = Refuse($"its domain is longer than {MailPath.MaximumDomain} octets (RFC 5321 §4.5.3.1.2)");
            return null;
        }

        if (Decode(bytes) is not { } domain)
        {
            return null;
        }

        var complaint = DomainText.Complaint(domain);
        if (complaint.Length > 0)
        {
            _ = Refuse(complaint);
            return null;
        }

        Position += length;
        return domain;
    }

    // A-d-l ":" with A-d-l = At-domain *( "," At-domain ). SHOULD be ignored (RFC 5321 §4.1.1.3), not: may be anything.
    private bool TrySkipSourceRoute()
    {
        while (TryTake((byte)'@'))
        {
            var length = Rest.IndexOfAny((byte)',', (byte)':');
            if (length < 0)
            {
                break;
            }

            if (Decode(Rest[..length]) is not { } domain)
            {
                return false;
            }

            Position += length;
            if (DomainText.Complaint(domain).Length > 0)
            {
                break;
            }

            if (TryTake((byte)':'))
            {
                return true;
            }

            _ = TryTake((byte)',');
        }

        _ = Refuse("it begins with a malformed source route (RFC 5321 appendix C)");
        return false;
    }

    // To text; null where the bytes may not stand in any path.
    private string? Decode(ReadOnlySpan<byte> bytes)
    {
        if (FirstControlCharacter(bytes) is { } control)
        {
            _ = Refuse(ControlCharacter(control));
            return null;
        }

        if (Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        if (!_smtpUtf8)
        {
            _ = Refuse("it holds more than ASCII, and the client did not ask for SMTPUTF8 (RFC 6531)");
            return null;
        }

        if (!Utf8.IsValid(bytes))
        {
            _ = Refuse("it is not valid UTF-8");
            return null;
        }

        var decoded = Encoding.UTF8.GetString(bytes);
        foreach (var character in decoded)
        {
            if (char.IsControl(character))
            {
                _ = Refuse(ControlCharacter(character));
                return null;
            }
        }

        return decoded;
    }

    private static int? FirstControlCharacter(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (value is < 0x20 or 0x7F)
            {
                return value;
            }
        }

        return null;
    }

    private bool TryTake(byte expected)
    {
        if (Position == _text.Length || _text[Position] != expected)
        {
            return false;
        }

        Position++;
        return true;
    }

    // Names the byte that ended the local part too early, where there is one: it tells more than the fault that follows from it.
    private MailPath? RefuseLocalPart(string fault, bool quoted)
    {
        if (Rest.IsEmpty || Rest[0] is (byte)'@' or (byte)'>')
        {
            return Refuse(fault);
        }

        if (Rest[0] is < 0x20 or 0x7F)
        {
            return Refuse(ControlCharacter(Rest[0]));
        }

        return Refuse(quoted
            ? "its local part goes on after the closing quote"
            : $"its local part holds '{(char)Rest[0]}' outside quotes (RFC 5321 §4.1.2)");
    }

    private MailPath? Refuse(string error)
    {
        Error = error;
        return null;
    }
}
