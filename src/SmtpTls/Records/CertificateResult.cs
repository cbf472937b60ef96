namespace SmtpTls;

/// <summary>The certificate that one address of a server presented, and what is to be said of it.</summary>
public sealed record CertificateResult
{
    /// <summary>The target as it was given.</summary>
    public required string Target { get; init; }

    /// <summary>The name that was looked up and, unless another was given, compared with the certificate.</summary>
    public required string Host { get; init; }

    /// <summary>The address that was dialled, or null where the name has none.</summary>
    public string? Address { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>How TLS was begun.</summary>
    public required TlsMode Mode { get; init; }

    /// <summary>True where the chain is trusted, the time is right and a name matches.</summary>
    public bool Verified { get; init; }

    /// <summary>Subject of the server's certificate.</summary>
    public string? Subject => Leaf?.Subject;

    /// <summary>Issuer of the server's certificate.</summary>
    public string? Issuer => Leaf?.Issuer;

    /// <summary>dNSName entries of the server's certificate.</summary>
    public IReadOnlyList<string> DnsNames => Leaf?.DnsNames ?? [];

    /// <summary>Valid from.</summary>
    public DateTimeOffset? NotBefore => Leaf?.NotBefore;

    /// <summary>Valid until.</summary>
    public DateTimeOffset? NotAfter => Leaf?.NotAfter;

    /// <summary>Whole days until <see cref="NotAfter"/>; null where no certificate was seen.</summary>
    public int? DaysLeft => Leaf?.DaysLeft;

    /// <summary>Key algorithm and bits, for example <c>RSA 2048</c>.</summary>
    public string? Key => Leaf is null ? null : $"{Leaf.KeyAlgorithm} {Leaf.KeySize}";

    /// <summary>Signature algorithm of the server's certificate.</summary>
    public string? SignatureAlgorithm => Leaf?.SignatureAlgorithm;

    /// <summary>SHA-1 thumbprint of the server's certificate.</summary>
    public string? Thumbprint => Leaf?.Thumbprint;

    /// <summary>SHA-256 over the server's SubjectPublicKeyInfo.</summary>
    public string? SpkiSha256 => Leaf?.SpkiSha256;

    /// <summary>The server's certificate in PEM.</summary>
    public string? Pem => Leaf?.Pem;

    /// <summary>True where a name in the certificate matches the reference identity.</summary>
    public bool NameMatches { get; init; }

    /// <summary>True where the chain leads to a trusted root without an error.</summary>
    public bool ChainTrusted { get; init; }

    /// <summary>The errors of chain building.</summary>
    public IReadOnlyList<ChainFault> ChainFaults { get; init; } = [];

    /// <summary>The server's certificate.</summary>
    public CertificateInfo? Leaf { get; init; }

    /// <summary>All certificates that the server presented, in its order, the server's own first.</summary>
    public IReadOnlyList<CertificateInfo> Chain { get; init; } = [];

    /// <summary>Protocol, suite and identity.</summary>
    public TlsEvidence? Tls { get; init; }

    /// <summary>Time a phase.</summary>
    public IReadOnlyList<PhaseTiming> Timings { get; init; } = [];

    /// <summary>Facts held against policy.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Why no certificate was seen; null where one was.</summary>
    public SmtpFailure? Failure { get; init; }

    /// <summary>Which other target's look this record belongs to: set on the automatic second look after a loopback target.</summary>
    public string? SecondLookFor { get; init; }

    /// <summary>Target, address and answer in one line.</summary>
    public override string ToString() =>
        $"{Target} ({Address ?? "no address"}): {(Leaf is null ? Failure?.Code.ToString() : $"{Subject}, {(Verified ? "verified" : "not verified")}")}";
}
