using System.CommandLine;
using System.Globalization;
using SmtpTls.Cli.Options;

namespace SmtpTls.Cli.Output;

/// <summary>What --verbose shows: the dialogue as the engine tells it, which leaves secrets out.</summary>
internal static class Transcripts
{
    public static Action<TranscriptLine>? For(ParseResult parsed, Terminal terminal) => parsed.GetValue(CommonOptions.Verbose)
        ? line => terminal.Log(string.Create(CultureInfo.InvariantCulture, $"{line.Elapsed.TotalMilliseconds,8:0.0} ms  {PlainText.Line(line.ToString())}"))
        : null;
}
