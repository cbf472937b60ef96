using System.Globalization;

namespace SmtpTls.Tls;

/// <summary>Findings that a certificate earns by itself, whoever presents it: a peer, or a listener of ours.</summary>
internal static class CertificateFindings
{
    /// <summary>
    /// Days left below which a certificate is reported. ACME clients renew a 90-day certificate 30 days before its end
    /// (Let's Encrypt's advice); one with less than 21 days left has missed its renewal for more than a week.
    /// </summary>
    internal const int DefaultExpiryWarningDays = 21;

    /// <summary>CA/Browser Forum Baseline Requirements §6.1.5: RSA moduli of at least 2048 bits.</summary>
    internal const int MinimumRsaBits = 2048;

    /// <summary>CA/Browser Forum Baseline Requirements §6.1.5: NIST P-256 or larger.</summary>
    internal const int MinimumEcdsaBits = 256;

    /// <summary>What the dates say: expired, not yet valid, soon to expire, or null.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="whose">Begins the sentence, for example <c>The certificate of mail.contoso.com (192.0.2.1:25)</c>.</param>
    /// <param name="now">The time.</param>
    /// <param name="severity">Of a certificate that is not valid now.</param>
    internal static Finding? Validity(CertificateInfo certificate, string whose, DateTimeOffset now, FindingSeverity severity)
    {
        var evidence = $"notBefore {Time(certificate.NotBefore)}, notAfter {Time(certificate.NotAfter)}, now {Time(now)}";
        if (now > certificate.NotAfter)
        {
            return FindingText.Create(
                FindingCode.CertificateExpired, severity, $"{whose} expired on {Time(certificate.NotAfter)}.", evidence, "Renew it and have the server load the new one.");
        }

        if (now < certificate.NotBefore)
        {
            return FindingText.Create(
                FindingCode.CertificateNotYetValid,
                severity,
                $"{whose} is valid only from {Time(certificate.NotBefore)}.",
                evidence,
                "Check the clocks of both machines; else use the previous certificate until then.");
        }

        return certificate.DaysLeft >= DefaultExpiryWarningDays ? null : FindingText.Create(
            FindingCode.CertificateExpiresSoon,
            FindingSeverity.Warning,
            string.Create(CultureInfo.InvariantCulture, $"{whose} expires in {certificate.DaysLeft} days, on {Time(certificate.NotAfter)}."),
            evidence,
            "Renew it, and find out why automatic renewal has not done so.");
    }

    /// <summary>Weak keys of any certificate presented, and broken signatures of any but a root, whose signature proves nothing.</summary>
    /// <param name="presented">The server's own first.</param>
    /// <param name="place">Ends the sentence, for example <c>presented by mail.contoso.com (192.0.2.1:25)</c>.</param>
    internal static IEnumerable<Finding> Strength(IReadOnlyList<CertificateInfo> presented, string place)
    {
        foreach (var certificate in presented)
        {
            if (certificate is { KeyAlgorithm: "RSA", KeySize: < MinimumRsaBits } or { KeyAlgorithm: "ECDSA", KeySize: < MinimumEcdsaBits })
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"{certificate.KeyAlgorithm} {certificate.KeySize}");
                yield return FindingText.Create(
                    FindingCode.WeakKey,
                    FindingSeverity.Warning,
                    $"The key of \"{certificate.Subject}\", {place}, is too short: {key}.",
                    $"{certificate.Subject}: {key}",
                    "Have the certificate issued anew with an RSA key of 2048 bits or more, or an ECDSA key on P-256 or P-384.");
            }

            if (!certificate.IsSelfSigned && CertificateSignature.IsWeak(certificate.SignatureAlgorithm))
            {
                yield return FindingText.Create(
                    FindingCode.WeakSignature,
                    FindingSeverity.Warning,
                    $"The signature on \"{certificate.Subject}\", {place}, uses a broken hash: {certificate.SignatureAlgorithm}.",
                    $"{certificate.Subject}: {certificate.SignatureAlgorithm}",
                    "Have the certificate issued anew with SHA-256 or better.");
            }
        }
    }

    private static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
