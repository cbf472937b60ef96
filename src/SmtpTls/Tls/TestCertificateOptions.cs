namespace SmtpTls;

/// <summary>How a test certificate is made; every property has a default.</summary>
public sealed record TestCertificateOptions
{
    /// <summary>Days a leaf is valid where no <see cref="NotAfter"/> is given.</summary>
    public const int DefaultDays = 365;

    /// <summary>The key of the leaf.</summary>
    public CertificateKeyKind KeyKind { get; init; } = CertificateKeyKind.EcdsaP256;

    /// <summary>Valid from; default: one day before now, so that a peer whose clock is behind accepts it.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Valid until; default: <see cref="DefaultDays"/> days from now. In the past for tests with an expired certificate.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>True puts an intermediate CA between root and leaf, as public CAs do. Default: false.</summary>
    public bool UseIntermediate { get; init; }
}
