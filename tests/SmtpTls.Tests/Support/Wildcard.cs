using System.IO.Enumeration;

namespace SmtpTls.Tests.Support;

/// <summary>Patterns of <see cref="Queue.MessageQuery"/>: <c>*</c> and <c>?</c>, no case, nothing else special.</summary>
internal static class Wildcard
{
    // A backslash escapes in the system's matcher; in a query it is a character like others.
    public static bool Matches(string pattern, string text) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace(@"\", @"\\", StringComparison.Ordinal), text, ignoreCase: true);
}
