using System.CommandLine;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Verbs;

/// <summary>The four jobs against itself in one process. It checks what it claims: exit 1 where something is not so.</summary>
internal static class DemoVerb
{
    // Everything happens on this machine in well under a second; a demo that hangs shall say so.
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(60);

    public static Command Create(Terminal terminal)
    {
        var command = new Command("demo", "Listen, send over TLS, inspect the certificate and ask for STARTTLS, all against itself. Exit code 0: all as it should be; 1: not.");
        command.SetAction((_, cancellationToken) => RunAsync(terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestRun);
        try
        {
            await Demo.RunAsync(terminal, limit.Token).ConfigureAwait(false);
            terminal.Write("\nAll as it should be.");
            return ExitCode.Success;
        }
        catch (DemoException e)
        {
            terminal.Warn($"The demo did not go as it should: {e.Message}");
            return ExitCode.Failure;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            terminal.Warn(FormattableString.Invariant($"The demo did not end within {LongestRun.TotalSeconds:0} seconds."));
            return ExitCode.Failure;
        }
    }
}
