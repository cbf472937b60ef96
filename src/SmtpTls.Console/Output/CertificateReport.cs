using System.Globalization;

namespace SmtpTls.Cli.Output;

/// <summary>Which certificate one address presented, for people.</summary>
internal static class CertificateReport
{
    public static string Format(CertificateResult result)
    {
        var answer = result switch
        {
            { Leaf: null } => "no certificate was seen",
            { Verified: true } => "verified",
            _ => "not verified",
        };
        var report = new Report().Headline($"{ProbePlace.Of(result.Target, result.Host, result.Address, result.Port)}: {answer}");
        report.Fact("looked for", ProbePlace.SecondLook(result.SecondLookFor));
        if (result.Leaf is { } leaf)
        {
            report.Fact("subject", leaf.Subject);
            report.Fact("names", string.Join(", ", leaf.DnsNames.Concat(leaf.IPAddresses)));
            report.Fact("issuer", leaf.Issuer);
            report.Fact("valid", string.Create(
                CultureInfo.InvariantCulture, $"{leaf.NotBefore.UtcDateTime:yyyy-MM-dd} to {leaf.NotAfter.UtcDateTime:yyyy-MM-dd}, {leaf.DaysLeft} days left"));
            report.Fact("key", $"{result.Key}, signed with {leaf.SignatureAlgorithm}");
            report.Fact("thumbprint", leaf.Thumbprint);
            report.Fact("SHA-256", leaf.Sha256);
            report.Fact("SPKI SHA-256", leaf.SpkiSha256);
            report.Fact("name match", TlsText.Identity(result.Tls));
            report.Fact("chain", result.ChainTrusted ? "trusted" : "not trusted");
            report.Facts("presented", result.Chain.Select((c, place) => string.Create(CultureInfo.InvariantCulture, $"{place}: {c.Subject}")));
            report.Facts("chain errors", result.ChainFaults.Select(f => $"{(f.ElementSubject.Length == 0 ? "the chain" : f.ElementSubject)}: {f.Status}: {f.Detail}"));
        }

        report.Fact("TLS", TlsText.Session(result.Tls));
        report.Timings(result.Timings).Findings(result.Findings);
        return ProbePlace.WithFailure(report, result.Failure, result.Findings).ToString();
    }
}
