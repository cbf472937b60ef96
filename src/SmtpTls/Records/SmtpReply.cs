using System.Globalization;

namespace SmtpTls;

/// <summary>A server's reply (RFC 5321 §4.2): a three-digit code and one or more lines of text.</summary>
/// <param name="Code">200 to 599.</param>
/// <param name="Enhanced">The enhanced status code that began every line, or null (RFC 2034).</param>
/// <param name="Lines">The text of each line, without code, separator and enhanced code.</param>
public sealed record SmtpReply(int Code, EnhancedStatusCode? Enhanced, IReadOnlyList<string> Lines)
{
    /// <summary>2xx.</summary>
    public bool IsPositive => Code is >= 200 and < 300;

    /// <summary>3xx: the server waits for more.</summary>
    public bool IsIntermediate => Code is >= 300 and < 400;

    /// <summary>4xx: the same may work later.</summary>
    public bool IsTransient => Code is >= 400 and < 500;

    /// <summary>5xx: the same will fail again.</summary>
    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>The lines' text, joined with a space.</summary>
    public string Text => string.Join(' ', Lines);

    /// <summary>The reply in one line: code, enhanced code where there is one, and text.</summary>
    public override string ToString() => Enhanced is { } enhanced
        ? string.Create(CultureInfo.InvariantCulture, $"{Code} {enhanced} {Text}")
        : string.Create(CultureInfo.InvariantCulture, $"{Code} {Text}");
}
