namespace SmtpTls.Cli.Output;

/// <summary>What the reports of both probes have in common: who was asked, and what went wrong.</summary>
internal static class ProbePlace
{
    /// <summary>The name that was asked for, and the endpoint that was dialled for it.</summary>
    public static string Of(string target, string host, string? address, int port)
    {
        // A target in U-labels is shown as it was given, beside the name that was looked up.
        var name = target.Contains(host, StringComparison.OrdinalIgnoreCase) ? host : $"{target} = {host}";
        if (address is null)
        {
            return FormattableString.Invariant($"{name}, port {port}");
        }

        var endpoint = FormattableString.Invariant($"{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{port}");
        return host == address ? endpoint : $"{name} ({endpoint})";
    }

    public static string? SecondLook(string? target) => target is null ? null : $"a second look, because {target} is a loopback target";

    /// <summary>The failure, unless a finding says the same.</summary>
    public static Report WithFailure(Report report, SmtpFailure? failure, IReadOnlyList<Finding> findings) =>
        failure is null || findings.Any(f => f.Code == failure.Code) ? report : report.Failure(failure);
}
