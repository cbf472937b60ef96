using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>The encoding of values that stand in SMTP parameters (RFC 3461 §4): printable ASCII, and <c>+2B</c> for what may not stand there.</summary>
internal static class Xtext
{
    // "!" to "~" without "+" and "=".
    private static readonly SearchValues<byte> Plain =
        SearchValues.Create(Enumerable.Range('!', '~' - '!' + 1).Where(c => c is not ('+' or '=')).Select(c => (byte)c).ToArray());

    /// <summary>
    /// Decodes a value. False where it is no xtext, and where it hides a character that is not printable ASCII: nothing
    /// that is encoded here may hold one (RFC 3461 §4.2 and §4.4), and in a report it could begin another header field.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> value, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var decoded = new StringBuilder(value.Length);
        while (!value.IsEmpty)
        {
            var length = value.IndexOfAnyExcept(Plain);
            var plain = length < 0 ? value : value[..length];
            decoded.Append(Encoding.ASCII.GetString(plain));
            value = value[plain.Length..];
            if (value.IsEmpty)
            {
                break;
            }

            if (value.Length < 3 || value[0] != (byte)'+' || !TryHexadecimal(value.Slice(1, 2), out var character) || character is < 0x20 or > 0x7E)
            {
                return false;
            }

            decoded.Append((char)character);
            value = value[3..];
        }

        text = decoded.ToString();
        return true;
    }

    /// <summary>As <see cref="TryDecode(ReadOnlySpan{byte}, out string?)"/>, of a value that was kept as text.</summary>
    public static bool TryDecode(string value, [NotNullWhen(true)] out string? text) => TryDecode(Encoding.UTF8.GetBytes(value), out text);

    // RFC 3461 §4: upper case digits.
    private static bool TryHexadecimal(ReadOnlySpan<byte> digits, out int value)
    {
        value = 0;
        return !digits.ContainsAnyInRange((byte)'a', (byte)'f')
            && int.TryParse(Encoding.ASCII.GetString(digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
