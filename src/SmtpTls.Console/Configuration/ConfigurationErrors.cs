namespace SmtpTls.Cli.Configuration;

/// <summary>Refusals of a configuration file: each names file, place, what stands there and what may.</summary>
/// <param name="file">The file as it was named.</param>
internal sealed class ConfigurationErrors(string file)
{
    private const int Shown = 80;

    /// <summary>A refusal.</summary>
    /// <param name="path">The place, as <c>$.routes[0].tlsLevel</c>.</param>
    /// <param name="message">What is wrong there, as a sentence.</param>
    /// <param name="advice">What may stand there.</param>
    /// <param name="cause">What threw, where something did.</param>
    public SmtpException At(string path, string message, string advice, Exception? cause = null) => new(
        new SmtpFailure
        {
            Code = FindingCode.InvalidInput,
            Message = $"{file}: {path}: {message}",
            Advice = advice,
            Permanent = true,
            Cause = cause?.Message,
        },
        cause);

    /// <summary>Runs what the engine may refuse, and says at which place.</summary>
    public T At<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SmtpException e)
        {
            throw new SmtpException(e.Failure with { Message = $"{file}: {path}: {e.Failure.Message}" }, e);
        }
    }

    /// <summary>A text as it may stand in a sentence.</summary>
    public static string Show(string text)
    {
        var line = string.Concat(text.Select(static c => char.IsControl(c) ? FormattableString.Invariant($"\\x{(int)c:X2}") : c.ToString()));
        return line.Length <= Shown ? line : $"{line[..Shown]}…";
    }

    /// <summary>The word that somebody who wrote another one most likely meant; null where none is near.</summary>
    public static string? Nearest(string written, IEnumerable<string> known)
    {
        const int Furthest = 3;
        var (word, distance) = known.Select(word => (word, Distance: Distance(written.ToUpperInvariant(), word.ToUpperInvariant())))
            .DefaultIfEmpty((word: "", Distance: int.MaxValue)).MinBy(static candidate => candidate.Distance);
        return distance <= Math.Min(Furthest, word.Length / 2) ? word : null;
    }

    // Levenshtein's: how many letters to change, add or leave out. Both are short: keys of a schema, and what is bounded before.
    private static int Distance(string left, string right)
    {
        left = left.Length > Shown ? left[..Shown] : left;
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                (row[j], diagonal) = (Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1)), row[j]);
            }
        }

        return row[^1];
    }
}
