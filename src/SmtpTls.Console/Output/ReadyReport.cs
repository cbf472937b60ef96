using System.Globalization;

namespace SmtpTls.Cli.Output;

/// <summary>What a listener is, for people. The first line says that it is ready, and where.</summary>
internal static class ReadyReport
{
    public static string Format(ReadyLine ready, string? authorityFile)
    {
        var report = new Report().Headline($"Ready: {ready.HostName} listens on {string.Join(", ", ready.Endpoints)}");
        report.Fact("TLS", Tls(ready));
        report.Facts("certificate", ready.Certificates.Select(c => string.Create(
            CultureInfo.InvariantCulture, $"{string.Join(", ", c.Names)}; until {c.NotAfter.UtcDateTime:yyyy-MM-dd}; thumbprint {c.Thumbprint}")));
        if (ready.SelfSignedPem is not null)
        {
            report.Fact("self-signed", authorityFile is null
                ? "give --ca-out FILE to have the certificate, which clients have to trust"
                : $"the certificate is in {authorityFile}; clients trust it with send --ca {authorityFile}");
        }

        return report
            .Fact("messages", ready.CaptureFolder is null ? "told as a line each and not kept; --capture FOLDER keeps them" : $"kept in {ready.CaptureFolder}")
            .Fact("stop", "Ctrl+C or SIGTERM; twice to stop at once")
            .ToString();
    }

    private static string Tls(ReadyLine ready)
    {
        if (ready.TlsMode != TlsMode.StartTls || ready.Certificates.Count == 0)
        {
            return ready.TlsMode == TlsMode.Implicit ? "from the first byte (implicit TLS)" : "none";
        }

        var where = ready.StartTls switch
        {
            StartTlsPolicy.Always => "STARTTLS on every connection",
            StartTlsPolicy.ExceptLoopback => "STARTTLS, except on loopback connections",
            _ => "none: STARTTLS is never offered",
        };
        return ready.RequireTls ? $"{where}; required there" : where;
    }
}
