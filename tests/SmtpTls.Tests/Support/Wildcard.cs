using System.IO.Enumeration;

namespace SmtpTls.Tests.Support;

/// <summary>Patterns of <see cref="Queue.MessageQuery"/>: <c>*</c> and <c>?</c>, no case, nothing else special.</summary>
internal static class Wildcard
{
    // The system's matcher takes no pattern for any; here it is the pattern of the null reverse-path. A backslash escapes in the system's matcher; in a query it is a character like others.
    public static bool Matches(string pattern, string text) =>
        pattern.Length == 0 ? text.Length == 0 : FileSystemName.MatchesSimpleExpression(pattern.Replace(@"\", @"\\", StringComparison.Ordinal), text, ignoreCase: true);
}
