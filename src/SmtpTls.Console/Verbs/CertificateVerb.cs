using System.CommandLine;
using SmtpTls.Cli.Options;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Verbs;

/// <summary>Which certificate a server presents, and does it hold. Exit 0: verified on every target.</summary>
internal static class CertificateVerb
{
    public static Command Create(Terminal terminal)
    {
        var options = new ProbeOptionSet();
        var command = new Command("certificate", "Inspect the certificates that servers present. Exit code 0: verified; 1: not, or none was seen; 2: the command line cannot be used.");
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(options, parsed, terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ProbeOptionSet set, ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var probe = new SmtpProbe();
        var results = await ProbeRun.WriteAsync(
            set, parsed, terminal, (target, options) => probe.GetCertificateAsync(target, options, cancellationToken), CertificateReport.Format).ConfigureAwait(false);
        return results.Any(r => r.Failure?.Code == FindingCode.InvalidInput) ? ExitCode.Usage
            : ProbeVerdict.Of(results) == ProbeAnswer.Yes ? ExitCode.Success
            : ExitCode.Failure;
    }
}
