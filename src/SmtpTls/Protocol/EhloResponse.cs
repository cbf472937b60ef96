using System.Globalization;

namespace SmtpTls.Protocol;

/// <summary>What a server offered in its reply to EHLO (RFC 5321 §4.1.1.1): one keyword and its parameters a line.</summary>
internal sealed record EhloResponse
{
    private static readonly char[] Blanks = [' ', '\t'];

    private readonly Dictionary<string, string> _parameters;

    private EhloResponse(IReadOnlyList<string> lines)
    {
        Lines = lines;
        _parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var mechanisms = new List<string>();
        foreach (var line in lines)
        {
            var (keyword, parameters) = Split(line);
            _ = _parameters.TryAdd(keyword, parameters);
            if (keyword.Equals("AUTH", StringComparison.OrdinalIgnoreCase))
            {
                AddMechanisms(mechanisms, parameters);
            }
        }

        AuthMechanisms = mechanisms;
    }

    /// <summary>After HELO, which offers nothing.</summary>
    public static EhloResponse Hello { get; } = new([]);

    /// <summary>The keyword lines as they came, without the first line, which greets.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>RFC 3207.</summary>
    public bool StartTls => Has("STARTTLS");

    /// <summary>RFC 2920.</summary>
    public bool Pipelining => Has("PIPELINING");

    /// <summary>RFC 6152.</summary>
    public bool EightBitMime => Has("8BITMIME");

    /// <summary>RFC 6531.</summary>
    public bool SmtpUtf8 => Has("SMTPUTF8");

    /// <summary>RFC 3030: BDAT.</summary>
    public bool Chunking => Has("CHUNKING");

    /// <summary>RFC 2034.</summary>
    public bool EnhancedStatusCodes => Has("ENHANCEDSTATUSCODES");

    /// <summary>
    /// The largest message in octets (RFC 1870 §4); null where SIZE is not offered, has no number or one that no
    /// <see cref="long"/> holds, or is zero, which means that there is no fixed limit.
    /// </summary>
    public long? MaximumSize => _parameters.TryGetValue("SIZE", out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0
        ? size
        : null;

    /// <summary>The SASL mechanisms in upper case, in the server's order, each once (RFC 4954 §3).</summary>
    public IReadOnlyList<string> AuthMechanisms { get; }

    /// <summary>Reads the 250 reply to EHLO.</summary>
    public static EhloResponse Parse(SmtpReply reply) => new(reply.Lines.Skip(1).ToArray());

    /// <summary>True where a line begins with the keyword, in any case (RFC 5321 §4.1.1.1).</summary>
    public bool Has(string keyword) => _parameters.ContainsKey(keyword);

    private static (string Keyword, string Parameters) Split(string line)
    {
        var text = line.AsSpan().Trim(Blanks);
        var end = text.IndexOfAny(Blanks);
        var keyword = end < 0 ? text : text[..end];

        // The form of the drafts before RFC 2554, which some servers still send beside the other for old clients.
        if (keyword.StartsWith("AUTH=", StringComparison.OrdinalIgnoreCase))
        {
            end = "AUTH".Length;
        }

        return end < 0
            ? (text.ToString(), "")
            : (text[..end].ToString(), text[(end + 1)..].Trim(Blanks).ToString());
    }

    private static void AddMechanisms(List<string> mechanisms, string parameters)
    {
        foreach (var parameter in parameters.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
        {
            var mechanism = parameter.ToUpperInvariant();
            if (!mechanisms.Contains(mechanism, StringComparer.Ordinal))
            {
                mechanisms.Add(mechanism);
            }
        }
    }
}
