using System.Buffers;
using System.Globalization;
using System.Text;

namespace SmtpTls.Mail;

/// <summary>
/// Writes text as encoded words (RFC 2047) in UTF-8, in whichever of B and Q is shorter for the whole of it. A word ends
/// between characters as people see them (grapheme clusters), unless one of those alone is longer than a word may be.
/// </summary>
internal static class EncodedWords
{
    /// <summary>RFC 2047 §2.</summary>
    internal const int MaximumLength = 75;

    private const int Overhead = 12; // =?utf-8?Q? and ?=

    // RFC 2047 §5 (3): what may stand for itself in the encoded words of a phrase.
    private static readonly SearchValues<byte> PhraseSafe = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"u8);

    // RFC 2047 §4.2: elsewhere, what is printable except = ? _.
    private static readonly SearchValues<byte> TextSafe =
        SearchValues.Create("!\"#$%&'()*+,-./0123456789:;<>@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>The words, to be separated by folding white space.</summary>
    /// <param name="text">What they say.</param>
    /// <param name="phrase">True for a display name, which allows fewer characters to stand for themselves.</param>
    /// <param name="firstLength">Characters that are left on the line for the first word; where the first character does not fit, the word is made for a line of its own.</param>
    internal static IReadOnlyList<string> Encode(string text, bool phrase, int firstLength)
    {
        var safe = phrase ? PhraseSafe : TextSafe;
        var all = Encoding.UTF8.GetBytes(text);
        var binary = Base64Length(all.Length) < QLength(all, safe);
        int Length(byte[] bytes) => Overhead + (binary ? Base64Length(bytes.Length) : QLength(bytes, safe));

        var words = new List<string>();
        var word = new List<byte>();
        var limit = Math.Min(firstLength, MaximumLength);
        foreach (var part in Parts(text, Length))
        {
            if (Length([.. word, .. part]) > limit)
            {
                if (word.Count > 0)
                {
                    words.Add(Word([.. word], binary, safe));
                    word.Clear();
                }

                limit = MaximumLength;
            }

            word.AddRange(part);
        }

        if (word.Count > 0)
        {
            words.Add(Word([.. word], binary, safe));
        }

        return words;
    }

    // Grapheme clusters; those that fit no word (letters under a heap of combining marks) as their code points.
    private static IEnumerable<byte[]> Parts(string text, Func<byte[], int> length)
    {
        for (var i = 0; i < text.Length;)
        {
            var size = StringInfo.GetNextTextElementLength(text.AsSpan(i));
            var cluster = text.Substring(i, size);
            i += size;
            var bytes = Encoding.UTF8.GetBytes(cluster);
            if (length(bytes) <= MaximumLength)
            {
                yield return bytes;
                continue;
            }

            foreach (var rune in cluster.EnumerateRunes())
            {
                yield return Encoding.UTF8.GetBytes(rune.ToString());
            }
        }
    }

    private static string Word(byte[] bytes, bool binary, SearchValues<byte> safe)
    {
        if (binary)
        {
            return $"=?utf-8?B?{Convert.ToBase64String(bytes)}?=";
        }

        var word = new StringBuilder("=?utf-8?Q?", MaximumLength);
        foreach (var value in bytes)
        {
            _ = value == ' ' ? word.Append('_')
                : safe.Contains(value) ? word.Append((char)value)
                : word.Append(CultureInfo.InvariantCulture, $"={value:X2}");
        }

        return word.Append("?=").ToString();
    }

    private static int Base64Length(int bytes) => (bytes + 2) / 3 * 4;

    private static int QLength(ReadOnlySpan<byte> bytes, SearchValues<byte> safe)
    {
        var length = 0;
        foreach (var value in bytes)
        {
            length += value == ' ' || safe.Contains(value) ? 1 : 3;
        }

        return length;
    }
}
