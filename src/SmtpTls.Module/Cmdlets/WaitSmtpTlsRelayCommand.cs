using System.Globalization;
using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Waits until relays have nothing left that could go now.</summary>
[Cmdlet(VerbsLifecycle.Wait, "SmtpTlsRelay")]
public sealed class WaitSmtpTlsRelayCommand : AsyncCmdlet
{
    /// <summary>Relays, their names, or wildcard patterns; default: the only one that runs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [RelayArgument]
    [ArgumentCompleter(typeof(RelayNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public RelayArgument[] Relay { get; set; } = [];

    /// <summary>What is waited for.</summary>
    [Parameter(Mandatory = true)]
    public SwitchParameter Drained { get; set; }

    /// <summary>How long to wait.</summary>
    [Parameter]
    [Duration(ForTimer = true)]
    public TimeSpan Timeout { get; set; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var relays = Relay.Length == 0 ? [OrTerminate(() => RelaySearch.One(given: null))] : Relay.SelectMany(given => given.FindAll(WriteError)).ToArray();
        foreach (var relay in relays)
        {
            SmtpFailure? failure = null;
            Run(async stopping =>
            {
                if (!await relay.WaitDrainedAsync(Timeout, stopping).ConfigureAwait(false))
                {
                    failure = await DescribeAsync(relay, stopping).ConfigureAwait(false);
                }
            });
            if (failure is not null)
            {
                WriteError(ErrorRecords.From(failure, relay));
            }
        }
    }

    private async Task<SmtpFailure> DescribeAsync(SmtpRelay relay, CancellationToken cancellationToken)
    {
        var busy = (await relay.Queue.SummarizeAsync(cancellationToken).ConfigureAwait(false)).Where(row => row.Ready + row.Active > 0).ToArray();
        var rows = string.Join("; ", busy.Take(3).Select(row => row.ToString())) + (busy.Length > 3 ? "; …" : "");
        return new SmtpFailure
        {
            Code = FindingCode.TimedOut,
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"The relay '{relay.Name}' was not drained within {Timeout.TotalSeconds} s: {busy.Sum(row => row.Ready)} deliveries are ready and {busy.Sum(row => row.Active)} under way{(rows.Length > 0 ? $" ({rows})" : "")}."),
            Advice = "Get-SmtpTlsQueue shows what waits where and why; wait longer with -Timeout, or suspend what is in the way.",
        };
    }
}
