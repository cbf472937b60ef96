namespace SmtpTls.Tls;

/// <summary>What chain building said of the certificates that a peer presented.</summary>
internal sealed record ChainAssessment
{
    /// <summary>For a peer that presented nothing.</summary>
    internal static ChainAssessment Nothing { get; } = new() { Trusted = false };

    /// <summary>True where the chain leads to a trusted root without an error.</summary>
    internal required bool Trusted { get; init; }

    internal IReadOnlyList<ChainFault> Faults { get; init; } = [];

    /// <summary>
    /// What the faults come down to: SelfSigned, UntrustedRoot, ChainIncomplete and ChainInvalid, each at most once. The
    /// time of the server's own certificate is not among them; its dates say it better.
    /// </summary>
    internal IReadOnlyList<FindingCode> Problems { get; init; } = [];

    /// <summary>The distinguished name where the chain broke off; empty where it did not.</summary>
    internal string MissingIssuer { get; init; } = "";

    /// <summary>The distinguished name of the root at which the chain ended; empty where it did not come to one.</summary>
    internal string Root { get; init; } = "";

    /// <summary>Subjects of intermediates that the server forgot and this machine happened to have.</summary>
    internal IReadOnlyList<string> FoundLocally { get; init; } = [];
}
