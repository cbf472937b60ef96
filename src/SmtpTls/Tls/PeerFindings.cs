using System.Globalization;

namespace SmtpTls.Tls;

/// <summary>Where a finding was made: the identity in force, and the endpoint that was dialled.</summary>
/// <param name="Host">What was asked for.</param>
/// <param name="Endpoint"><c>address:port</c>.</param>
/// <param name="Identity">What the certificate was compared with.</param>
internal sealed record PeerPlace(string Host, string Endpoint, ReferenceIdentity Identity)
{
    /// <summary>For a sentence: <c>mail.contoso.com (192.0.2.1:25)</c>, or the endpoint alone where the host is its address.</summary>
    internal string Name =>
        Endpoint.StartsWith($"{Host}:", StringComparison.Ordinal) || Endpoint.StartsWith($"[{Host}]:", StringComparison.Ordinal)
            ? Endpoint
            : $"{Host} ({Endpoint})";
}

/// <summary>The one place for the text of each finding about a peer and its session.</summary>
internal static class PeerFindings
{
    internal static Finding IdentityIsAddress(PeerPlace place, CertificateNames names, FindingSeverity severity)
    {
        var name = PresentedNames.FirstUsable(names);
        return FindingText.Create(
            FindingCode.IdentityIsAddress,
            severity,
            $"You connected by address ({place.Endpoint}); the certificate names {PresentedNames.Describe(names)}.",
            $"compared with the address {place.Identity.Value}, which only an iPAddress entry can match; the certificate names {PresentedNames.Describe(names)}",
            name is null ? "Connect by that name or give -ServerName." : $"Connect by that name or give -ServerName {name}.");
    }

    /// <summary>The same mismatch where the caller asked for the address to be the identity.</summary>
    internal static Finding AddressRuleMismatch(PeerPlace place, CertificateNames names, FindingSeverity severity) => FindingText.Create(
        FindingCode.IdentityIsAddress,
        severity,
        $"The certificate of {place.Name} was compared with the dialled address {place.Identity.Value}; it names {PresentedNames.Describe(names)}, and a certificate for mail carries names, not addresses.",
        $"TlsIdentity Address: expected {place.Identity.Value}; the certificate names {PresentedNames.Describe(names)}",
        "Leave -TlsIdentity at Name, so that the name is compared; a partner who compares addresses has to change that.");

    internal static Finding NameMismatch(PeerPlace place, CertificateNames names, FindingSeverity severity)
    {
        var carried = PresentedNames.Describe(names);
        return FindingText.Create(
            FindingCode.NameMismatch,
            severity,
            $"The certificate of {place.Name} does not name {place.Identity.Value}; it names {carried}.",
            $"expected {place.Identity.Value}; the certificate names {carried}; dialled {place.Endpoint}",
            PresentedNames.FirstUsable(names) is { } name
                ? $"Connect by a name that the certificate carries (or give -ServerName {name} if that server is the one you mean), or have a certificate issued that names {place.Identity.Value}."
                : $"Have a certificate issued that names {place.Identity.Value}, and check that {place.Endpoint} is the server you mean.");
    }

    internal static Finding NoSubjectAlternativeName(PeerPlace place, CertificateInfo leaf, CertificateNames names, FindingSeverity severity) => FindingText.Create(
        FindingCode.NoSubjectAlternativeName,
        severity,
        names.Malformed is null
            ? $"The certificate of {place.Name} has no DNS name and no address in subjectAltName, so it names no host; a common name does not count (RFC 9525)."
            : $"The subjectAltName of the certificate of {place.Name} cannot be read, so it names no host.",
        names.Malformed is null ? $"subject {leaf.Subject}, dialled {place.Endpoint}" : $"{names.Malformed}; subject {leaf.Subject}, dialled {place.Endpoint}",
        $"Have a certificate issued whose subjectAltName carries {place.Identity.Value}.");

    internal static Finding ChainIncomplete(
        PeerPlace place, ChainAssessment chain, IReadOnlyList<CertificateInfo> presented, FindingSeverity severity) => FindingText.Create(
        FindingCode.ChainIncomplete,
        severity,
        $"The chain that {place.Name} presented breaks off: the issuer \"{chain.MissingIssuer}\" was not presented and is no trusted root here.",
        $"presented: {string.Join("; ", presented.Select(c => c.Subject))}; missing: {chain.MissingIssuer}; {Describe(chain.Faults)}",
        "Have the server send its intermediate certificates too (the full chain). If the issuer is a private CA's root, trust it here or give it with -TrustedCertificate.");

    /// <summary>The chain holds here, but only because this machine had what the server forgot.</summary>
    internal static Finding ChainCompletedLocally(PeerPlace place, ChainAssessment chain) => FindingText.Create(
        FindingCode.ChainIncomplete,
        FindingSeverity.Warning,
        $"{place.Name} did not present an intermediate certificate that this machine happens to have; machines without it cannot build the chain.",
        $"not presented: {string.Join("; ", chain.FoundLocally)}",
        "Have the server send its intermediate certificates too (the full chain).");

    internal static Finding SelfSigned(PeerPlace place, CertificateInfo leaf, FindingSeverity severity) => FindingText.Create(
        FindingCode.SelfSigned,
        severity,
        $"The certificate of {place.Name} is its own issuer, and it is not trusted here.",
        $"subject and issuer {leaf.Subject}; SHA-256 {leaf.Sha256}",
        "Have a CA issue the certificate. To trust exactly this one, give it with -TrustedCertificate, or its SHA-256 at level Fingerprint.");

    internal static Finding UntrustedRoot(PeerPlace place, ChainAssessment chain, FindingSeverity severity) => FindingText.Create(
        FindingCode.UntrustedRoot,
        severity,
        $"The chain of {place.Name} ends at the root \"{chain.Root}\", which is not trusted here.",
        Describe(chain.Faults),
        "If this is a CA you trust, install its root here or give it with -TrustedCertificate; if not, the server needs a certificate of a public CA.");

    internal static Finding ChainInvalid(PeerPlace place, IReadOnlyList<ChainFault> faults, FindingSeverity severity) => FindingText.Create(
        FindingCode.ChainInvalid,
        severity,
        $"The certificate chain of {place.Name} is not valid: {Describe(faults)}.",
        Describe(faults),
        "Have the certificate that the evidence names replaced; if it is an issuer's, have the server send the current chain.");

    internal static Finding Unreadable(PeerPlace place, string why, FindingSeverity severity) => FindingText.Create(
        FindingCode.ChainInvalid,
        severity,
        $"What {place.Name} presented as its certificate cannot be read: {why}",
        why,
        "Have the server's certificate issued anew; it breaks the rules of RFC 5280.");

    internal static Finding NoCertificate(PeerPlace place, NegotiatedTls session, FindingSeverity severity) => FindingText.Create(
        FindingCode.NoCertificate,
        severity,
        $"{place.Name} presented no certificate.",
        $"{session.ProtocolName} {session.CipherSuite} with {place.Endpoint}",
        "Configure a certificate on the server.");

    internal static Finding FingerprintMismatch(PeerPlace place, CertificateInfo leaf, IReadOnlyList<string> fingerprints) => FindingText.Create(
        FindingCode.FingerprintMismatch,
        FindingSeverity.Error,
        $"The certificate of {place.Name} has none of the {fingerprints.Count.ToString(CultureInfo.InvariantCulture)} given fingerprints.",
        $"certificate SHA-256 {leaf.Sha256}, public key SHA-256 {leaf.SpkiSha256}; given {(fingerprints.Count == 0 ? "none" : string.Join(", ", fingerprints))}",
        "If the server's certificate was replaced on purpose, confirm the new fingerprint with its administrator by another way, then give that one.");

    internal static Finding AddressIdentityUsed(PeerPlace place, bool matched) => FindingText.Create(
        FindingCode.AddressIdentityUsed,
        FindingSeverity.Warning,
        $"The certificate of {place.Name} was compared with the dialled address {place.Identity.Value}, not with the name, because TlsIdentity Address was asked for.",
        $"compared with {place.Identity.Value}, as Exchange Server 5.5 did before SP4: {(matched ? "it matched" : "it did not match")}",
        "Use it only to reproduce what a broken partner sees; leave -TlsIdentity at Name for mail.");

    internal static Finding CertificateCheckSkipped(PeerPlace place, string outcome) => FindingText.Create(
        FindingCode.CertificateCheckSkipped,
        FindingSeverity.Warning,
        $"The certificate of {place.Name} was not enforced because the check was switched off; anybody on the way could have answered.",
        $"the check would have said: {outcome}",
        "Trust the server's CA (-TrustedCertificate) or pin its fingerprint instead.");

    internal static Finding OldProtocol(PeerPlace place, string protocol) => FindingText.Create(
        FindingCode.OldProtocol,
        FindingSeverity.Warning,
        $"{place.Name} negotiated {protocol}, which has been retired (RFC 8996).",
        protocol,
        "Enable TLS 1.2 and TLS 1.3 on the server.");

    /// <summary>The faults in one line, each with the element it is about.</summary>
    internal static string Describe(IReadOnlyList<ChainFault> faults) => faults.Count == 0
        ? "no chain could be built"
        : string.Join("; ", faults.Select(f => f.ElementIndex < 0
            ? $"{f.Status}: {f.Detail}"
            : string.Create(CultureInfo.InvariantCulture, $"element {f.ElementIndex} ({f.ElementSubject}) {f.Status}: {f.Detail}")));
}
