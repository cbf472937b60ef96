using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Support;

/// <summary>Certificates for tests: the product's own test CA for what is right, and hand-made ones for what is wrong.</summary>
internal static class TestPki
{
    internal static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    internal static FakeClock Clock() => new(Now);

    /// <summary>A new CA and a leaf of it. The CA's root is the leaf's Issuer.</summary>
    internal static IssuedCertificate Issue(params string[] names) => Issue(new TestCertificateOptions(), names);

    internal static IssuedCertificate Issue(TestCertificateOptions options, params string[] names)
    {
        using var authority = TestCertificateAuthority.Create(clock: Clock());
        return authority.Issue(names, options);
    }

    /// <summary>A certificate with whatever extensions the test wants; self-signed where no issuer is given. It has its key.</summary>
    internal static X509Certificate2 Make(
        string subject,
        AsymmetricAlgorithm key,
        (X509Certificate2 Certificate, AsymmetricAlgorithm Key)? issuer = null,
        HashAlgorithmName? hash = null,
        params X509Extension[] extensions)
    {
        var digest = hash ?? HashAlgorithmName.SHA256;
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, digest, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, digest);
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        var signer = issuer?.Key ?? key;
        X509SignatureGenerator generator = signer is RSA signingRsa
            ? new RsaGenerator(signingRsa)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)signer);
        var certificate = request.Create(
            issuer?.Certificate.SubjectName ?? request.SubjectName, generator, Now.AddDays(-1), Now.AddDays(365), [1, 2, 3, 4]);
        return CertificateMaker.WithKey(certificate, key);
    }

    internal static X509Extension Names(params string[] dnsNames)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in dnsNames)
        {
            builder.AddDnsName(name);
        }

        return builder.Build();
    }

    internal static X509Extension Authority() => new X509BasicConstraintsExtension(true, false, 0, critical: true);

    /// <summary>The value of a subjectAltName extension with dNSName entries byte by byte, also such as no builder would write.</summary>
    internal static byte[] RawNames(params string[] dnsNames)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var name in dnsNames)
            {
                writer.WriteOctetString(
                    System.Text.Encoding.Latin1.GetBytes(name), new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 2));
            }
        }

        return writer.Encode();
    }

    internal static X509Extension RawExtension(byte[] value) => new(CertificateNames.SubjectAlternativeNameOid, value, critical: false);

    /// <summary>Without its key, as a peer sees it.</summary>
    internal static X509Certificate2 Public(X509Certificate2 certificate) => new(certificate.RawData);

    internal static PeerFacts Facts(X509Certificate2Collection roots, TimeProvider clock, params X509Certificate2[] presented) => new()
    {
        Presented = [.. presented.Select(c => CertificateFacts.Read(c, clock))],
        Names = CertificateNames.Read(presented[0]),
        Chain = ChainEvaluator.Evaluate(presented, roots, clock),
    };

    /// <summary>Signs with the hashes that the runtime's own generator has given up.</summary>
    private sealed class RsaGenerator(RSA key) : X509SignatureGenerator
    {
        private readonly X509SignatureGenerator _inner = CreateForRSA(key, RSASignaturePadding.Pkcs1);

        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
        {
            var oid = hashAlgorithm.Name switch { "MD5" => "1.2.840.113549.1.1.4", "SHA1" => "1.2.840.113549.1.1.5", _ => null };
            if (oid is null)
            {
                return _inner.GetSignatureAlgorithmIdentifier(hashAlgorithm);
            }

            var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(oid);
                writer.WriteNull();
            }

            return writer.Encode();
        }

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, hashAlgorithm, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => _inner.PublicKey;
    }
}
