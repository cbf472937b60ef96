using System.CommandLine;
using SmtpTls.Cli.Options;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Verbs;

/// <summary>
/// A listener as a service in the foreground: a line when it is ready, a line a message, troubles on standard error. The
/// first signal drains it, the second ends it at once; either way that is exit 0.
/// </summary>
internal static class ListenVerb
{
    public static Command Create(Terminal terminal, StopSignals stop)
    {
        var options = new ListenOptionSet();
        var command = new Command("listen", "Receive mail until Ctrl+C or SIGTERM. Exit code 0: stopped when asked to; 1: could not listen; 2: the command line cannot be used.");
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(options, parsed, terminal, stop));
        return command;
    }

    private static async Task<int> RunAsync(ListenOptionSet set, ParseResult parsed, Terminal terminal, StopSignals stop)
    {
        var json = parsed.GetValue(CommonOptions.Json);
        set.Check(parsed);
        var selfSigned = set.MakeSelfSigned(parsed);
        var authorityFile = set.ReadAuthorityFile(parsed);
        if (authorityFile is not null)
        {
            selfSigned!.ExportPublicPem(authorityFile);
        }

        using var received = new ReceivedLines(terminal, json, set.ReadQuiet(parsed), set.ReadCount(parsed));
        var folder = set.ReadCaptureFolder(parsed) is { } path ? Path.GetFullPath(path) : null;
        var listener = SmtpListener.Start(set.Read(parsed, selfSigned) with
        {
            Sink = folder is null ? received : new FolderSink(folder, received.Tell),
            Log = ListenerLog.For(terminal, parsed.GetValue(CommonOptions.Verbose)),
        });
        await using (listener.ConfigureAwait(false))
        {
            var ready = ReadyLine.For(listener, folder, selfSigned?.ExportPublic().ExportCertificatePem());
            terminal.Write(json ? JsonLines.Format(ready) : ReadyReport.Format(ready, authorityFile));
            foreach (var finding in json ? [] : listener.Findings)
            {
                terminal.Warn($"{finding.Code}: {finding.Message} {ShellWords.Of(finding.Advice)}");
            }

            await received.EnoughOrAsync(stop.First).ConfigureAwait(false);
            await listener.StopAsync(drainTime: null, stop.Second).ConfigureAwait(false);
            terminal.Log(FormattableString.Invariant($"Stopped after {listener.Received} message{(listener.Received == 1 ? "" : "s")}."));
        }

        return received.Trouble is null ? ExitCode.Success : ExitCode.Failure;
    }
}
