using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>Names and checks of certificate signatures.</summary>
internal static class CertificateSignature
{
    internal const string RsaPssOid = "1.2.840.113549.1.1.10";

    private sealed record Algorithm(string Name, HashAlgorithmName Hash, bool IsEcdsa, bool IsWeak);

    // RFC 3279 §2.2, RFC 4055 §5, RFC 5758 §3.2. MD5 and SHA-1: collisions are practical (RFC 6151, RFC 9155).
    private static readonly Dictionary<string, Algorithm> Known = new(StringComparer.Ordinal)
    {
        ["1.2.840.113549.1.1.4"] = new("md5RSA", HashAlgorithmName.MD5, IsEcdsa: false, IsWeak: true),
        ["1.2.840.113549.1.1.5"] = new("sha1RSA", HashAlgorithmName.SHA1, IsEcdsa: false, IsWeak: true),
        ["1.2.840.113549.1.1.11"] = new("sha256RSA", HashAlgorithmName.SHA256, IsEcdsa: false, IsWeak: false),
        ["1.2.840.113549.1.1.12"] = new("sha384RSA", HashAlgorithmName.SHA384, IsEcdsa: false, IsWeak: false),
        ["1.2.840.113549.1.1.13"] = new("sha512RSA", HashAlgorithmName.SHA512, IsEcdsa: false, IsWeak: false),
        ["1.2.840.10045.4.1"] = new("sha1ECDSA", HashAlgorithmName.SHA1, IsEcdsa: true, IsWeak: true),
        ["1.2.840.10045.4.3.2"] = new("sha256ECDSA", HashAlgorithmName.SHA256, IsEcdsa: true, IsWeak: false),
        ["1.2.840.10045.4.3.3"] = new("sha384ECDSA", HashAlgorithmName.SHA384, IsEcdsa: true, IsWeak: false),
        ["1.2.840.10045.4.3.4"] = new("sha512ECDSA", HashAlgorithmName.SHA512, IsEcdsa: true, IsWeak: false),
    };

    /// <summary><c>sha256RSA</c> and so on, as Windows shows it; the OID where it is not known here.</summary>
    internal static string Name(string? oid) => oid switch
    {
        null => "",
        RsaPssOid => "RSASSA-PSS",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ => Known.TryGetValue(oid, out var algorithm) ? algorithm.Name : oid,
    };

    /// <summary>True for the names of algorithms whose hash is broken.</summary>
    internal static bool IsWeak(string name) => Known.Values.Any(a => a.IsWeak && a.Name == name);

    /// <summary>
    /// True where subject and issuer are one name and the signature verifies with the certificate's own key. Where the
    /// algorithm cannot be computed here (Ed25519 before .NET 11, RSASSA-PSS), equal names and key identifiers decide.
    /// </summary>
    internal static bool IsSelfSigned(X509Certificate2 certificate)
    {
        if (!certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
        {
            return false;
        }

        try
        {
            return certificate.SignatureAlgorithm.Value is { } oid && Known.TryGetValue(oid, out var algorithm)
                ? Verifies(certificate, algorithm)
                : KeyIdentifiersAgree(certificate);
        }
        catch (Exception exception) when (exception is CryptographicException or AsnContentException or PlatformNotSupportedException)
        {
            // A key or signature that cannot be read did not sign anything that counts.
            return false;
        }
    }

    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING } (RFC 5280 §4.1).
    private static bool Verifies(X509Certificate2 certificate, Algorithm algorithm)
    {
        var parts = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
        var signed = parts.ReadEncodedValue().Span;
        _ = parts.ReadEncodedValue();
        var signature = parts.ReadBitString(out _);

        if (algorithm.IsEcdsa)
        {
            using var ecdsa = certificate.GetECDsaPublicKey();
            return ecdsa is not null && ecdsa.VerifyData(signed, signature, algorithm.Hash, DSASignatureFormat.Rfc3279DerSequence);
        }

        using var rsa = certificate.GetRSAPublicKey();
        return rsa is not null && rsa.VerifyData(signed, signature, algorithm.Hash, RSASignaturePadding.Pkcs1);
    }

    private static bool KeyIdentifiersAgree(X509Certificate2 certificate)
    {
        var authority = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        var subject = certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes;
        return authority is null || subject is null || authority.Value.Span.SequenceEqual(subject.Value.Span);
    }
}
