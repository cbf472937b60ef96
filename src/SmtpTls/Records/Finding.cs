namespace SmtpTls;

/// <summary>How much a <see cref="Finding"/> matters.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know; nothing to do.</summary>
    Information,

    /// <summary>Works today, and will or may break or weaken.</summary>
    Warning,

    /// <summary>Broken or unsafe now.</summary>
    Error,
}

/// <summary>A fact held against policy: what was found, how that is known, and what to do about it.</summary>
/// <param name="Code">Stable; documented in docs/findings.md.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Message">One or two sentences that name the thing and the place.</param>
/// <param name="Evidence">What was seen: the server's line, the names in the certificate, the chain error.</param>
/// <param name="Advice">What to do.</param>
public sealed record Finding(FindingCode Code, FindingSeverity Severity, string Message, string Evidence, string Advice)
{
    /// <summary>Severity, code and message in one line.</summary>
    public override string ToString() => $"{Severity} {Code}: {Message}";
}
