namespace SmtpTls.Protocol;

/// <summary>A line for the server, and how it may be shown.</summary>
/// <param name="line">The line without CRLF.</param>
/// <param name="shown">What a transcript shows instead, where the line holds a secret.</param>
/// <exception cref="ArgumentException">The line holds a line end: it would be two commands.</exception>
internal sealed class ClientCommand(string line, string? shown = null)
{
    private readonly string _line = line.AsSpan().ContainsAny('\r', '\n')
        ? throw new ArgumentException("A command is one line.", nameof(line))
        : line;

    /// <summary>The line as it goes out, without CRLF. May hold a secret.</summary>
    public string Line => _line;

    /// <summary>The line as it may be shown.</summary>
    public string Shown => shown ?? _line;

    /// <summary>The line as it may be shown: a secret cannot slip out through formatting.</summary>
    public override string ToString() => Shown;
}
