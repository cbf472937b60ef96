using System.Buffers.Text;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>Extensions with parameters that a session may be offered or not.</summary>
[Flags]
internal enum OfferedParameters
{
    None = 0,

    /// <summary>RET, ENVID, NOTIFY, ORCPT (RFC 3461).</summary>
    Dsn = 1,

    /// <summary>AUTH (RFC 4954 §5).</summary>
    Auth = 2,
}

/// <summary>The parameters of MAIL: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET and ENVID (RFC 3461), AUTH (RFC 4954).</summary>
internal readonly record struct MailParameters
{
    // RFC 3461 §4.4.
    private const int MaximumEnvelopeId = 100;

    // The xtext of the longest path (RFC 3461 §4.2 has the same number for ORCPT).
    private const int MaximumSubmitter = 500;

    /// <summary>Octets of the message as the client counts them, or null.</summary>
    public long? Size { get; private init; }

    /// <summary>True for BODY=8BITMIME.</summary>
    public bool EightBitMime { get; private init; }

    /// <summary>True where SMTPUTF8 stands there.</summary>
    public bool SmtpUtf8 { get; private init; }

    /// <summary>RET.</summary>
    public DsnReturn Return { get; private init; }

    /// <summary>ENVID as given, in xtext, or null.</summary>
    public string? EnvelopeId { get; private init; }

    /// <summary>
    /// Reads what follows the reverse-path. The error is a whole reply text and begins with its code: an unknown
    /// parameter is 555 (RFC 5321 §4.1.1.11), a bad value 501.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, OfferedParameters offered, out MailParameters parameters, out string error)
    {
        parameters = default;
        error = "";
        while (ParameterText.TryNext(ref text, out var name, out var value))
        {
            if (!parameters.TryAdd(name, value, offered, out parameters, out error))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True where SMTPUTF8 stands among the parameters: the path before them is read differently then (RFC 6531 §3.4).</summary>
    public static bool HasSmtpUtf8(ReadOnlySpan<byte> argument)
    {
        // Whatever stands inside the path's brackets cannot follow the last '>'.
        var parameters = argument[(argument.LastIndexOf((byte)'>') + 1)..];
        while (ParameterText.TryNext(ref parameters, out var name, out var value))
        {
            if (value.IsEmpty && Ascii.EqualsIgnoreCase(name, "SMTPUTF8"u8))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryAdd(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, OfferedParameters offered, out MailParameters result, out string error)
    {
        result = this;
        error = "";
        if (value.IsEmpty && Ascii.EqualsIgnoreCase(name, "SMTPUTF8"u8))
        {
            result = this with { SmtpUtf8 = true };
        }
        else if (Ascii.EqualsIgnoreCase(name, "BODY="u8))
        {
            error = Ascii.EqualsIgnoreCase(value, "7BIT"u8) || Ascii.EqualsIgnoreCase(value, "8BITMIME"u8) ? "" : "501 5.5.4 BODY must be 7BIT or 8BITMIME";
            result = this with { EightBitMime = value.Length == "8BITMIME"u8.Length };
        }
        else if (Ascii.EqualsIgnoreCase(name, "SIZE="u8))
        {
            // RFC 1870 §3: up to twenty digits; more than a long is more than any limit.
            error = value.IsEmpty || value.Length > 20 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? "501 5.5.4 SIZE must be a number of octets" : "";
            result = this with { Size = Utf8Parser.TryParse(value, out long size, out _) ? size : long.MaxValue };
        }
        else if (offered.HasFlag(OfferedParameters.Auth) && Ascii.EqualsIgnoreCase(name, "AUTH="u8))
        {
            // RFC 4954 §5: whom a client names there counts only where it is trusted to; here it never does.
            error = value.SequenceEqual("<>"u8) || (!value.IsEmpty && value.Length <= MaximumSubmitter && Xtext.TryDecode(value, out _))
                ? "" : "501 5.5.4 AUTH must be an address in xtext, or <>";
        }
        else
        {
            return TryAddDsn(name, value, offered, out result, out error);
        }

        return error.Length == 0;
    }

    private bool TryAddDsn(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, OfferedParameters offered, out MailParameters result, out string error)
    {
        result = this;
        if (offered.HasFlag(OfferedParameters.Dsn) && Ascii.EqualsIgnoreCase(name, "RET="u8))
        {
            var wanted = Ascii.EqualsIgnoreCase(value, "FULL"u8) ? DsnReturn.Full : Ascii.EqualsIgnoreCase(value, "HDRS"u8) ? DsnReturn.Headers : DsnReturn.Unspecified;
            error = wanted == DsnReturn.Unspecified || Return != DsnReturn.Unspecified ? "501 5.5.4 RET must be FULL or HDRS, once" : "";
            result = this with { Return = wanted };
        }
        else if (offered.HasFlag(OfferedParameters.Dsn) && Ascii.EqualsIgnoreCase(name, "ENVID="u8))
        {
            error = value.IsEmpty || value.Length > MaximumEnvelopeId || EnvelopeId is not null || !Xtext.TryDecode(value, out _)
                ? "501 5.5.4 ENVID must be printable characters in xtext, 100 at most, once" : "";
            result = this with { EnvelopeId = Encoding.ASCII.GetString(value) };
        }
        else
        {
            error = "555 5.5.4 A parameter of MAIL is not offered here";
        }

        return error.Length == 0;
    }
}

/// <summary>Cuts what follows a path into parameters.</summary>
internal static class ParameterText
{
    /// <summary>Takes the next parameter: its name with the '=' where it has one, and its value. False at the end.</summary>
    public static bool TryNext(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        text = text.TrimStart((byte)' ');
        var end = text.IndexOf((byte)' ');
        var word = end < 0 ? text : text[..end];
        text = text[word.Length..];
        var equals = word.IndexOf((byte)'=');
        name = equals < 0 ? word : word[..(equals + 1)];
        value = equals < 0 ? default : word[(equals + 1)..];
        return !word.IsEmpty;
    }
}
