using System.Globalization;

namespace SmtpTls.Cli.Output;

/// <summary>How a message went, for people. Why it did not go is said on standard error.</summary>
internal static class SendReport
{
    public static string Format(SendResult result)
    {
        var accepted = result.Recipients.Count(r => r.Accepted);
        var place = result.Address is null || result.Address == result.Server ? "" : $" ({result.Address})";
        var report = new Report().Headline(string.Create(
            CultureInfo.InvariantCulture,
            $"{(result.Accepted ? "Accepted" : accepted > 0 ? "Partly accepted" : "Not accepted")}: {accepted} of {result.Recipients.Count} recipients, by {result.Server}{place} port {result.Port}"));
        report.Facts("recipients", result.Recipients.Select(Recipient));
        report.Fact("TLS", TlsText.Session(result.Tls) ?? (accepted > 0 ? "none: the message went in plain text" : null));
        report.Fact("identity", TlsText.Identity(result.Tls));
        report.Fact("level", result.Tls?.Level.ToString());
        report.Fact("peer", result.Tls?.PeerThumbprint is { } thumbprint ? $"thumbprint {thumbprint}" : null);
        report.Fact("message id", result.MessageId);
        report.Fact("queue id", result.QueueId);
        return report.Timings(result.Timings).Findings(result.Findings).ToString();
    }

    private static string Recipient(RecipientResult recipient) =>
        $"{recipient.Recipient}: {(recipient.Accepted ? "accepted" : "not accepted")}{(recipient.Reply is { } reply ? $", {reply}" : "")}";
}
