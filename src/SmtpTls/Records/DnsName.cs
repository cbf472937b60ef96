using System.Buffers;
using System.Globalization;

namespace SmtpTls;

/// <summary>
/// A host or domain name in the one form in which names are compared: A-labels (RFC 5890), lower case, no trailing dot.
/// </summary>
public sealed record DnsName
{
    /// <summary>Longest name without its trailing dot (RFC 1035 §2.3.4: 255 octets on the wire).</summary>
    public const int MaximumLength = 253;

    /// <summary>Longest label (RFC 1035 §2.3.4).</summary>
    public const int MaximumLabelLength = 63;

    // Before IDN mapping, whose cost grows with the input. Composing (NFC) and surrogate pairs make a U-label's text up
    // to four times as long as its A-label.
    private const int MaximumTextLength = 4 * MaximumLength;

    private const string EmptyLabel = "it has an empty label";

    private static readonly string TooLong = $"it is longer than {MaximumLength} characters";

    // Letters, digits, hyphen (RFC 952, RFC 1123 §2.1), and the underscore that real host names carry.
    private static readonly SearchValues<char> LabelCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    private DnsName(string value) => Value = value;

    /// <summary>The name.</summary>
    public string Value { get; }

    /// <summary>
    /// Reads a name as a person types it or as it stands in a message: any case, U-labels or A-labels, with or without
    /// the trailing dot. An address, a wildcard and a number as the last label are not names.
    /// </summary>
    /// <param name="text">The name.</param>
    /// <param name="name">The name in its comparable form.</param>
    /// <param name="error">Why it is none, as the end of a sentence: "… is not a host name: {error}".</param>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DnsName? name, out string error)
    {
        name = null;
        if (string.IsNullOrEmpty(text))
        {
            error = "it is empty";
            return false;
        }

        if (text.Length > MaximumTextLength)
        {
            error = TooLong;
            return false;
        }

        if (TryToALabels(text, out var ascii, out error))
        {
            error = Complaint(ascii);
        }

        if (error.Length == 0)
        {
            name = new DnsName(ascii);
        }

        return name is not null;
    }

    /// <summary>The name.</summary>
    public override string ToString() => Value;

    /// <summary>
    /// What is wrong with a name in A-labels, of any case, without a trailing dot; empty where nothing is. Allocates
    /// nothing for a good name.
    /// </summary>
    internal static string Complaint(ReadOnlySpan<char> ascii)
    {
        if (ascii.Length is 0 or > MaximumLength)
        {
            return ascii.Length == 0 ? "it is empty" : TooLong;
        }

        while (true)
        {
            var dot = ascii.IndexOf('.');
            var label = dot < 0 ? ascii : ascii[..dot];
            if (LabelComplaint(label) is { Length: > 0 } complaint)
            {
                return complaint;
            }

            if (dot < 0)
            {
                return IsNumber(label) ? "its last label is a number, all digits or hexadecimal, so it is an address, not a name" : "";
            }

            ascii = ascii[(dot + 1)..];
        }
    }

    private static string LabelComplaint(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > MaximumLabelLength)
        {
            return label.Length == 0 ? EmptyLabel : $"a label is longer than {MaximumLabelLength} characters";
        }

        if (label.ContainsAnyExcept(LabelCharacters))
        {
            return "a label holds something other than letters, digits, hyphens and underscores";
        }

        return label[0] == '-' || label[^1] == '-' ? "a label begins or ends with a hyphen" : "";
    }

    // Such a "name" is an address in disguise: RFC 9525 §6.3 and the WHATWG host parser agree on digits, and the system's
    // resolver reads 0x7f000001 as 127.0.0.1 as well.
    private static bool IsNumber(ReadOnlySpan<char> label)
    {
        var hexadecimal = label.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        foreach (var character in hexadecimal ? label[2..] : label)
        {
            if (!(hexadecimal ? char.IsAsciiHexDigit(character) : char.IsAsciiDigit(character)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryToALabels(string text, out string ascii, out string error)
    {
        error = "";
        if (System.Text.Ascii.IsValid(text))
        {
            ascii = WithoutTrailingDot(text).ToLowerInvariant();
            return true;
        }

        // IDNA's other dots (RFC 3490 §3.1). Lower case comes first because IdnMapping maps case only where ICU is there:
        // in invariant-globalization mode, usual in containers, BÜCHER would become another name than bücher.
        text = WithoutTrailingDot(text.Replace('\u3002', '.').Replace('\uFF0E', '.').Replace('\uFF61', '.')).ToLowerInvariant();
        if (text.StartsWith('.') || text.Contains("..", StringComparison.Ordinal))
        {
            ascii = "";
            error = EmptyLabel;
            return false;
        }

        try
        {
            ascii = text.Length == 0 ? "" : new IdnMapping().GetAscii(text).ToLowerInvariant();
            return true;
        }
        catch (ArgumentException)
        {
            // IdnMapping has no Try form, and does not say which of the two it is.
            ascii = "";
            error = "a label holds characters that no internationalized name may hold, or is too long (RFC 5891)";
            return false;
        }
    }

    private static string WithoutTrailingDot(string text) => text[^1] == '.' ? text[..^1] : text;
}
