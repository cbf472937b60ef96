namespace SmtpTls;

/// <summary>What is known of the TLS session that was used, and of the peer in it.</summary>
public sealed record TlsEvidence
{
    /// <summary>How TLS began.</summary>
    public required TlsMode Mode { get; init; }

    /// <summary>The protocol as OpenSSL and Postfix write it: <c>TLSv1.3</c>, <c>TLSv1.2</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The cipher suite's IANA name, for example <c>TLS_AES_256_GCM_SHA384</c>.</summary>
    public required string CipherSuite { get; init; }

    /// <summary>The name sent as server name indication (RFC 6066 §3), or null: an address is never sent.</summary>
    public string? ServerNameIndication { get; init; }

    /// <summary>What the certificate was compared with: a DNS name, or an address in its usual form.</summary>
    public string? ReferenceIdentity { get; init; }

    /// <summary>Name, unless the old behaviour was asked for.</summary>
    public TlsIdentity IdentityUsed { get; init; }

    /// <summary>The name in the certificate that matched, for example <c>*.contoso.com</c>; null where none did.</summary>
    public string? MatchedIdentity { get; init; }

    /// <summary>The level that had to be reached.</summary>
    public TlsLevel Level { get; init; }

    /// <summary>True where chain and name (or the fingerprint, at that level) hold, whether the level asked for it or not.</summary>
    public bool Verified { get; init; }

    /// <summary>True where the caller switched verification off.</summary>
    public bool CheckSkipped { get; init; }

    /// <summary>SHA-1 over the peer's certificate in hexadecimal, as Windows' certificate stores show it.</summary>
    public string? PeerThumbprint { get; init; }

    /// <summary>SHA-256 over the peer's certificate in hexadecimal, as used at level <see cref="TlsLevel.Fingerprint"/>.</summary>
    public string? PeerSha256 { get; init; }

    /// <summary>Protocol, suite and, of a peer that was looked at, what became of its identity.</summary>
    public override string ToString()
    {
        var session = $"{Protocol} {CipherSuite}";
        return ReferenceIdentity is null ? session
            : MatchedIdentity is null ? $"{session}, {ReferenceIdentity} matched nothing"
            : $"{session}, {ReferenceIdentity} matched {MatchedIdentity}, {(Verified ? "verified" : "not verified")}";
    }
}
