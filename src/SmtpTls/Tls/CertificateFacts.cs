using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>
/// Reads a certificate into the record that is shown. Odd keys, names and signatures are read as far as they go; a
/// CryptographicException means that the system itself cannot read the certificate (a date that is none, for example).
/// </summary>
internal static class CertificateFacts
{
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const string EcPublicKeyOid = "1.2.840.10045.2.1";
    private const string Ed25519Oid = "1.3.101.112";

    internal static CertificateInfo Read(X509Certificate2 certificate, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(clock);
        return Read(certificate, CertificateNames.Read(certificate), clock);
    }

    internal static CertificateInfo Read(X509Certificate2 certificate, CertificateNames names, TimeProvider clock)
    {
        var (algorithm, size) = Key(certificate.PublicKey);
        var notAfter = Utc(certificate.NotAfter);
        return new CertificateInfo
        {
            Subject = certificate.Subject,
            Issuer = certificate.Issuer,
            SerialNumber = certificate.SerialNumber,
            DnsNames = names.DnsNames,
            IPAddresses = names.Addresses.Select(a => a.ToString()).ToArray(),
            NotBefore = Utc(certificate.NotBefore),
            NotAfter = notAfter,
            DaysLeft = (int)Math.Floor((notAfter - clock.GetUtcNow()).TotalDays),
            KeyAlgorithm = algorithm,
            KeySize = size,
            SignatureAlgorithm = CertificateSignature.Name(certificate.SignatureAlgorithm.Value),
            IsSelfSigned = CertificateSignature.IsSelfSigned(certificate),
            Thumbprint = certificate.Thumbprint,
            Sha256 = certificate.GetCertHashString(HashAlgorithmName.SHA256),
            SpkiSha256 = Convert.ToHexString(SHA256.HashData(SubjectPublicKeyInfo(certificate))),
            Pem = certificate.ExportCertificatePem(),
        };
    }

    /// <summary>
    /// The SubjectPublicKeyInfo as its bytes stand in the certificate. It is not re-encoded: a pin (RFC 6698 §2.1.2) is
    /// over those bytes, and a key of an unknown algorithm has them too.
    /// </summary>
    internal static ReadOnlySpan<byte> SubjectPublicKeyInfo(X509Certificate2 certificate)
    {
        try
        {
            // TBSCertificate: [0] version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo (RFC 5280 §4.1).
            // BER, because what the system's parser let through shall not fail here.
            var tbs = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.BER).ReadSequence().ReadSequence();
            if (tbs.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                _ = tbs.ReadEncodedValue();
            }

            for (var field = 0; field < 5; field++)
            {
                _ = tbs.ReadEncodedValue();
            }

            return tbs.ReadEncodedValue().Span;
        }
        catch (AsnContentException)
        {
            // Empty: its hash equals no pin.
            return [];
        }
    }

    private static DateTimeOffset Utc(DateTime local) => new DateTimeOffset(local).ToUniversalTime();

    private static (string Algorithm, int Size) Key(PublicKey key)
    {
        var oid = key.Oid.Value ?? "";
        return oid switch
        {
            RsaOid or CertificateSignature.RsaPssOid => ("RSA", RsaModulusBits(key)),
            EcPublicKeyOid => ("ECDSA", EcdsaBits(key)),
            Ed25519Oid => ("Ed25519", 256),
            _ => (oid, 0),
        };
    }

    // RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 §A.1.1). Read by hand, because the
    // runtime has no RSA object for id-RSASSA-PSS keys.
    private static int RsaModulusBits(PublicKey key)
    {
        try
        {
            var modulus = new AsnReader(key.EncodedKeyValue.RawData, AsnEncodingRules.DER).ReadSequence().ReadInteger();
            return modulus.Sign > 0 ? (int)modulus.GetBitLength() : 0;
        }
        catch (AsnContentException)
        {
            return 0;
        }
    }

    private static int EcdsaBits(PublicKey key)
    {
        try
        {
            using var ecdsa = key.GetECDsaPublicKey();
            return ecdsa?.KeySize ?? 0;
        }
        catch (Exception exception) when (exception is CryptographicException or PlatformNotSupportedException)
        {
            // A curve that this system does not know.
            return 0;
        }
    }
}
