namespace SmtpTls;

/// <summary>The certificate that a client showed to a listener. TLS proved that the client holds its key; nothing else was asked of it.</summary>
public sealed record PresentedClientCertificate
{
    /// <summary>Subject, issuer, names, dates and fingerprints.</summary>
    public required CertificateInfo Certificate { get; init; }

    /// <summary>True where its chain leads to a root that is trusted on this machine, and it may be used by clients.</summary>
    public required bool ChainTrusted { get; init; }

    /// <summary>Why the chain is not trusted, as the system names it; null where it is.</summary>
    public string? ChainFault { get; init; }

    /// <summary>Subject, fingerprint and what the chain is.</summary>
    public override string ToString() => $"{Certificate.Subject} (SHA-256 {Certificate.Sha256}), {(ChainTrusted ? "trusted chain" : $"chain not trusted: {ChainFault}")}";
}
