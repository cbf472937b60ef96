namespace SmtpTls;

/// <summary>Who said a line of a transcript.</summary>
public enum TranscriptDirection
{
    /// <summary>This side sent it.</summary>
    Client,

    /// <summary>The server sent it.</summary>
    Server,

    /// <summary>Neither: an event, such as a connection or a handshake.</summary>
    Event,
}

/// <summary>
/// A line of a dialogue as it may be shown: credentials are replaced by <c>[redacted]</c>, message bytes by their
/// count, and control characters by <c>\xNN</c>.
/// </summary>
/// <param name="Direction">Who said it.</param>
/// <param name="Text">The line without CRLF, at most 1,000 characters.</param>
/// <param name="Elapsed">Time since the dialling began.</param>
public sealed record TranscriptLine(TranscriptDirection Direction, string Text, TimeSpan Elapsed)
{
    /// <summary>The line behind <c>C:</c>, <c>S:</c> or <c>--</c>.</summary>
    public override string ToString() => Direction switch
    {
        TranscriptDirection.Client => $"C: {Text}",
        TranscriptDirection.Server => $"S: {Text}",
        _ => $"-- {Text}",
    };
}
