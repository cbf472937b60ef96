namespace SmtpTls.Tests;

/// <summary>Input that nobody thought of, the same in every run.</summary>
internal static class Fuzz
{
    /// <summary>A text of some characters of an alphabet; halves of surrogate pairs too, where it has them.</summary>
    public static string Text(Random random, int length, string alphabet) =>
        string.Create(length, (random, alphabet), static (span, source) =>
        {
            foreach (ref var character in span)
            {
                character = source.alphabet[source.random.Next(source.alphabet.Length)];
            }
        });

    /// <summary>The ways in which a network may cut the same bytes: in one piece, byte by byte, and at random.</summary>
    public static IEnumerable<IReadOnlyList<byte[]>> Splits(byte[] bytes, Random random, int randomSplits = 5)
    {
        yield return [bytes];
        yield return [.. bytes.Select(static value => new[] { value })];
        for (var split = 0; split < randomSplits; split++)
        {
            var pieces = new List<byte[]>();
            for (var position = 0; position < bytes.Length;)
            {
                var length = Math.Min(bytes.Length - position, random.Next(1, 20));
                pieces.Add(bytes[position..(position + length)]);
                position += length;
            }

            yield return pieces;
        }
    }
}
