using System.Net;

namespace SmtpTls.Tls;

/// <summary>
/// Holds the facts of a handshake against a policy. Pure: sender, relay and probe ask the same question here, so they
/// get the same answer.
/// </summary>
internal sealed class PeerDecision
{
    private readonly PeerPolicy _policy;
    private readonly PeerFacts _facts;
    private readonly NegotiatedTls _session;
    private readonly DateTimeOffset _now;
    private readonly PeerPlace _place;
    private readonly NameMatch _match;

    private PeerDecision(PeerPolicy policy, IPEndPoint dialled, PeerFacts facts, NegotiatedTls session, DateTimeOffset now)
    {
        _policy = policy;
        _facts = facts;
        _session = session;
        _now = now;
        var identity = policy.IdentityRule == TlsIdentity.Address ? ReferenceIdentity.ForAddress(dialled.Address) : policy.Identity;
        _place = new PeerPlace(policy.Identity.Value, EndpointText(dialled), identity);
        _match = NameMatcher.Match(identity, facts.Names);
    }

    private bool Pkix => _facts.Leaf is not null && _facts.Chain.Trusted && _match.Matches;

    private bool Pinned => _facts.Leaf is { } leaf && Fingerprint.MatchesAny(_policy.Fingerprints, leaf);

    /// <summary>The verdict.</summary>
    /// <param name="policy">What must hold.</param>
    /// <param name="dialled">The address in use.</param>
    /// <param name="facts">What the peer presented.</param>
    /// <param name="session">What was negotiated.</param>
    /// <param name="mode">Goes into the evidence.</param>
    /// <param name="now">The time against which dates are held.</param>
    internal static PeerVerdict Decide(
        PeerPolicy policy, IPEndPoint dialled, PeerFacts facts, NegotiatedTls session, TlsMode mode, DateTimeOffset now)
    {
        var decision = new PeerDecision(policy, dialled, facts, session, now);
        var findings = decision.Findings();
        return new PeerVerdict
        {
            Refusal = decision.Holds() ? null : decision.Refusal(findings),
            Evidence = decision.Evidence(mode),
            NameMatches = decision._match.Matches,
            MatchedIdentity = decision._match.MatchedIdentity,
            ChainTrusted = facts.Chain.Trusted,
            ChainFaults = facts.Chain.Faults,
            Presented = facts.Presented,
            Findings = findings,
        };
    }

    private static string EndpointText(IPEndPoint dialled) => new IPEndPoint(AddressForm.Plain(dialled.Address), dialled.Port).ToString();

    private bool Holds() => _policy.Level switch
    {
        TlsLevel.Opportunistic or TlsLevel.Encrypt => true,
        TlsLevel.Fingerprint => _policy.SkipCheck || Pinned,
        TlsLevel.Verify or TlsLevel.Secure => _policy.SkipCheck || Pkix,
        // None has no handshake to judge, and a level that is not known here is not one that holds.
        _ => false,
    };

    // Names and chains are an error where the level enforces them, a warning where it does not, and of no weight at
    // level Fingerprint, which replaces them.
    private FindingSeverity CertificateSeverity() => _policy.Level switch
    {
        TlsLevel.Opportunistic or TlsLevel.Encrypt => FindingSeverity.Warning,
        TlsLevel.Fingerprint => FindingSeverity.Information,
        _ => FindingSeverity.Error,
    };

    private List<Finding> Findings()
    {
        var severity = CertificateSeverity();
        var findings = new List<Finding>();
        if (_facts.Leaf is not { } leaf)
        {
            var weight = _policy.Level == TlsLevel.Fingerprint ? FindingSeverity.Error : severity;
            findings.Add(_facts.Unreadable is { } why
                ? PeerFindings.Unreadable(_place, why, weight)
                : PeerFindings.NoCertificate(_place, _session, weight));
        }
        else
        {
            if (_policy.Level == TlsLevel.Fingerprint && !Pinned)
            {
                findings.Add(PeerFindings.FingerprintMismatch(_place, leaf, _policy.Fingerprints));
            }

            // The name first: whose chain it is matters only where it is the right peer's.
            findings.AddRange(NameFindings(leaf, severity));
            findings.AddRange(ChainFindings(leaf, severity));
            findings.AddRange(CertificateFindings.Strength(_facts.Presented, $"presented by {_place.Name}"));
        }

        if (TlsProtocolName.IsOld(_session.Protocol))
        {
            findings.Add(PeerFindings.OldProtocol(_place, _session.ProtocolName));
        }

        if (_policy.IdentityRule == TlsIdentity.Address)
        {
            findings.Add(PeerFindings.AddressIdentityUsed(_place, _match.Matches));
        }

        if (_policy.SkipCheck)
        {
            findings.Add(PeerFindings.CertificateCheckSkipped(_place, Outcome(findings)));
        }

        // Stable: errors explain a refusal, so they lead.
        return [.. findings.OrderByDescending(f => f.Severity)];
    }

    private IEnumerable<Finding> NameFindings(CertificateInfo leaf, FindingSeverity severity)
    {
        if (_match.Matches)
        {
            yield break;
        }

        var names = _facts.Names;
        if (names.DnsNames.Count == 0 && names.Addresses.Count == 0)
        {
            yield return PeerFindings.NoSubjectAlternativeName(_place, leaf, names, severity);
        }
        else if (_place.Identity.Kind == ReferenceIdentityKind.IPAddress && names.DnsNames.Count > 0)
        {
            yield return _policy.IdentityRule == TlsIdentity.Address
                ? PeerFindings.AddressRuleMismatch(_place, names, severity)
                : PeerFindings.IdentityIsAddress(_place, names, severity);
        }
        else
        {
            yield return PeerFindings.NameMismatch(_place, names, severity);
        }
    }

    private IEnumerable<Finding> ChainFindings(CertificateInfo leaf, FindingSeverity severity)
    {
        var chain = _facts.Chain;
        var validity = CertificateFindings.Validity(leaf, $"The certificate of {_place.Name}", _now, severity);
        if (validity is not null)
        {
            yield return validity;
        }

        foreach (var problem in chain.Problems)
        {
            yield return problem switch
            {
                FindingCode.SelfSigned => PeerFindings.SelfSigned(_place, leaf, severity),
                FindingCode.UntrustedRoot => PeerFindings.UntrustedRoot(_place, chain, severity),
                FindingCode.ChainIncomplete => PeerFindings.ChainIncomplete(_place, chain, _facts.Presented, severity),
                _ => PeerFindings.ChainInvalid(_place, chain.Faults, severity),
            };
        }

        // Not trusted, and nothing above says why (a date on the very second): the faults as they are.
        if (!chain.Trusted && chain.Problems.Count == 0 && validity is null or { Code: FindingCode.CertificateExpiresSoon })
        {
            yield return PeerFindings.ChainInvalid(_place, chain.Faults, severity);
        }

        if (chain.FoundLocally.Count > 0)
        {
            yield return PeerFindings.ChainCompletedLocally(_place, chain);
        }
    }

    // For a check that was skipped: what stands against the peer at the level that was asked for.
    private static string Outcome(List<Finding> findings)
    {
        var errors = findings.Where(f => f.Severity == FindingSeverity.Error).Select(f => f.Code.ToString()).ToArray();
        return errors.Length == 0 ? "nothing against it" : string.Join(", ", errors);
    }

    private SmtpFailure Refusal(List<Finding> findings)
    {
        var isLevel = _policy.Level is > TlsLevel.None and <= TlsLevel.Secure;
        var explaining = isLevel ? findings.FirstOrDefault(f => f.Severity == FindingSeverity.Error) : null;
        return new SmtpFailure
        {
            Code = explaining?.Code ?? FindingCode.InvalidInput,
            Message = explaining?.Message ?? $"TLS level {_policy.Level} cannot be held against {_place.Name}: no TLS session reaches it.",
            Advice = explaining?.Advice ?? "Choose Opportunistic, Encrypt, Fingerprint, Verify or Secure.",

            // The same attempt fails again until somebody changes a certificate, a name or a trusted root. (A relay may
            // still defer, because that somebody may do it today; that is the relay's decision, not this fact's.)
            Permanent = true,
            Phase = SmtpPhase.Handshake,
            Host = _place.Host,
            Endpoint = _place.Endpoint,
            Cause = explaining?.Evidence,
            Findings = findings,
        };
    }

    private TlsEvidence Evidence(TlsMode mode) => new()
    {
        Mode = mode,
        Protocol = _session.ProtocolName,
        CipherSuite = _session.CipherSuite,
        ServerNameIndication = _policy.Identity.ServerNameIndication,
        ReferenceIdentity = _place.Identity.Value,
        IdentityUsed = _policy.IdentityRule,
        MatchedIdentity = _match.MatchedIdentity,
        Level = _policy.Level,
        Verified = _policy.Level == TlsLevel.Fingerprint ? Pinned : Pkix,
        CheckSkipped = _policy.SkipCheck,
        PeerThumbprint = _facts.Leaf?.Thumbprint,
        PeerSha256 = _facts.Leaf?.Sha256,
    };
}
