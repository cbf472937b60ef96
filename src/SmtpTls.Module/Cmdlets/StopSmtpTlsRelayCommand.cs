using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Stops relays. What is in their queues stays there.</summary>
[Cmdlet(VerbsLifecycle.Stop, "SmtpTlsRelay", SupportsShouldProcess = true)]
public sealed class StopSmtpTlsRelayCommand : AsyncCmdlet
{
    private readonly HashSet<SmtpRelay> _stopped = [];

    /// <summary>Relays, their names, or wildcard patterns.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [RelayArgument]
    [ArgumentCompleter(typeof(RelayNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public RelayArgument[] Relay { get; set; } = [];

    /// <summary>Delivers what is due before it stops.</summary>
    [Parameter]
    public SwitchParameter Drain { get; set; }

    /// <summary>How long to wait.</summary>
    [Parameter]
    [Duration(ForTimer = true)]
    public TimeSpan Timeout { get; set; } = SmtpRelay.DefaultDrainTime;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var relay in Relay.SelectMany(given => given.FindAll(WriteError)).Where(_stopped.Add))
        {
            if (ShouldProcess($"{relay.Name} ({relay.QueueLocation})", Drain ? "Drain and stop SMTP relay" : "Stop SMTP relay"))
            {
                Run(token => relay.StopAsync(Drain, Timeout, token));
                RelayRegistry.Remove(relay);
            }
        }
    }
}
