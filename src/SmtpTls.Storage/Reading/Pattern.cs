using System.IO.Enumeration;

namespace SmtpTls.Storage.Reading;

/// <summary>A pattern as administrators type them: <c>*</c> is any text, <c>?</c> any character, all others themselves in any case.</summary>
internal static class Pattern
{
    internal static bool Matches(string? pattern, string? text) => pattern is null || (text is not null && Fits(pattern, text));

    // To the system's matcher no pattern is any text, where here it is the null reverse-path's; and a backslash escapes there.
    private static bool Fits(string pattern, string text) => pattern.Length == 0
        ? text.Length == 0
        : FileSystemName.MatchesSimpleExpression(pattern.Replace(@"\", @"\\", StringComparison.Ordinal), text, ignoreCase: true);
}
