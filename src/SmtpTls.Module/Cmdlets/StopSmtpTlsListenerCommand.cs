using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Stops listeners.</summary>
[Cmdlet(VerbsLifecycle.Stop, "SmtpTlsListener", SupportsShouldProcess = true, DefaultParameterSetName = ByName)]
public sealed class StopSmtpTlsListenerCommand : AsyncCmdlet
{
    private const string ByName = "Name";
    private const string ByObject = "Listener";

    // What a timer takes: 2^32 - 2 milliseconds.
    private const double LongestSeconds = 4_294_967;

    /// <summary>Names or wildcard patterns.</summary>
    [Parameter(ParameterSetName = ByName, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(ListenerNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Listeners.</summary>
    [Parameter(ParameterSetName = ByObject, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public SmtpListener[] Listener { get; set; } = [];

    /// <summary>Seconds for messages under way to come to their end; 0 ends at once.</summary>
    [Parameter]
    [ValidateRange(0, LongestSeconds)]
    public double DrainTimeout { get; set; } = SmtpListener.DefaultDrainTime.TotalSeconds;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var listeners = ParameterSetName == ByObject ? Listener : Name.SelectMany(name => ListenerSearch.Find(name, WriteError));
        foreach (var listener in listeners)
        {
            if (ShouldProcess(listener.ToString(), "Stop SMTP listener"))
            {
                Run(token => listener.StopAsync(TimeSpan.FromSeconds(DrainTimeout), token));
                ListenerRegistry.Remove(listener);
            }
        }
    }
}
