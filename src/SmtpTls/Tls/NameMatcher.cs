namespace SmtpTls.Tls;

/// <summary>Whether a certificate names the reference identity.</summary>
/// <param name="Matches">True where a presented identifier matches.</param>
/// <param name="MatchedIdentity">That identifier as it stands in the certificate, an address in its usual form; null where none matches.</param>
internal sealed record NameMatch(bool Matches, string? MatchedIdentity)
{
    internal static NameMatch No { get; } = new(Matches: false, MatchedIdentity: null);

    internal static NameMatch By(string presented) => new(Matches: true, presented);
}

/// <summary>
/// Compares a reference identity with what a certificate presents, by RFC 9525 §6: DNS-ID with dNSName, IP-ID with
/// iPAddress, nothing else. A presented identifier that breaks the rules matches nothing and harms nothing.
/// </summary>
internal static class NameMatcher
{
    private const string WildcardPrefix = "*.";

    internal static NameMatch Match(ReferenceIdentity identity, CertificateNames names)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(names);
        return identity.Kind == ReferenceIdentityKind.DnsName ? MatchName(identity, names) : MatchAddress(identity, names);
    }

    /// <summary>True where the presented identifier is a wildcard that may be used at all.</summary>
    internal static bool IsWildcard(string presented) => presented.StartsWith(WildcardPrefix, StringComparison.Ordinal);

    /// <summary>
    /// One presented dNSName against a name. A wildcard is the whole left-most label, stands there once, and stands for
    /// exactly one label (RFC 9525 §6.3).
    /// </summary>
    internal static bool Matches(DnsName name, string presented)
    {
        if (!IsWildcard(presented))
        {
            return TryReadPresented(presented, out var exact) && exact == name;
        }

        // A further '*' fails in TryReadPresented: no label may hold one.
        var firstDot = name.Value.IndexOf('.', StringComparison.Ordinal);
        return firstDot >= 0
            && TryReadPresented(presented[WildcardPrefix.Length..], out var parent)
            && name.Value.AsSpan(firstDot + 1).SequenceEqual(parent.Value);
    }

    private static NameMatch MatchName(ReferenceIdentity identity, CertificateNames names)
    {
        if (identity.Name is not { } name)
        {
            return NameMatch.No;
        }

        // The exact name says more than a wildcard, so it is the one to report.
        var matched = names.DnsNames.FirstOrDefault(p => !IsWildcard(p) && Matches(name, p))
            ?? names.DnsNames.FirstOrDefault(p => IsWildcard(p) && Matches(name, p));
        return matched is null ? NameMatch.No : NameMatch.By(matched);
    }

    private static NameMatch MatchAddress(ReferenceIdentity identity, CertificateNames names)
    {
        var matched = names.Addresses.FirstOrDefault(presented => AddressForm.Plain(presented).Equals(identity.Address));
        return matched is null ? NameMatch.No : NameMatch.By(AddressForm.Plain(matched).ToString());
    }

    // A dNSName is in "preferred name syntax" (RFC 5280 §4.2.1.6): ASCII, so A-labels only, and without the trailing dot
    // that a reference identity may be typed with.
    private static bool TryReadPresented(string presented, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        return System.Text.Ascii.IsValid(presented)
            && !presented.EndsWith('.')
            && DnsName.TryParse(presented, out name, out _);
    }
}
