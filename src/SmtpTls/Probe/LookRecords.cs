using SmtpTls.Protocol;

namespace SmtpTls.Probe;

/// <summary>From a look to the records that an administrator sees. What came from the network is made printable here.</summary>
internal static class LookRecords
{
    public static CapabilityResult ToCapability(ServerLook look) => new()
    {
        Target = look.Request.Target,
        Host = Host(look),
        Address = look.Endpoint?.Address.ToString(),
        Port = look.Request.Dial.Port,
        Mode = look.Request.Settings.Mode,
        StartTls = look.Status,
        Tls = look.Verdict?.Evidence,
        Banner = look.Banner is null ? null : Printable.Line(look.Banner.Text),
        Capabilities = Lines(look.EhloBefore),
        CapabilitiesAfterTls = Lines(look.EhloAfter),
        Timings = look.Timings,
        Findings = look.Findings,

        // "Not there" is an answer, and the probe went to its end to have it.
        Failure = look.Status is StartTlsStatus.NotOffered or StartTlsStatus.Withheld ? null : look.Reason,
        SecondLookFor = look.Request.SecondLookFor,
    };

    public static CertificateResult ToCertificate(ServerLook look)
    {
        var verdict = look.Verdict;
        return new CertificateResult
        {
            Target = look.Request.Target,
            Host = Host(look),
            Address = look.Endpoint?.Address.ToString(),
            Port = look.Request.Dial.Port,
            Mode = look.Request.Settings.Mode,
            Verified = verdict is { NameMatches: true, ChainTrusted: true },
            NameMatches = verdict is { NameMatches: true },
            ChainTrusted = verdict is { ChainTrusted: true },
            ChainFaults = verdict?.ChainFaults ?? [],
            Leaf = verdict is { Presented: [var leaf, ..] } ? leaf : null,
            Chain = verdict?.Presented ?? [],
            Tls = verdict?.Evidence,
            Timings = look.Timings,
            Findings = look.Findings,

            // What happened after the certificate was seen takes nothing from it; the findings tell it.
            Failure = verdict is { Presented.Count: > 0 } ? null : look.Reason ?? NoCertificate(look),
            SecondLookFor = look.Request.SecondLookFor,
        };
    }

    /// <summary>The record of a target that cannot be dialled at all.</summary>
    public static CapabilityResult InvalidCapability(string target, int port, TlsMode mode, SmtpFailure failure) => new()
    {
        Target = target,
        Host = target,
        Port = port,
        Mode = mode,
        StartTls = StartTlsStatus.Unreachable,
        Findings = new[] { ProbeFindings.Of(failure) },
        Failure = failure,
    };

    /// <summary>The record of a target that cannot be dialled at all.</summary>
    public static CertificateResult InvalidCertificate(string target, int port, TlsMode mode, SmtpFailure failure) => new()
    {
        Target = target,
        Host = target,
        Port = port,
        Mode = mode,
        Findings = new[] { ProbeFindings.Of(failure) },
        Failure = failure,
    };

    private static string Host(ServerLook look) => look.Request.Dial.Name?.Value ?? look.Request.Settings.Host;

    private static string[] Lines(EhloResponse? ehlo) => ehlo is null ? [] : ehlo.Lines.Select(l => Printable.Line(l)).ToArray();

    private static SmtpFailure? NoCertificate(ServerLook look) =>
        look.Findings.FirstOrDefault(f => f.Code == FindingCode.NoCertificate) is { } finding
            ? new SmtpFailure
            {
                Code = finding.Code,
                Message = finding.Message,
                Advice = finding.Advice,
                Permanent = true,
                Phase = SmtpPhase.Handshake,
                Host = look.Request.Settings.Host,
                Endpoint = look.Endpoint?.ToString(),
                Cause = finding.Evidence,
            }
            : null;
}
