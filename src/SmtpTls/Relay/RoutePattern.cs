using System.Diagnostics.CodeAnalysis;
using SmtpTls.Protocol;

namespace SmtpTls.Relay;

/// <summary>Which domains an entry of <see cref="SmtpRoute.Domains"/> speaks of.</summary>
internal enum RoutePatternKind
{
    /// <summary>One domain, or one address literal.</summary>
    One,

    /// <summary>All below a domain and not itself.</summary>
    Below,

    /// <summary>All that no other entry speaks of.</summary>
    All,
}

/// <summary>An entry of <see cref="SmtpRoute.Domains"/>, read.</summary>
/// <param name="Kind">Which domains it speaks of.</param>
/// <param name="Domain">The domain in its one form; empty for <see cref="RoutePatternKind.All"/>.</param>
internal readonly record struct RoutePattern(RoutePatternKind Kind, string Domain)
{
    /// <summary>Reads an entry that <see cref="RouteCheck"/> found nothing wrong with.</summary>
    public static RoutePattern Parse(string text) => TryParse(text, out var pattern, out var error, out _)
        ? pattern.Value
        : throw new InvalidOperationException($"A route is used that was not checked: '{text}': {error}.");

    /// <summary>Reads an entry.</summary>
    /// <param name="text">As an administrator types it.</param>
    /// <param name="pattern">What it means.</param>
    /// <param name="error">Why it means nothing, as the end of a sentence.</param>
    /// <param name="advice">What to write in its place.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RoutePattern? pattern, out string error, out string advice)
    {
        pattern = null;
        (error, advice) = Complaint(text);
        if (error.Length > 0 || text is null)
        {
            return false;
        }

        if (text == "*")
        {
            pattern = new RoutePattern(RoutePatternKind.All, "");
            return true;
        }

        var below = text.StartsWith("*.", StringComparison.Ordinal);
        if (MailDomain.TryNormalize(below ? text[2..] : text, out var domain, out error))
        {
            pattern = new RoutePattern(below ? RoutePatternKind.Below : RoutePatternKind.One, domain);
            return true;
        }

        advice = "Give a domain (contoso.com), all below one (*.contoso.com), an address literal ([192.0.2.1]), or * for all others.";
        return false;
    }

    // What people write who mean well, before the words of a parser that never heard of them.
    private static (string Error, string Advice) Complaint(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return ("it is empty", "Give a domain, or * for all others.");
        }

        if (text.Any(char.IsWhiteSpace))
        {
            return ("it holds a space", "Give each domain as an entry of its own, without spaces.");
        }

        if (text.Contains('@', StringComparison.Ordinal))
        {
            return ("it is an address", "Give the domain alone: routes are chosen by domain.");
        }

        if (text.Contains('*', StringComparison.Ordinal) && text != "*"
            && (!text.StartsWith("*.", StringComparison.Ordinal) || text.IndexOf('*', 1) >= 0 || text.Length == 2 || text[2] == '['))
        {
            return ("a wildcard is * alone, or *. and a domain", "Give *.contoso.com for all below contoso.com; contoso.com itself is an entry of its own.");
        }

        return text.StartsWith('.')
            ? ("it begins with a dot", Printable.Line($"Give *{text} for all below it.", 300))
            : ("", "");
    }
}
