namespace SmtpTls.Tls;

/// <summary>Makes findings whose text quotes what a stranger wrote into a certificate.</summary>
internal static class FindingText
{
    internal static Finding Create(FindingCode code, FindingSeverity severity, string message, string evidence, string advice) =>
        new(code, severity, Clean(message), Clean(evidence), Clean(advice));

    /// <summary>No control character of theirs reaches a terminal or a log.</summary>
    internal static string Clean(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = char.IsControl(source[i]) ? '?' : source[i];
        }
    });
}
