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
        var json = parsed.GetValue(CommonOptions.Json);
        var options = set.Read(parsed, terminal);
        var probe = new SmtpProbe();
        var results = new List<CertificateResult>();
        foreach (var target in set.ReadTargets(parsed))
        {
            await foreach (var result in probe.GetCertificateAsync(target, options, cancellationToken).ConfigureAwait(false))
            {
                terminal.Write(json ? JsonLines.Format(result) : results.Count == 0 ? CertificateReport.Format(result) : $"\n{CertificateReport.Format(result)}");
                results.Add(result);
            }
        }

        return results.Exists(r => r.Failure?.Code == FindingCode.InvalidInput) ? ExitCode.Usage
            : ProbeVerdict.Of(results) == ProbeAnswer.Yes ? ExitCode.Success
            : ExitCode.Failure;
    }
}
