namespace SmtpTls.Storage.Reading;

/// <summary>A pattern as administrators type them: <c>*</c> is any text, <c>?</c> any character, all others themselves in any case.</summary>
internal static class Pattern
{
    internal static bool Matches(string? pattern, string? text)
    {
        if (pattern is null)
        {
            return true;
        }

        if (text is null)
        {
            return false;
        }

        // The one star to come back to: a later one makes the earlier ones' choices final.
        var (at, next, star, resume) = (0, 0, -1, 0);
        while (at < text.Length)
        {
            if (next < pattern.Length && pattern[next] == '*')
            {
                star = next++;
                resume = at;
            }
            else if (next < pattern.Length && (pattern[next] == '?' || char.ToUpperInvariant(pattern[next]) == char.ToUpperInvariant(text[at])))
            {
                next++;
                at++;
            }
            else if (star >= 0)
            {
                next = star + 1;
                at = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(next).Trim('*').IsEmpty;
    }
}
