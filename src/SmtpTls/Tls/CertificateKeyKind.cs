namespace SmtpTls;

/// <summary>The key of a certificate made here.</summary>
public enum CertificateKeyKind
{
    /// <summary>ECDSA on NIST P-256: small and fast. The default.</summary>
    EcdsaP256,

    /// <summary>RSA with 2048 bits: what the oldest peers of TLS 1.2 can do.</summary>
    Rsa2048,
}
