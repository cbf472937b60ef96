namespace SmtpTls;

/// <summary>The answer of a probe to its question, where it has one.</summary>
public enum ProbeAnswer
{
    /// <summary>TLS is there; or, of a certificate, it is verified.</summary>
    Yes,

    /// <summary>The server answered, and it is not.</summary>
    No,

    /// <summary>The server could not be asked: no such host, no connection, no SMTP, a time-out before EHLO was answered.</summary>
    CouldNotTell,
}

/// <summary>
/// What the records of a probe mean together. Records of a second look explain another record and do not count. Of the
/// addresses of one target each that answered has to answer Yes; one that cannot be reached (an IPv6 address from a
/// network without IPv6) does not spoil it. Of several targets each has to.
/// </summary>
public static class ProbeVerdict
{
    /// <summary>Is TLS to be had at this address.</summary>
    /// <param name="result">The record.</param>
    public static ProbeAnswer Of(CapabilityResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.StartTls switch
        {
            StartTlsStatus.Offered => ProbeAnswer.Yes,
            StartTlsStatus.NotApplicable when result.Tls is not null => ProbeAnswer.Yes,
            StartTlsStatus.Unreachable => ProbeAnswer.CouldNotTell,
            _ => ProbeAnswer.No,
        };
    }

    /// <summary>Is the certificate of this address verified.</summary>
    /// <param name="result">The record.</param>
    public static ProbeAnswer Of(CertificateResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.Leaf is not null)
        {
            return result.Verified ? ProbeAnswer.Yes : ProbeAnswer.No;
        }

        // Whether STARTTLS is there was not learnt before EHLO's reply; a failure without a phase is bad input.
        return result.Failure switch
        {
            { Code: FindingCode.StartTlsNotOffered or FindingCode.StartTlsWithheldOnLoopback or FindingCode.HandshakeFailed } => ProbeAnswer.No,
            { Phase: null or <= SmtpPhase.Hello } => ProbeAnswer.CouldNotTell,
            _ => ProbeAnswer.No,
        };
    }

    /// <summary>Is TLS to be had at every target.</summary>
    /// <param name="results">All records of the targets.</param>
    public static ProbeAnswer Of(IEnumerable<CapabilityResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return Together(results.Where(r => r.SecondLookFor is null).Select(r => (r.Target, r.Port, Of(r))));
    }

    /// <summary>Is the certificate of every target verified.</summary>
    /// <param name="results">All records of the targets.</param>
    public static ProbeAnswer Of(IEnumerable<CertificateResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return Together(results.Where(r => r.SecondLookFor is null).Select(r => (r.Target, r.Port, Of(r))));
    }

    private static ProbeAnswer Together(IEnumerable<(string Target, int Port, ProbeAnswer Answer)> answers)
    {
        ProbeAnswer[] targets =
        [
            .. answers
                .GroupBy(a => (a.Target, a.Port), a => a.Answer)
                .Select(g => g.Contains(ProbeAnswer.No) ? ProbeAnswer.No : g.Contains(ProbeAnswer.Yes) ? ProbeAnswer.Yes : ProbeAnswer.CouldNotTell),
        ];
        if (targets.Contains(ProbeAnswer.No))
        {
            return ProbeAnswer.No;
        }

        return targets.Length == 0 || targets.Contains(ProbeAnswer.CouldNotTell) ? ProbeAnswer.CouldNotTell : ProbeAnswer.Yes;
    }
}
