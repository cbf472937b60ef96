using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace SmtpTls.Tls;

/// <summary>SHA-256 fingerprints as people write them: hexadecimal, any case, with or without colons.</summary>
internal static class Fingerprint
{
    private const int HexDigits = 64;
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789ABCDEFabcdef");

    /// <summary>Brings a fingerprint into the form in which <see cref="CertificateInfo.Sha256"/> is given.</summary>
    /// <param name="text">For example <c>AB:CD:…</c>, as <c>openssl x509 -fingerprint -sha256</c> prints it.</param>
    /// <param name="normalized">64 hexadecimal digits, upper case.</param>
    /// <param name="error">Why it is none, as the end of a sentence.</param>
    internal static bool TryNormalize(string? text, [NotNullWhen(true)] out string? normalized, out string error)
    {
        normalized = null;
        var digits = (text ?? "").Trim().Replace(":", "", StringComparison.Ordinal);
        if (digits.AsSpan().ContainsAnyExcept(Hexadecimal))
        {
            error = "it holds something other than hexadecimal digits and colons";
            return false;
        }

        if (digits.Length != HexDigits)
        {
            error = digits.Length == 40
                ? "it has 40 digits, so it is a SHA-1 thumbprint; a SHA-256 fingerprint has 64"
                : $"it has {digits.Length} digits; a SHA-256 fingerprint has {HexDigits}";
            return false;
        }

        normalized = digits.ToUpperInvariant();
        error = "";
        return true;
    }

    /// <summary>True where one of the fingerprints is the certificate's or its public key's. One that cannot be read matches nothing.</summary>
    internal static bool MatchesAny(IReadOnlyList<string> fingerprints, CertificateInfo certificate) =>
        fingerprints.Any(f => TryNormalize(f, out var wanted, out _) && (wanted == certificate.Sha256 || wanted == certificate.SpkiSha256));
}
