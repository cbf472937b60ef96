using System.CommandLine;
using SmtpTls.Cli.Options;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Verbs;

/// <summary>Is STARTTLS there, and if not, why. Exit 0: on every target.</summary>
internal static class CapabilityVerb
{
    public const string Name = "capability";

    public static Command Create(Terminal terminal)
    {
        var options = new ProbeOptionSet();
        var command = new Command(Name, "Ask whether STARTTLS is available. Exit code 0: on every target; 1: not; 2: the command line cannot be used; 3: could not tell.");
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(options, parsed, terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ProbeOptionSet set, ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(CommonOptions.Json);
        var options = set.Read(parsed, terminal);
        var probe = new SmtpProbe();
        var results = new List<CapabilityResult>();
        foreach (var target in set.ReadTargets(parsed))
        {
            await foreach (var result in probe.GetCapabilityAsync(target, options, cancellationToken).ConfigureAwait(false))
            {
                terminal.Write(json ? JsonLines.Format(result) : results.Count == 0 ? CapabilityReport.Format(result) : $"\n{CapabilityReport.Format(result)}");
                results.Add(result);
            }
        }

        return results.Exists(r => r.Failure?.Code == FindingCode.InvalidInput) ? ExitCode.Usage : ProbeVerdict.Of(results) switch
        {
            ProbeAnswer.Yes => ExitCode.Success,
            ProbeAnswer.No => ExitCode.Failure,
            _ => ExitCode.CouldNotTell,
        };
    }
}
