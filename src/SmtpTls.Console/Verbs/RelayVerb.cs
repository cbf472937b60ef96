using System.CommandLine;
using SmtpTls.Cli.Configuration;
using SmtpTls.Cli.Options;
using SmtpTls.Cli.Output;
using SmtpTls.Storage;

namespace SmtpTls.Cli.Verbs;

/// <summary>
/// A relay as a service in the foreground. The first signal drains it and stops, the second stops at once; either way what was not
/// delivered is in the queue, and that is exit 0.
/// </summary>
internal static class RelayVerb
{
    private static readonly Option<string> Config = new("--config") { Description = "The configuration (docs/relay.md).", HelpName = "FILE", Required = true };
    private static readonly Option<bool> Check = new("--check") { Description = "Say whether the configuration can be used, and start nothing." };
    private static readonly Option<bool> Quiet = new("--quiet") { Description = "On standard error only warnings and errors." };

    public static Command Create(Terminal terminal, StopSignals stop)
    {
        var command = new Command(
            "relay",
            "Take mail into a durable queue and deliver it, until Ctrl+C or SIGTERM. Exit code 0: stopped when asked to; 1: could not start; 2: the configuration cannot be used.")
        {
            Config, Check, Quiet, CommonOptions.Json, CommonOptions.Verbose,
        };
        command.SetAction((parsed, _) => RunAsync(parsed, terminal, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, StopSignals stop)
    {
        var json = parsed.GetValue(CommonOptions.Json);
        var path = parsed.GetValue(Config)!;
        var configuration = RelayConfiguration.Read(path);
        if (parsed.GetValue(Check))
        {
            return Report(configuration, path, terminal, json);
        }

        var log = new RelayLog(terminal, parsed.GetValue(CommonOptions.Verbose), parsed.GetValue(Quiet));
        await using (log.ConfigureAwait(false))
        {
            var relay = await StartAsync(configuration, log, stop.First).ConfigureAwait(false);
            await using (relay.ConfigureAwait(false))
            {
                var ready = RelayReadyLine.For(relay, configuration.ToOptions(null!).PickupPath);
                terminal.Write(json ? JsonLines.Format(ready) : ready.Format());
                Warn(ready.Findings, terminal, json);
                await UntilAsync(stop.First).ConfigureAwait(false);
                await relay.StopAsync(drain: true, DrainTime(configuration, stop), stop.Second).ConfigureAwait(false);
            }
        }

        return ExitCode.Success;
    }

    // Whoever insists before draining has begun does not wait for it.
    private static TimeSpan? DrainTime(RelayConfiguration configuration, StopSignals stop) =>
        stop.Second.IsCancellationRequested ? TimeSpan.Zero : configuration.DrainTime;

    private static async Task<SmtpRelay> StartAsync(RelayConfiguration configuration, RelayLog log, CancellationToken cancellationToken)
    {
        var store = await SqliteQueueStore.OpenAsync(
            new SqliteQueueOptions { Path = configuration.QueuePath, Access = QueueAccess.Relay, Log = log.Write }, cancellationToken).ConfigureAwait(false);
        try
        {
            return await SmtpRelay.StartAsync(configuration.ToOptions(store) with { Log = log.Write }, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static int Report(RelayConfiguration configuration, string path, Terminal terminal, bool json)
    {
        var (routes, listeners) = configuration.Counts;
        terminal.Write(json
            ? JsonLines.Format(new CheckedLine(Path.GetFullPath(path), configuration.QueuePath, routes, listeners, configuration.Findings))
            : PlainText.Line(FormattableString.Invariant(
                $"{path} can be used: {routes} route{(routes == 1 ? "" : "s")}, {listeners} listener{(listeners == 1 ? "" : "s")}, queue {configuration.QueuePath}")));
        Warn(configuration.Findings, terminal, json);
        return ExitCode.Success;
    }

    private static void Warn(IReadOnlyList<Finding> findings, Terminal terminal, bool json)
    {
        foreach (var finding in json ? [] : findings)
        {
            terminal.Warn($"{finding.Code}: {finding.Message} {finding.Advice}");
        }
    }

    private static async Task UntilAsync(CancellationToken signal)
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registration = signal.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), signalled);
        await using (registration.ConfigureAwait(false))
        {
            await signalled.Task.ConfigureAwait(false);
        }
    }
}
