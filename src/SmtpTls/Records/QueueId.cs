using System.Diagnostics.CodeAnalysis;

namespace SmtpTls;

/// <summary>
/// A message's name in a queue. It is written as thirteen characters that sort like the time of arrival: in replies, in
/// Received headers, in logs and wherever an administrator types one.
/// </summary>
/// <param name="Value">The number behind it, above zero. Stores keep messages in its order.</param>
public readonly record struct QueueId(long Value) : IComparable<QueueId>
{
    // Crockford's alphabet: no I, L, O, U, so that a name read out or copied from paper is not mistaken.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Length = 13;

    /// <summary>Reads what <see cref="ToString"/> writes, in any case.</summary>
    /// <param name="text">Thirteen characters.</param>
    /// <param name="id">The id.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out QueueId id)
    {
        id = default;
        if (text?.Length != Length)
        {
            return false;
        }

        var value = 0L;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(char.ToUpperInvariant(c), StringComparison.Ordinal);
            if (digit < 0 || value > long.MaxValue >> 5)
            {
                return false;
            }

            value = (value << 5) | (uint)digit;
        }

        id = new QueueId(value);
        return value > 0;
    }

    /// <inheritdoc/>
    public int CompareTo(QueueId other) => Value.CompareTo(other.Value);

    /// <summary>The thirteen characters.</summary>
    public override string ToString() => string.Create(Length, Value, static (characters, value) =>
    {
        for (var i = characters.Length - 1; i >= 0; i--)
        {
            characters[i] = Alphabet[(int)(value & 31)];
            value >>= 5;
        }
    });
#pragma warning disable CS1591 // The four say nothing that CompareTo does not.
    public static bool operator <(QueueId left, QueueId right) => left.Value < right.Value;

    public static bool operator >(QueueId left, QueueId right) => left.Value > right.Value;

    public static bool operator <=(QueueId left, QueueId right) => left.Value <= right.Value;

    public static bool operator >=(QueueId left, QueueId right) => left.Value >= right.Value;
#pragma warning restore CS1591
}
