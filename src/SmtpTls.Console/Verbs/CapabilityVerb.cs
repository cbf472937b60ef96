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
        var probe = new SmtpProbe();
        var results = await ProbeRun.WriteAsync(
            set, parsed, terminal, (target, options) => probe.GetCapabilityAsync(target, options, cancellationToken), CapabilityReport.Format).ConfigureAwait(false);
        return results.Any(r => r.Failure?.Code == FindingCode.InvalidInput) ? ExitCode.Usage : ProbeVerdict.Of(results) switch
        {
            ProbeAnswer.Yes => ExitCode.Success,
            ProbeAnswer.No => ExitCode.Failure,
            _ => ExitCode.CouldNotTell,
        };
    }
}
