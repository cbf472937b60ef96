namespace SmtpTls.Protocol;

/// <summary>A line for the server, and how it may be shown.</summary>
/// <param name="line">The line without CRLF.</param>
/// <param name="shown">What a transcript shows instead, where the line holds a secret.</param>
internal sealed class ClientCommand(string line, string? shown = null)
{
    /// <summary>The line as it goes out, without CRLF. May hold a secret.</summary>
    public string Line => line;

    /// <summary>The line as it may be shown.</summary>
    public string Shown => shown ?? line;

    /// <summary>The line as it may be shown: a secret cannot slip out through formatting.</summary>
    public override string ToString() => Shown;
}
