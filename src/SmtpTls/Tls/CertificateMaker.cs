using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>Makes certificates: keys, names, extensions by the profile of RFC 5280 §4.2.</summary>
internal static class CertificateMaker
{
    // CA/Browser Forum Baseline Requirements §7.1: at least 64 bits from a CSPRNG. RFC 5280 §4.1.2.2: positive, at most 20 octets.
    private const int SerialNumberOctets = 16;

    // ub-common-name (RFC 5280 appendix A.1).
    private const int MaximumCommonNameLength = 64;

    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    internal static AsymmetricAlgorithm CreateKey(CertificateKeyKind kind) => kind switch
    {
        CertificateKeyKind.EcdsaP256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        CertificateKeyKind.Rsa2048 => RSA.Create(2048),
        _ => throw CertificateTrouble.Input($"The key kind {kind} is not known here.", "Choose EcdsaP256 or Rsa2048."),
    };

    internal static CertificateRequest CertificationAuthority(string commonName, AsymmetricAlgorithm key)
    {
        var request = Request(commonName, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return request;
    }

    /// <param name="names">DNS names, wildcards and addresses as a person types them; the first becomes the common name too.</param>
    /// <param name="key">The key.</param>
    internal static CertificateRequest Server(IReadOnlyList<string> names, AsymmetricAlgorithm key)
    {
        if (names.Count == 0)
        {
            throw CertificateTrouble.Input("A certificate needs at least one name.", "Give a DNS name, for example mail.contoso.com.");
        }

        var alternatives = new SubjectAlternativeNameBuilder();
        string[] added = [.. names.Select(name => AddName(alternatives, name))];
        var request = Request(added[0], key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            key is RSA ? X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: false));
        request.CertificateExtensions.Add(alternatives.Build());
        return request;
    }

    /// <summary>Signs with the issuer's key. Dates are the caller's: tests need certificates that are out of date.</summary>
    internal static X509Certificate2 Issue(
        CertificateRequest request, X509Certificate2 issuer, AsymmetricAlgorithm issuerKey, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        CheckDates(notBefore, notAfter);
        var issuerKeyIdentifier = issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().First();
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuerKeyIdentifier));
        return request.Create(issuer.SubjectName, Generator(issuerKey), notBefore, notAfter, SerialNumber());
    }

    /// <summary>Signs with the key that is certified.</summary>
    internal static X509Certificate2 SelfSign(CertificateRequest request, AsymmetricAlgorithm key, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        CheckDates(notBefore, notAfter);
        return request.Create(request.SubjectName, Generator(key), notBefore, notAfter, SerialNumber());
    }

    /// <summary>The certificate with its key.</summary>
    internal static X509Certificate2 WithKey(X509Certificate2 certificate, AsymmetricAlgorithm key) => key switch
    {
        RSA rsa => certificate.CopyWithPrivateKey(rsa),
        ECDsa ecdsa => certificate.CopyWithPrivateKey(ecdsa),
        _ => throw new ArgumentException("Neither an RSA nor an ECDSA key.", nameof(key)),
    };

    private static CertificateRequest Request(string commonName, AsymmetricAlgorithm key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName.Length <= MaximumCommonNameLength ? commonName : "SmtpTls test certificate");
        var request = key switch
        {
            RSA rsa => new CertificateRequest(subject.Build(), rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ECDsa ecdsa => new CertificateRequest(subject.Build(), ecdsa, HashAlgorithmName.SHA256),
            _ => throw new ArgumentException("Neither an RSA nor an ECDSA key.", nameof(key)),
        };
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static string AddName(SubjectAlternativeNameBuilder alternatives, string text)
    {
        const string Wildcard = "*.";
        var isWildcard = text?.StartsWith(Wildcard, StringComparison.Ordinal) == true;
        if (!ReferenceIdentity.TryParse(isWildcard ? text![Wildcard.Length..] : text, out var identity, out var error)
            || (isWildcard && identity.Name is null))
        {
            throw CertificateTrouble.Input(
                $"\"{FindingText.Clean(text ?? "")}\" cannot be named by a certificate: {(error.Length == 0 ? "a wildcard stands before a name, not an address" : error)}.",
                "Give DNS names (mail.contoso.com, *.contoso.com) or addresses (192.0.2.1, 2001:db8::1).");
        }

        if (identity.Address is { } address)
        {
            alternatives.AddIpAddress(address);
            return identity.Value;
        }

        var name = isWildcard ? Wildcard + identity.Value : identity.Value;
        alternatives.AddDnsName(name);
        return name;
    }

    private static void CheckDates(DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        if (notAfter <= notBefore)
        {
            throw CertificateTrouble.Input(
                FormattableString.Invariant($"A certificate cannot be valid from {notBefore:u} until {notAfter:u}."), "Give a NotAfter that is later than NotBefore.");
        }
    }

    private static X509SignatureGenerator Generator(AsymmetricAlgorithm key) => key switch
    {
        RSA rsa => X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1),
        ECDsa ecdsa => X509SignatureGenerator.CreateForECDsa(ecdsa),
        _ => throw new ArgumentException("Neither an RSA nor an ECDSA key.", nameof(key)),
    };

    private static byte[] SerialNumber()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialNumberOctets);

        // Positive and without leading zero octets, whatever the dice say.
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }
}
