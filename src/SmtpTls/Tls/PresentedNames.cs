namespace SmtpTls.Tls;

/// <summary>The names of a certificate, in words.</summary>
internal static class PresentedNames
{
    // A certificate may carry hundreds of names; a message is read by a person.
    private const int MaximumNamesShown = 8;

    /// <summary>For example <c>mail.contoso.com, *.contoso.com and 3 more</c>; a phrase that says so where there is none.</summary>
    internal static string Describe(CertificateNames names)
    {
        if (names.Malformed is { } why)
        {
            return $"nothing that can be read (subjectAltName: {why})";
        }

        string[] all = [.. names.DnsNames, .. names.Addresses.Select(a => a.ToString())];
        if (all.Length == 0)
        {
            return "no DNS name and no address";
        }

        var shown = string.Join(", ", all.Take(MaximumNamesShown).Select(n => n.Length > DnsName.MaximumLength ? string.Concat(n.AsSpan(0, DnsName.MaximumLength), "…") : n));
        return all.Length > MaximumNamesShown ? $"{shown} and {all.Length - MaximumNamesShown} more" : shown;
    }

    /// <summary>The name to connect by: the first that is a name and no wildcard, or null.</summary>
    internal static string? FirstUsable(CertificateNames names) =>
        names.DnsNames.FirstOrDefault(n => !NameMatcher.IsWildcard(n) && DnsName.TryParse(n, out _, out _));
}
