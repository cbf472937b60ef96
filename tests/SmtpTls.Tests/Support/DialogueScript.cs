using System.Text;

namespace SmtpTls.Tests.Support;

/// <summary>What a line of a dialogue file is.</summary>
internal enum ScriptStep
{
    /// <summary><c>S: 250 ok</c>: the server says a line.</summary>
    Server,

    /// <summary><c>C: QUIT</c>: the client says a line.</summary>
    Client,

    /// <summary><c>TLS</c>: the handshake.</summary>
    Tls,

    /// <summary><c>BODY</c>: the message's bytes with the final dot.</summary>
    Body,

    /// <summary><c>CHUNK 21</c>: so many bytes of message, without a final dot.</summary>
    Chunk,

    /// <summary><c>CLOSE</c>: the server closes the connection.</summary>
    Close,

    /// <summary><c>SILENCE</c>: the server says nothing until the client goes.</summary>
    Silence,

    /// <summary><c>ENDLESS 250-more</c>: the server says the line again and again until the client goes.</summary>
    Endless,

    /// <summary><c>REFUSE</c>: the connection is refused.</summary>
    Refuse,
}

/// <summary>How a server's lines are cut into writes.</summary>
public enum Chunking
{
    /// <summary>All lines up to the next one of the client at once.</summary>
    Whole,

    /// <summary>Line by line.</summary>
    Line,

    /// <summary>Byte by byte.</summary>
    Byte,
}

/// <summary>A dialogue: settings (<c>@ name value</c>), what is said (<c>S:</c>, <c>C:</c>, …), what comes of it (<c>= text</c>).</summary>
internal sealed class DialogueScript
{
    private DialogueScript(IReadOnlyList<(string, string)> settings, IReadOnlyList<(ScriptStep, string)> steps, IReadOnlyList<string> expected)
    {
        Settings = settings;
        Steps = steps;
        Expected = expected;
    }

    public IReadOnlyList<(string Name, string Value)> Settings { get; }

    public IReadOnlyList<(ScriptStep Step, string Text)> Steps { get; }

    public IReadOnlyList<string> Expected { get; }

    public string? Setting(string name) => Settings.Where(s => s.Name == name).Select(s => s.Value).LastOrDefault();

    public static DialogueScript Parse(string text)
    {
        var settings = new List<(string, string)>();
        var steps = new List<(ScriptStep, string)>();
        var expected = new List<string>();
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0 && l[0] != '#'))
        {
            switch (line)
            {
                case ['@', ' ', .. var setting]:
                    var parts = setting.Split(' ', 2);
                    settings.Add((parts[0], parts.Length > 1 ? parts[1] : ""));
                    break;
                case ['=', ' ', .. var outcome]:
                    expected.Add(outcome);
                    break;
                default:
                    steps.Add(Step(line));
                    break;
            }
        }

        return new DialogueScript(settings, steps, expected);
    }

    /// <summary>The lines as bytes, cut. A line ends with CRLF; <c>\xNN</c> is a byte.</summary>
    public static IEnumerable<byte[]> Cut(IEnumerable<string> lines, Chunking chunking)
    {
        var encoded = lines.Select(line => Bytes(line + "\r\n")).ToArray();
        return chunking switch
        {
            Chunking.Whole => [encoded.SelectMany(b => b).ToArray()],
            Chunking.Line => encoded,
            _ => encoded.SelectMany(b => b).Select(b => new[] { b }),
        };
    }

    private static (ScriptStep, string) Step(string line) => line switch
    {
        ['S', ':', ' ', .. var text] => (ScriptStep.Server, text),
        ['C', ':', ' ', .. var text] => (ScriptStep.Client, text),
        "TLS" => (ScriptStep.Tls, ""),
        "BODY" => (ScriptStep.Body, ""),
        "CLOSE" => (ScriptStep.Close, ""),
        "SILENCE" => (ScriptStep.Silence, ""),
        "REFUSE" => (ScriptStep.Refuse, ""),
        ['C', 'H', 'U', 'N', 'K', ' ', .. var text] => (ScriptStep.Chunk, text),
        ['E', 'N', 'D', 'L', 'E', 'S', 'S', ' ', .. var text] => (ScriptStep.Endless, text),
        _ => throw new FormatException($"Not a line of a dialogue: {line}"),
    };

    private static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text.AsSpan(i).StartsWith("\\x", StringComparison.Ordinal))
            {
                bytes.Add(Convert.FromHexString(text.AsSpan(i + 2, 2))[0]);
                i += 3;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
            }
        }

        return [.. bytes];
    }
}
