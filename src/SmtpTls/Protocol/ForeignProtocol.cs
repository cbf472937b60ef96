namespace SmtpTls.Protocol;

/// <summary>Recognises by its first bytes what a server speaks that does not speak SMTP.</summary>
internal static class ForeignProtocol
{
    // None of these can begin a reply, whose first byte is a digit.
    private static readonly (string Name, byte[] Start)[] Signatures =
    [
        ("HTTP", "HTTP/"u8.ToArray()),
        ("HTTP", "<html"u8.ToArray()),          // an answer of HTTP/0.9, as to a request line that makes no sense
        ("HTTP", "<!doctype"u8.ToArray()),
        ("SSH", "SSH-"u8.ToArray()),            // RFC 4253 §4.2
        ("POP3", "+OK"u8.ToArray()),            // RFC 1939 §4
        ("IMAP", "* OK"u8.ToArray()),           // RFC 9051 §7.1
        ("TLS", [0x14, 0x03]),                  // RFC 8446 §5.1: content type, then the major version
        ("TLS", [0x15, 0x03]),
        ("TLS", [0x16, 0x03]),
        ("TLS", [0x17, 0x03]),
    ];

    /// <summary>The protocol that begins like this, or null.</summary>
    /// <param name="start">What has come so far, one byte or more.</param>
    /// <param name="undecided">True where more bytes may yet show it.</param>
    public static string? Recognise(ReadOnlySpan<byte> start, out bool undecided)
    {
        undecided = false;
        foreach (var (name, signature) in Signatures)
        {
            var length = Math.Min(start.Length, signature.Length);
            if (System.Text.Ascii.EqualsIgnoreCase(start[..length], signature.AsSpan(0, length)))
            {
                if (length == signature.Length)
                {
                    return name;
                }

                undecided = true;
            }
        }

        return null;
    }
}
