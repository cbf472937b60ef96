using System.CommandLine;
using SmtpTls.Cli.Options;
using SmtpTls.Cli.Output;
using SmtpTls.Cli.Verbs;

namespace SmtpTls.Cli;

/// <summary>From the command line to an exit code. No exception leaves it.</summary>
internal static class SmtpTlsProgram
{
    // "@file" is a body or a password variable like any other here, and "-abc" is no bundle of options.
    private static readonly ParserConfiguration Grammar = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    public static async Task<int> RunAsync(string[] arguments)
    {
        using var terminal = new Terminal();
        using var stop = new StopSignals();
        var parsed = CreateRoot(terminal, stop).Parse(arguments, Grammar);
        if (parsed.Errors.Count > 0 || UsageErrors.MissingValue(parsed, arguments) is not null)
        {
            return UsageErrors.Report(parsed, arguments, terminal);
        }

        try
        {
            // Signals are handled here: a listener drains at the first and stops at the second.
            var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(invocation, stop.First).ConfigureAwait(false);
        }
        catch (SmtpException e)
        {
            terminal.ReportFailure(e.Failure, parsed.GetValue(CommonOptions.Json));
            return ExitCode.For(e.Failure, OtherwiseFor(parsed));
        }
        catch (OperationCanceledException) when (stop.First.IsCancellationRequested)
        {
            terminal.Warn("Stopped before it was done.");
            return stop.ExitCode;
        }
        catch (OutputException e)
        {
            terminal.Warn($"{e.Message} See that there is room where it goes, and that its reader stays.");
            return OtherwiseFor(parsed);
        }
#pragma warning disable CA1031 // The last line of defence: whoever runs this at night gets a sentence, not a stack trace.
        catch (Exception e)
#pragma warning restore CA1031
        {
            terminal.Warn($"Something unexpected went wrong: {e.GetType().Name}: {e.Message}");
            return OtherwiseFor(parsed);
        }
    }

    private static RootCommand CreateRoot(Terminal terminal, StopSignals stop)
    {
        var root = new RootCommand("SMTP over TLS, proven: listen, send, relay, inspect certificates, ask for STARTTLS.")
        {
            ListenVerb.Create(terminal, stop),
            SendVerb.Create(terminal),
            CapabilityVerb.Create(terminal),
            CertificateVerb.Create(terminal),
            RelayVerb.Create(terminal, stop),
            QueueVerb.Create(terminal),
            DemoVerb.Create(terminal),
        };
        Examples.AddTo(root);
        return root;
    }

    // A question without an answer is not answered with "no".
    private static int OtherwiseFor(ParseResult parsed) =>
        parsed.CommandResult.Command.Name == CapabilityVerb.Name ? ExitCode.CouldNotTell : ExitCode.Failure;
}
