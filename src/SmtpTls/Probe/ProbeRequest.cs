using SmtpTls.Net;
using SmtpTls.Tls;

namespace SmtpTls.Probe;

/// <summary>One target to be looked at, and how.</summary>
internal sealed record ProbeRequest
{
    /// <summary>The target as it was given.</summary>
    public required string Target { get; init; }

    /// <summary>Whom to dial.</summary>
    public required DialTarget Dial { get; init; }

    /// <summary>How to talk. The level is one that lets every handshake complete: a probe reports and enforces nothing.</summary>
    public required SessionSettings Settings { get; init; }

    /// <summary>The reference identity that the caller asked for in place of the target's own; null where none was.</summary>
    public ReferenceIdentity? GivenIdentity { get; init; }

    public required int MaximumAddresses { get; init; }

    public Action<TranscriptLine>? Transcript { get; init; }

    /// <summary>True where a loopback target without STARTTLS leads to a look at the machine's own names and addresses.</summary>
    public bool SecondLook { get; init; }

    /// <summary>The target that this is the second look for.</summary>
    public string? SecondLookFor { get; init; }

    /// <summary>The same question to this machine under another name or address, at the same port.</summary>
    public ProbeRequest At(DialTarget other, ReferenceIdentity identity) => this with
    {
        Target = ProbeTarget.Format(other.Host, other.Port),
        Dial = other,
        Settings = Settings with { Host = other.Host, Identity = GivenIdentity ?? identity },
        SecondLook = false,
        SecondLookFor = Target,
    };
}
