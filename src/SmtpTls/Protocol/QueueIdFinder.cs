using System.Buffers;

namespace SmtpTls.Protocol;

/// <summary>Finds the server's own name for a message in its reply. Only shapes that leave no doubt are read; a wrong id is worse than none.</summary>
internal static class QueueIdFinder
{
    // Longer than any server's id, shorter than a line.
    private const int MaximumLength = 128;

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.+@/:");

    // What stands before the id: Postfix and many others; Exim; Exchange.
    private static readonly string[] Markers = ["queued as ", " id=", "[InternalId="];

    /// <summary>The id, or null.</summary>
    public static string? Find(SmtpReply reply)
    {
        if (!reply.IsPositive)
        {
            return null;
        }

        // The space makes a marker that begins with one match at the start, too.
        var text = " " + reply.Text;
        foreach (var marker in Markers)
        {
            var at = text.IndexOf(marker, StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && Word(text.AsSpan(at + marker.Length)) is { } id)
            {
                return id;
            }
        }

        // Sendmail and OpenSMTPD: "24KABC12 Message accepted for delivery".
        var words = reply.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length >= 3
            && words[1].Equals("Message", StringComparison.OrdinalIgnoreCase)
            && words[2].StartsWith("accepted", StringComparison.OrdinalIgnoreCase)
            && words[0].AsSpan().ContainsAnyInRange('0', '9')
            ? Word(words[0])
            : null;
    }

    private static string? Word(ReadOnlySpan<char> text)
    {
        var rest = text.TrimStart("<\"'(");
        var end = rest.IndexOfAnyExcept(IdCharacters);
        var id = (end < 0 ? rest : rest[..end]).TrimEnd(".:");
        return id.Length is > 0 and <= MaximumLength ? id.ToString() : null;
    }
}
