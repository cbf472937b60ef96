namespace SmtpTls.Tls;

/// <summary>The peer held against the policy.</summary>
internal sealed record PeerVerdict
{
    /// <summary>Why this peer must not be used; null where the level holds.</summary>
    internal required SmtpFailure? Refusal { get; init; }

    internal required TlsEvidence Evidence { get; init; }

    internal required bool NameMatches { get; init; }

    internal required string? MatchedIdentity { get; init; }

    internal required bool ChainTrusted { get; init; }

    internal required IReadOnlyList<ChainFault> ChainFaults { get; init; }

    /// <summary>In the peer's order, its own certificate first.</summary>
    internal required IReadOnlyList<CertificateInfo> Presented { get; init; }

    /// <summary>Those that explain a refusal first.</summary>
    internal required IReadOnlyList<Finding> Findings { get; init; }
}
