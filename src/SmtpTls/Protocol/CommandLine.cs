using System.Buffers.Binary;

namespace SmtpTls.Protocol;

/// <summary>The commands a server knows by name; knowing one is not the same as offering it.</summary>
internal enum SmtpVerb
{
    Unknown,
    Helo,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Expn,
    Help,
}

/// <summary>A command line cut into verb and argument (RFC 5321 §4.1.1). Nothing is copied.</summary>
internal readonly ref struct CommandLine
{
    private CommandLine(SmtpVerb verb, ReadOnlySpan<byte> argument)
    {
        Verb = verb;
        Argument = argument;
    }

    public SmtpVerb Verb { get; }

    /// <summary>What follows the verb, without the blanks around it.</summary>
    public ReadOnlySpan<byte> Argument { get; }

    /// <summary>Reads a line that has lost its CRLF. Never fails: a line that is no command is <see cref="SmtpVerb.Unknown"/>.</summary>
    public static CommandLine Parse(ReadOnlySpan<byte> line)
    {
        var verbLength = line.IndexOf((byte)' ');
        if (verbLength < 0)
        {
            // RFC 5321 §4.1.1.1: trailing white space is tolerated.
            line = line.TrimEnd(Blanks);
            verbLength = line.Length;
        }

        var verb = Name(line[..verbLength]);
        return new CommandLine(verb, line[verbLength..].Trim(Blanks));
    }

    private static ReadOnlySpan<byte> Blanks => " \t"u8;

    // Verbs are matched without regard to case (RFC 5321 §2.4); all but STARTTLS have four letters.
    private static SmtpVerb Name(ReadOnlySpan<byte> verb)
    {
        if (verb.Length == 4)
        {
            return (BinaryPrimitives.ReadUInt32BigEndian(verb) & 0xDFDFDFDF) switch
            {
                0x48454C4F => SmtpVerb.Helo,
                0x45484C4F => SmtpVerb.Ehlo,
                0x41555448 => SmtpVerb.Auth,
                0x4D41494C => SmtpVerb.Mail,
                0x52435054 => SmtpVerb.Rcpt,
                0x44415441 => SmtpVerb.Data,
                0x42444154 => SmtpVerb.Bdat,
                0x52534554 => SmtpVerb.Rset,
                0x4E4F4F50 => SmtpVerb.Noop,
                0x51554954 => SmtpVerb.Quit,
                0x56524659 => SmtpVerb.Vrfy,
                0x4558504E => SmtpVerb.Expn,
                0x48454C50 => SmtpVerb.Help,
                _ => SmtpVerb.Unknown,
            };
        }

        return System.Text.Ascii.EqualsIgnoreCase(verb, "STARTTLS"u8) ? SmtpVerb.StartTls : SmtpVerb.Unknown;
    }
}
