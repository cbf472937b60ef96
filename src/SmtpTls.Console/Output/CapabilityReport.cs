namespace SmtpTls.Cli.Output;

/// <summary>What one address said when it was asked for STARTTLS, for people.</summary>
internal static class CapabilityReport
{
    public static string Format(CapabilityResult result)
    {
        var report = new Report().Headline($"{ProbePlace.Of(result.Target, result.Host, result.Address, result.Port)}: {Answer(result)}");
        report.Fact("looked for", ProbePlace.SecondLook(result.SecondLookFor));
        report.Fact("TLS", TlsText.Session(result.Tls));
        report.Fact("identity", TlsText.Identity(result.Tls));
        report.Fact("banner", result.Banner);
        report.Fact("EHLO", string.Join(", ", result.Capabilities));
        report.Fact("inside TLS", string.Join(", ", result.CapabilitiesAfterTls));
        report.Timings(result.Timings).Findings(result.Findings);
        return ProbePlace.WithFailure(report, result.Failure, result.Findings).ToString();
    }

    private static string Answer(CapabilityResult result) => result.StartTls switch
    {
        StartTlsStatus.Offered => "STARTTLS is offered and works",
        StartTlsStatus.NotOffered => "STARTTLS is not offered",
        StartTlsStatus.Withheld => "STARTTLS is withheld, because the connection is a loopback connection",
        StartTlsStatus.Refused => "STARTTLS is listed and refused",
        StartTlsStatus.HandshakeFailed => "the TLS handshake failed",
        StartTlsStatus.NotApplicable => result.Tls is null ? "TLS from the first byte does not work" : "TLS from the first byte works",
        _ => "could not be asked",
    };
}
