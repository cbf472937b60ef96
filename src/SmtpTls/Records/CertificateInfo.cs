namespace SmtpTls;

/// <summary>The facts of one certificate.</summary>
public sealed record CertificateInfo
{
    /// <summary>Distinguished name of the subject.</summary>
    public required string Subject { get; init; }

    /// <summary>Distinguished name of the issuer.</summary>
    public required string Issuer { get; init; }

    /// <summary>Serial number in hexadecimal.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>The dNSName entries of subjectAltName, as they stand there.</summary>
    public required IReadOnlyList<string> DnsNames { get; init; }

    /// <summary>The iPAddress entries of subjectAltName.</summary>
    public required IReadOnlyList<string> IPAddresses { get; init; }

    /// <summary>Valid from.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid until.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Whole days until <see cref="NotAfter"/>, rounded down; negative once it is past.</summary>
    public required int DaysLeft { get; init; }

    /// <summary><c>RSA</c>, <c>ECDSA</c>, <c>Ed25519</c> or the algorithm's OID.</summary>
    public required string KeyAlgorithm { get; init; }

    /// <summary>Bits of the key, or 0 where the algorithm is not known here.</summary>
    public required int KeySize { get; init; }

    /// <summary>For example <c>sha256RSA</c> or <c>sha384ECDSA</c>, or the OID.</summary>
    public required string SignatureAlgorithm { get; init; }

    /// <summary>True where subject and issuer are the same name and the signature verifies with the certificate's own key.</summary>
    public required bool IsSelfSigned { get; init; }

    /// <summary>SHA-1 over the certificate, as Windows' certificate stores show it.</summary>
    public required string Thumbprint { get; init; }

    /// <summary>SHA-256 over the certificate.</summary>
    public required string Sha256 { get; init; }

    /// <summary>SHA-256 over the SubjectPublicKeyInfo, as in TLSA records with selector 1 (RFC 6698).</summary>
    public required string SpkiSha256 { get; init; }

    /// <summary>The certificate in PEM (RFC 7468).</summary>
    public required string Pem { get; init; }

    /// <summary>The subject.</summary>
    public override string ToString() => Subject;
}

/// <summary>An error of chain building, and the element that it is about.</summary>
/// <param name="ElementIndex">0 is the server's certificate; -1 the chain as a whole.</param>
/// <param name="ElementSubject">The element's subject, empty for the chain as a whole.</param>
/// <param name="Status">The system's name for the error, for example <c>NotTimeValid</c>.</param>
/// <param name="Detail">The system's sentence.</param>
public sealed record ChainFault(int ElementIndex, string ElementSubject, string Status, string Detail)
{
    /// <summary>Error, element and the system's sentence in one line.</summary>
    public override string ToString() => $"{Status}{(ElementIndex < 0 ? "" : $" of {ElementSubject}")}: {Detail}";
}
