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

    // Letters, digits, hyphen (RFC 952, RFC 1123 §2.1), and the underscore that real host names carry.
    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    private DnsName(string value) => Value = value;

    /// <summary>The name.</summary>
    public string Value { get; }

    /// <summary>
    /// Reads a name as a person types it or as it stands in a message: any case, U-labels or A-labels, with or without
    /// the trailing dot. An address, a wildcard and an all-numeric last label are not names.
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

        // Bounded before IDN mapping, whose cost grows with the input. A U-label is never longer than its A-label.
        if (text.Length > MaximumLength + 1)
        {
            error = $"it is longer than {MaximumLength} characters";
            return false;
        }

        var candidate = text[^1] == '.' ? text[..^1] : text;
        if (!TryToALabels(candidate, out var ascii))
        {
            error = "it holds characters that no internationalized name may hold (RFC 5891)";
            return false;
        }

        error = Complaint(ascii);
        if (error.Length == 0)
        {
            name = new DnsName(ascii);
        }

        return name is not null;
    }

    /// <summary>The name.</summary>
    public override string ToString() => Value;

    private static bool TryToALabels(string text, out string ascii)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            ascii = text.ToLowerInvariant();
            return true;
        }

        try
        {
            ascii = new IdnMapping().GetAscii(text).ToLowerInvariant();
            return true;
        }
        catch (ArgumentException)
        {
            // IdnMapping has no Try form; what it refuses is bad input and told as such.
            ascii = "";
            return false;
        }
    }

    private static string Complaint(string ascii)
    {
        if (ascii.Length is 0 or > MaximumLength)
        {
            return ascii.Length == 0 ? "it is empty" : $"it is longer than {MaximumLength} characters";
        }

        var labels = ascii.Split('.');
        foreach (var label in labels)
        {
            if (label.Length is 0 or > MaximumLabelLength)
            {
                return label.Length == 0 ? "it has an empty label" : $"a label is longer than {MaximumLabelLength} characters";
            }

            if (label.AsSpan().ContainsAnyExcept(LabelCharacters))
            {
                return "a label holds something other than letters, digits, hyphens and underscores";
            }

            if (label[0] == '-' || label[^1] == '-')
            {
                return "a label begins or ends with a hyphen";
            }
        }

        // RFC 9525 §6.3 and the WHATWG host parser agree: such a "name" is an address in disguise.
        return labels[^1].AsSpan().ContainsAnyExceptInRange('0', '9') ? "" : "its last label is all digits, so it is an address, not a name";
    }
}
