using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SmtpTls;

/// <summary>
/// A password's hash: PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2), in text <c>pbkdf2-sha256$600000$salt$hash</c>, the last two
/// in base64.
/// </summary>
/// <param name="Iterations">Rounds.</param>
/// <param name="Salt">16 octets or more.</param>
/// <param name="Hash">32 octets.</param>
internal sealed record PasswordHash(int Iterations, byte[] Salt, byte[] Hash)
{
    /// <summary>What OWASP's Password Storage Cheat Sheet asks for with this function.</summary>
    public const int DefaultIterations = 600_000;

    // NIST SP 800-63B §5.1.1.2 asks for at least 10,000.
    private const int FewestIterations = 10_000;

    // Some four seconds of a processor; a hash that costs more is a mistake, and would stop the mail.
    private const int MostIterations = 10_000_000;

    // 128 bits: NIST SP 800-132 §5.1.
    private const int SaltLength = 16;
    private const int LongestSalt = 64;
    private const int HashLength = 32;
    private const string Scheme = "pbkdf2-sha256";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Hashes a password with a new salt.</summary>
    public static PasswordHash Create(string password, int iterations = DefaultIterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return new PasswordHash(iterations, salt, Derive(password, salt, iterations));
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? hash, out string error)
    {
        hash = null;
        var parts = text.Split('$');
        if (parts.Length != 4 || parts[0] != Scheme)
        {
            error = $"it does not have the form {Scheme}$iterations$salt$hash";
            return false;
        }

        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < FewestIterations or > MostIterations)
        {
            error = string.Create(CultureInfo.InvariantCulture, $"its iterations are no number from {FewestIterations} to {MostIterations}");
            return false;
        }

        if (!TryDecode(parts[2], out var salt) || salt.Length is < SaltLength or > LongestSalt)
        {
            error = $"its salt is no base64 of {SaltLength} to {LongestSalt} octets";
            return false;
        }

        if (!TryDecode(parts[3], out var value) || value.Length != HashLength)
        {
            error = $"its hash is no base64 of {HashLength} octets";
            return false;
        }

        error = "";
        hash = new PasswordHash(iterations, salt, value);
        return true;
    }

    /// <summary>True where it is the password's; takes as long where it is not. Costs <paramref name="work"/> rounds, whatever its own number.</summary>
    public bool Matches(string password, int work)
    {
        var equal = CryptographicOperations.FixedTimeEquals(Derive(password, Salt, Iterations), Hash);
        if (work > Iterations)
        {
            _ = Derive(password, Salt, work - Iterations);
        }

        return equal;
    }

    /// <summary>The text form.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Scheme}${Iterations}${Convert.ToBase64String(Salt)}${Convert.ToBase64String(Hash)}");

    // In NFC, so that "ü" typed on two systems is one password (RFC 8265 §4.2.2).
    internal static byte[] Octets(string password) => StrictUtf8.GetBytes(password.Normalize(NormalizationForm.FormC));

    private static byte[] Derive(string password, byte[] salt, int iterations)
    {
        var octets = Octets(password);
        try
        {
            return Rfc2898DeriveBytes.Pbkdf2(octets, salt, iterations, HashAlgorithmName.SHA256, HashLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(octets);
        }
    }

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        var decoded = Convert.TryFromBase64String(text, bytes, out var length);
        bytes = decoded ? bytes[..length] : [];
        return decoded;
    }
}
