namespace SmtpTls;

/// <summary>What one address of a server said when it was asked for STARTTLS.</summary>
public sealed record CapabilityResult
{
    /// <summary>The target as it was given.</summary>
    public required string Target { get; init; }

    /// <summary>The name that was looked up and sent as server name.</summary>
    public required string Host { get; init; }

    /// <summary>The address that was dialled, or null where the name has none.</summary>
    public string? Address { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>How TLS was begun.</summary>
    public required TlsMode Mode { get; init; }

    /// <summary>Is STARTTLS there.</summary>
    public required StartTlsStatus StartTls { get; init; }

    /// <summary>Protocol, suite and what is known of the peer; null where there was no handshake.</summary>
    public TlsEvidence? Tls { get; init; }

    /// <summary>The text of the greeting.</summary>
    public string? Banner { get; init; }

    /// <summary>EHLO's keyword lines in plain text.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>EHLO's keyword lines inside TLS.</summary>
    public IReadOnlyList<string> CapabilitiesAfterTls { get; init; } = [];

    /// <summary>Time a phase.</summary>
    public IReadOnlyList<PhaseTiming> Timings { get; init; } = [];

    /// <summary>Facts held against policy.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Why the probe could not go on; null where it went to its end.</summary>
    public SmtpFailure? Failure { get; init; }

    /// <summary>Which other target's look this record belongs to: set on the automatic second look after a loopback target.</summary>
    public string? SecondLookFor { get; init; }

    /// <summary>Target, address and answer in one line.</summary>
    public override string ToString() => $"{Target} ({Address ?? "no address"}): {StartTls}";
}
