using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SmtpTls.Tests.Mail;

/// <summary>A small reader of messages for tests, strict where the engine's own is tolerant and written apart from it.</summary>
internal sealed partial class MimeReader
{
    private readonly string _body;

    public MimeReader(ReadOnlyMemory<byte> message)
    {
        Raw = Encoding.UTF8.GetString(message.Span);
        var end = Raw.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, "No blank line ends the header.");
        Fields = [.. Raw[..end].Replace("\r\n ", " ", StringComparison.Ordinal).Replace("\r\n\t", "\t", StringComparison.Ordinal).Split("\r\n").Select(Field)];
        _body = Raw[(end + 4)..];
    }

    public string Raw { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; }

    public string this[string name] => Assert.Single(Fields, field => field.Key == name).Value;

    public string Text(string name) => DecodeWords(this[name]);

    public string Body() => this["Content-Transfer-Encoding"] switch
    {
        "7bit" => _body,
        "base64" => Encoding.UTF8.GetString(Convert.FromBase64String(_body)),
        "quoted-printable" => Encoding.UTF8.GetString(FromHex(_body.Replace("=\r\n", "", StringComparison.Ordinal))),
        var other => throw new InvalidDataException(other),
    };

    /// <summary>What every message must hold: no bare CR or LF, no line beyond 998 octets, and in the header none beyond 78 where it could be folded.</summary>
    public void AssertWellFormed()
    {
        Assert.DoesNotMatch(BareLineEnd(), Raw);
        Assert.DoesNotContain('\0', Raw);
        Assert.All(Raw.Split("\r\n"), line => Assert.True(Encoding.UTF8.GetByteCount(line) <= 998));
        Assert.All(Words().Matches(Raw).Select(match => match.Value), word => Assert.True(word.Length <= 75, word));
    }

    public static string DecodeWords(string value) => Words().Replace(
        Regex.Replace(value, @"(?<=\?=)\s+(?==\?)", "", RegexOptions.None, TimeSpan.FromSeconds(5)),
        match => Encoding.UTF8.GetString(match.Groups["kind"].Value == "B"
            ? Convert.FromBase64String(match.Groups["text"].Value)
            : FromHex(match.Groups["text"].Value.Replace('_', ' '))));

    private static byte[] FromHex(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '=')
            {
                bytes.Add(byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                bytes.Add(checked((byte)text[i]));
            }
        }

        return [.. bytes];
    }

    private static KeyValuePair<string, string> Field(string line)
    {
        var match = FieldLine().Match(line);
        Assert.True(match.Success, line);
        return new(match.Groups["name"].Value, match.Groups["value"].Value);
    }

    [GeneratedRegex(@"^(?<name>[!-9;-~]+): ?(?<value>.*)$", RegexOptions.Singleline, 5000)]
    private static partial Regex FieldLine();

    [GeneratedRegex(@"=\?utf-8\?(?<kind>[BQ])\?(?<text>[^?\s]*)\?=", RegexOptions.None, 5000)]
    private static partial Regex Words();

    [GeneratedRegex(@"\r(?!\n)|(?<!\r)\n", RegexOptions.None, 5000)]
    private static partial Regex BareLineEnd();
}
