using System.CommandLine;
using SmtpTls.Cli.Options;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Verbs;

/// <summary>What the verbs that probe have in common: every target in turn, a line or a report as each record comes.</summary>
internal static class ProbeRun
{
    /// <param name="set">The options.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Where records are written.</param>
    /// <param name="probe">Asks one target.</param>
    /// <param name="format">A record for people.</param>
    /// <returns>The records of all targets.</returns>
    public static async Task<IReadOnlyList<T>> WriteAsync<T>(
        ProbeOptionSet set, ParseResult parsed, Terminal terminal, Func<string, ProbeOptions, IAsyncEnumerable<T>> probe, Func<T, string> format)
    {
        var json = parsed.GetValue(CommonOptions.Json);
        var options = set.Read(parsed, terminal);
        var results = new List<T>();
        foreach (var target in set.ReadTargets(parsed))
        {
            await foreach (var result in probe(target, options).ConfigureAwait(false))
            {
                terminal.Write(json ? JsonLines.Format(result) : format(result));
                results.Add(result);
            }
        }

        return results;
    }
}
