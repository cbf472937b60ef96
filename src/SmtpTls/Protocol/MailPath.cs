using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace SmtpTls.Protocol;

/// <summary>
/// What stands between the angle brackets of MAIL and RCPT (RFC 5321 §4.1.2, with RFC 6531 §3.3 for UTF-8): a mailbox,
/// nothing (the null reverse-path), or <c>postmaster</c> alone.
/// </summary>
internal sealed record MailPath
{
    /// <summary>Longest local part in octets, in the form in which it is sent (RFC 5321 §4.5.3.1.1).</summary>
    internal const int MaximumLocalPart = 64;

    /// <summary>Longest domain in octets (RFC 5321 §4.5.3.1.2).</summary>
    internal const int MaximumDomain = 255;

    /// <summary>Longest path in octets, angle brackets included (RFC 5321 §4.5.3.1.3).</summary>
    internal const int MaximumPath = 256;

    // A local part may be typed with a backslash before each of its characters, and is measured without the needless ones.
    private const int MaximumText = MaximumPath + MaximumLocalPart;

    internal MailPath(string localPart, string domain, string address, bool needsSmtpUtf8)
    {
        LocalPart = localPart;
        Domain = domain;
        Address = address;
        NeedsSmtpUtf8 = needsSmtpUtf8;
    }

    /// <summary>The null reverse-path <c>&lt;&gt;</c> of notifications, to which nothing may be sent (RFC 5321 §4.5.5).</summary>
    public static MailPath Null { get; } = new("", "", "", needsSmtpUtf8: false);

    /// <summary>What the local part means: without the quotes and backslashes that it may need on the wire.</summary>
    public string LocalPart { get; }

    /// <summary>
    /// The domain as given; an address literal with its brackets; empty for <see cref="Null"/> and for <c>postmaster</c> alone.
    /// </summary>
    public string Domain { get; }

    /// <summary>True where local part or domain, as given, hold more than ASCII (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 { get; }

    /// <summary>
    /// The path without angle brackets, the local part quoted only where it must be (RFC 5321 §4.1.2); empty for
    /// <see cref="Null"/>.
    /// </summary>
    public string Address { get; }

    /// <summary>Reads what a person types: <c>a@test</c>, <c>&lt;a@test&gt;</c>, <c>&lt;&gt;</c> for the null reverse-path.</summary>
    /// <param name="text">The address.</param>
    /// <param name="path">The path.</param>
    /// <param name="error">Why it is none, as the end of a sentence: "… is not a mail address: {error}".</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out MailPath? path, out string error)
    {
        path = null;
        if (string.IsNullOrEmpty(text))
        {
            error = "it is empty";
            return false;
        }

        if (text.Length > MaximumText)
        {
            error = MailPathReader.PathTooLong;
            return false;
        }

        // Before anything else is said about it: a line end in an address is an attempt to add a command.
        foreach (var character in text)
        {
            if (char.IsControl(character))
            {
                error = MailPathReader.ControlCharacter(character);
                return false;
            }
        }

        if (text[0] != '<' && text[^1] == '>' && text.Contains('<', StringComparison.Ordinal))
        {
            error = "it has a display name; give the address alone";
            return false;
        }

        Span<byte> buffer = stackalloc byte[3 * MaximumText];
        if (Utf8.FromUtf16(text, buffer, out _, out var length, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            error = "it holds half of a surrogate pair, which is no character";
            return false;
        }

        var reader = new MailPathReader(buffer[..length], smtpUtf8: true);
        path = buffer[0] == (byte)'<' ? reader.ReadPath() : reader.ReadMailbox();
        if (path is not null && reader.Position < length)
        {
            path = null;
            reader.Error = "it goes on after the closing '>'";
        }

        error = reader.Error;
        return path is not null;
    }

    /// <summary>
    /// Reads a path from a command. An obsolete source route is read and dropped (RFC 5321 §4.1.1.3 and appendix C).
    /// Whether a command may carry <c>&lt;&gt;</c> or <c>&lt;postmaster&gt;</c> is the caller's business.
    /// </summary>
    /// <param name="text">The command's bytes from '&lt;' on; what follows '&gt;' is left for the caller.</param>
    /// <param name="smtpUtf8">True where the client asked for SMTPUTF8; otherwise only ASCII is a path.</param>
    /// <param name="path">The path.</param>
    /// <param name="consumed">The path's length, both angle brackets included; 0 where it is none.</param>
    /// <param name="error">Why it is none, as the end of a sentence about the path.</param>
    public static bool TryParseWire(
        ReadOnlySpan<byte> text, bool smtpUtf8, [NotNullWhen(true)] out MailPath? path, out int consumed, out string error)
    {
        var reader = new MailPathReader(text, smtpUtf8);
        path = reader.ReadPath();
        consumed = path is null ? 0 : reader.Position;
        error = reader.Error;
        return path is not null;
    }

    /// <summary>
    /// The same path for a server without SMTPUTF8: the domain in A-labels. False where the local part needs SMTPUTF8, or
    /// the A-labels make the path too long.
    /// </summary>
    public bool TryToAscii([NotNullWhen(true)] out MailPath? ascii)
    {
        ascii = NeedsSmtpUtf8 ? null : this;
        if (NeedsSmtpUtf8 && Ascii.IsValid(LocalPart) && DnsName.TryParse(Domain, out var name, out _))
        {
            var address = $"{Address.AsSpan(0, Address.Length - Domain.Length)}{name.Value}";
            ascii = address.Length + 2 <= MaximumPath ? new MailPath(LocalPart, name.Value, address, needsSmtpUtf8: false) : null;
        }

        return ascii is not null;
    }

    /// <summary>The address in angle brackets, as it stands in a command.</summary>
    public override string ToString() => $"<{Address}>";
}
