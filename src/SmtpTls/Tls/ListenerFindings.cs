namespace SmtpTls.Tls;

/// <summary>What clients will stumble over in a certificate of ours: the same facts as of a peer, told to the other side.</summary>
internal static class ListenerFindings
{
    internal static IReadOnlyList<Finding> Of(ServingCertificate certificate, DateTimeOffset now)
    {
        var info = certificate.Info;
        var whose = $"The listener's certificate {info.Subject}";
        var findings = new List<Finding>();

        // DaysLeft was counted when the certificate was loaded, which may be months ago.
        var current = info with { DaysLeft = (int)Math.Floor((info.NotAfter - now).TotalDays) };
        if (CertificateFindings.Validity(current, whose, now, FindingSeverity.Warning) is { } validity)
        {
            findings.Add(validity);
        }

        if (certificate.Names.DnsNames.Count == 0 && certificate.Names.Addresses.Count == 0)
        {
            findings.Add(FindingText.Create(
                FindingCode.NoSubjectAlternativeName,
                FindingSeverity.Warning,
                $"{whose} has no name in its subjectAltName, so no client can verify it (RFC 9525).",
                certificate.Names.Malformed ?? $"subject {info.Subject}",
                "Have a certificate issued whose subjectAltName carries the server's host name."));
        }

        findings.AddRange(CertificateFindings.Strength([info], "of the listener"));
        return findings;
    }
}
