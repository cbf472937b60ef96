namespace SmtpTls.Cli.Output;

/// <summary>What the reports of both probes have in common: who was asked, and what went wrong.</summary>
internal static class ProbePlace
{
    public static string Of(string target, string host, string? address, int port)
    {
        var name = target.Contains(host, StringComparison.OrdinalIgnoreCase) ? target : $"{target} ({host})";
        return address is null || host == address
            ? FormattableString.Invariant($"{name}, port {port}")
            : FormattableString.Invariant($"{name} at {address}, port {port}");
    }

    public static string? SecondLook(string? target) => target is null ? null : $"a second look, because {target} is a loopback target";

    /// <summary>The failure, unless a finding says the same.</summary>
    public static Report WithFailure(Report report, SmtpFailure? failure, IReadOnlyList<Finding> findings) =>
        failure is null || findings.Any(f => f.Code == failure.Code) ? report : report.Failure(failure);
}
