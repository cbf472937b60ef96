using System.Text;

namespace SmtpTls.Protocol;

/// <summary>The parameters of RCPT: NOTIFY and ORCPT (RFC 3461 §4.1 and §4.2).</summary>
internal readonly record struct RecipientParameters
{
    // RFC 3461 §4.2.
    private const int MaximumOriginalRecipient = 500;

    private const string BadNotify = "501 5.5.4 NOTIFY must be NEVER, or some of SUCCESS, FAILURE and DELAY, once";
    private const string BadOriginalRecipient = "501 5.5.4 ORCPT must be a type and an address in xtext, rfc822;user@example.com, once";

    /// <summary>NOTIFY.</summary>
    public DsnNotify Notify { get; private init; }

    /// <summary>ORCPT as given, type and address in xtext, or null.</summary>
    public string? OriginalRecipient { get; private init; }

    /// <summary>Reads what follows the forward-path. The error is a whole reply text.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> text, OfferedParameters offered, bool smtpUtf8, out RecipientParameters parameters, out string error)
    {
        parameters = default;
        while (ParameterText.TryNext(ref text, out var name, out var value))
        {
            if (offered.HasFlag(OfferedParameters.Dsn) && Ascii.EqualsIgnoreCase(name, "NOTIFY="u8))
            {
                if (parameters.Notify != DsnNotify.Unspecified || !TryNotify(value, out var notify))
                {
                    error = BadNotify;
                    return false;
                }

                parameters = parameters with { Notify = notify };
            }
            else if (offered.HasFlag(OfferedParameters.Dsn) && Ascii.EqualsIgnoreCase(name, "ORCPT="u8))
            {
                if (parameters.OriginalRecipient is not null || !IsOriginalRecipient(value, smtpUtf8))
                {
                    error = BadOriginalRecipient;
                    return false;
                }

                parameters = parameters with { OriginalRecipient = Encoding.UTF8.GetString(value) };
            }
            else
            {
                error = "555 5.5.4 A parameter of RCPT is not offered here";
                return false;
            }
        }

        error = "";
        return true;
    }

    // "NEVER", or a list without blanks.
    private static bool TryNotify(ReadOnlySpan<byte> value, out DsnNotify notify)
    {
        notify = DsnNotify.Unspecified;
        if (Ascii.EqualsIgnoreCase(value, "NEVER"u8))
        {
            notify = DsnNotify.Never;
            return true;
        }

        while (true)
        {
            var end = value.IndexOf((byte)',');
            var word = end < 0 ? value : value[..end];
            var wanted = Ascii.EqualsIgnoreCase(word, "SUCCESS"u8) ? DsnNotify.Success
                : Ascii.EqualsIgnoreCase(word, "FAILURE"u8) ? DsnNotify.Failure
                : Ascii.EqualsIgnoreCase(word, "DELAY"u8) ? DsnNotify.Delay
                : DsnNotify.Unspecified;
            if (wanted == DsnNotify.Unspecified)
            {
                return false;
            }

            notify |= wanted;
            if (end < 0)
            {
                return true;
            }

            value = value[(end + 1)..];
        }
    }

    // addr-type ";" xtext. With SMTPUTF8 an address of type utf-8 may stand there as it is (RFC 6533 §3, unitext).
    private static bool IsOriginalRecipient(ReadOnlySpan<byte> value, bool smtpUtf8)
    {
        var semicolon = value.IndexOf((byte)';');
        if (value.Length > MaximumOriginalRecipient || semicolon < 1 || semicolon == value.Length - 1)
        {
            return false;
        }

        var type = value[..semicolon];
        foreach (var octet in type)
        {
            if (!char.IsAsciiLetterOrDigit((char)octet) && octet is not ((byte)'-' or (byte)'.'))
            {
                return false;
            }
        }

        var address = value[(semicolon + 1)..];
        return Xtext.TryDecode(address, out _) || (smtpUtf8 && Ascii.EqualsIgnoreCase(type, "utf-8"u8) && IsUnitext(address));
    }

    private static bool IsUnitext(ReadOnlySpan<byte> address)
    {
        if (!System.Text.Unicode.Utf8.IsValid(address) || address.ContainsAny((byte)'+', (byte)'='))
        {
            return false;
        }

        // C1 controls are two octets of UTF-8 and yet control characters.
        return !Encoding.UTF8.GetString(address).Any(c => char.IsControl(c) || char.IsWhiteSpace(c));
    }
}
