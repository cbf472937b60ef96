using SmtpTls.Protocol;

namespace SmtpTls.Probe;

/// <summary>The one place for the text of each finding that a probe adds to those about the peer.</summary>
internal static class ProbeFindings
{
    private const string NotOfferedAdvice =
        "On the server: is a certificate configured for SMTP, may the service read its key, is TLS enabled on this connector or port?";

    /// <summary>What a failure says, as a finding.</summary>
    public static Finding Of(SmtpFailure failure)
    {
        string[] seen =
        [
            failure.Phase is { } phase ? $"phase {phase}" : "",
            failure.Reply is { } reply ? $"the server's line: {ClientFailures.Show(reply)}" : "",
            failure.Cause ?? "",
        ];
        return new Finding(
            failure.Code,
            FindingSeverity.Error,
            failure.Message,
            Printable.Line(string.Join("; ", seen.Where(s => s.Length > 0))),
            failure.Advice);
    }

    /// <summary>EHLO did not list STARTTLS.</summary>
    public static Finding NotOffered(ServerLook look)
    {
        var overwritten = Overwritten(look);
        return new Finding(
            FindingCode.StartTlsNotOffered,
            FindingSeverity.Warning,
            overwritten is null
                ? $"{look.Where} does not offer STARTTLS."
                : $"{look.Where} does not offer STARTTLS here: its EHLO reply holds the line {overwritten}, which is how a firewall's SMTP inspection removes it.",
            Ehlo(look),
            overwritten is null
                ? $"{NotOfferedAdvice} If it is offered elsewhere, something in between removes it: try from another network."
                : "Switch SMTP inspection off in the firewall between here and the server, or let it pass STARTTLS.");
    }

    /// <summary>EHLO did not list STARTTLS on a loopback connection, and the look around the machine found no reason for it.</summary>
    public static Finding NotOfferedOnLoopback(ServerLook look, SecondLook second) => NotOffered(look) with
    {
        Message = $"{look.Where} does not offer STARTTLS on this loopback connection. {second.Summary}",
        Evidence = Printable.Line($"{Ehlo(look)}{second.Evidence}", 2 * Printable.MaximumLength),
        Advice = $"{NotOfferedAdvice} A server may withhold STARTTLS on loopback by design: test it at its host name or real address, from another machine where it cannot be reached from this one.",
    };

    /// <summary>EHLO did not list STARTTLS on a loopback connection by design.</summary>
    public static Finding Withheld(ServerLook look, SecondLook second)
    {
        var offeredAt = second.OfferedAt;
        var how = SaysWithheld(look) ? " The server says so itself." : "";
        return new Finding(
            FindingCode.StartTlsWithheldOnLoopback,
            FindingSeverity.Information,
            $"{look.Where} withholds STARTTLS on this loopback connection, by design.{how} {second.Summary}",
            Printable.Line($"{Ehlo(look)}{second.Evidence}", 2 * Printable.MaximumLength),
            offeredAt is null
                ? "Connect to the server's host name or real address; one that listens on loopback only offers it nowhere. On a listener of this module, -StartTls Always offers it on loopback too."
                : $"Connect to {offeredAt}, as others do. On a listener of this module, -StartTls Always offers it on loopback too.");
    }

    /// <summary>The handshake failed because the server speaks no version that is still allowed.</summary>
    public static Finding OldProtocol(ServerLook look, SmtpFailure failure) => new(
        FindingCode.OldProtocol,
        FindingSeverity.Error,
        $"{look.Where} speaks neither TLS 1.2 nor TLS 1.3.",
        Printable.Line(failure.Cause ?? failure.Message),
        "Enable TLS 1.2 and 1.3 on the server; older versions are withdrawn (RFC 8996).");

    /// <summary>True where the server's refusal of the unlisted command explains itself, as our listener's does.</summary>
    public static bool SaysWithheld(ServerLook look) =>
        look.StartTlsReply is { IsPermanent: true } reply && reply.Text.Contains("loopback", StringComparison.OrdinalIgnoreCase);

    private static string Ehlo(ServerLook look)
    {
        var listed = look.EhloBefore switch
        {
            null => "EHLO is not known to the server, so it has no extensions",
            { Lines.Count: 0 } => "EHLO listed no extension",
            var ehlo => $"EHLO listed: {string.Join(", ", ehlo.Lines)}",
        };
        var answer = look.StartTlsReply ?? (look.EhloBefore is null ? look.Reason?.Reply : null);
        return Printable.Line(answer is null ? listed : $"{listed}; {(look.StartTlsReply is null ? "EHLO" : "STARTTLS all the same")} was answered: {answer}");
    }

    // Cisco's "fixup" writes XXXXXXXA; others write as many X as the keyword has letters.
    private static string? Overwritten(ServerLook look) => look.EhloBefore?.Lines
        .Select(l => l.Trim())
        .FirstOrDefault(l => l.Length is >= 7 and <= 12 && l.StartsWith("XXXXXXX", StringComparison.Ordinal) && l.TrimEnd('A', 'B', 'C', 'D').All(c => c == 'X'));
}
