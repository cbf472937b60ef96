using System.Globalization;

namespace SmtpTls.Cli.Output;

/// <summary>What waits in a queue, for people.</summary>
internal static class QueueReport
{
    /// <summary>A message in one line.</summary>
    public static string Line(QueuedMessage message) => PlainText.Line(string.Create(
        CultureInfo.InvariantCulture,
        $"{message.Id}  {message.State,-9}  {message.ReceivedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  {message.Size,9}  <{message.From}> to {To(message)}{Trouble(message.LastFailure)}"));

    /// <summary>A next hop in one line.</summary>
    public static string Line(NextHopQueue row) => PlainText.Line(string.Create(
        CultureInfo.InvariantCulture,
        $"{row.NextHop}: {row.Ready} ready, {row.Active} active, {row.Deferred} deferred, {row.Suspended} suspended{Next(row.NextAttemptAt)}{Trouble(row.LastFailure)}"));

    /// <summary>A message with all that is known of it.</summary>
    public static string Format(QueuedMessage message)
    {
        var report = new Report()
            .Headline($"{message.Id}: {message.State}")
            .Fact("from", $"<{message.From}>")
            .Fact("subject", message.Subject)
            .Fact("message id", message.MessageId)
            .Fact("received", Time(message.ReceivedAt))
            .Fact("came in", Origin(message.Origin))
            .Fact("size", string.Create(CultureInfo.InvariantCulture, $"{message.Size} bytes"));
        foreach (var recipient in message.Recipients)
        {
            report
                .Fact("to", $"<{recipient.Recipient}> by {recipient.NextHop}: {recipient.State}")
                .Fact("  attempts", string.Create(CultureInfo.InvariantCulture, $"{recipient.Attempts}{Next(recipient.NextAttemptAt)}"))
                .Fact("  failure", recipient.LastFailure);
        }

        return report.ToString();
    }

    private static string Origin(MessageOrigin origin) => string.Join(
        ", ",
        new[] { origin.Kind.ToString(), origin.Source, origin.RemoteEndPoint, origin.User is null ? null : $"user {origin.User}", origin.Tls?.Protocol }
            .Where(static part => !string.IsNullOrEmpty(part)));

    private static string To(QueuedMessage message) => message.Recipients.Count switch
    {
        0 => "nobody",
        1 => $"<{message.Recipients[0].Recipient}>",
        var count => string.Create(CultureInfo.InvariantCulture, $"<{message.Recipients[0].Recipient}> and {count - 1} more"),
    };

    private static string Next(DateTimeOffset? time) => time is { } next ? $", next {Time(next)}" : "";

    private static string Trouble(string? failure) => failure is null ? "" : $"; {failure}";

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>What was done with a message of a queue.</summary>
/// <param name="Event">Retried, Removed or Exported.</param>
/// <param name="Id">The message.</param>
/// <param name="Path">The file; null where there is none.</param>
internal sealed record QueueDoneLine(string Event, QueueId Id, string? Path = null);
