using System.Management.Automation;
using SmtpTls.Queue;

namespace SmtpTls.Module;

/// <summary>Starts a relay in this process: a queue on disk, listeners that fill it, and deliveries that empty it.</summary>
[Cmdlet(VerbsLifecycle.Start, "SmtpTlsRelay", SupportsShouldProcess = true)]
[OutputType(typeof(SmtpRelay))]
public sealed class StartSmtpTlsRelayCommand : ListenerCmdlet
{
    // The engine's own defaults.
    private const string DefaultName = "relay";
    private const int DefaultRetentionDays = 30;

    /// <summary>The queue's file; made where it is not there.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string QueuePath { get; set; } = "";

    /// <summary>Where mail goes.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public SmtpRoute[] Route { get; set; } = [];

    /// <summary>Starts without a listener.</summary>
    [Parameter]
    public SwitchParameter NoListener { get; set; }

    /// <summary>Networks and addresses that may relay.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] AllowFrom { get; set; } = [];

    /// <summary>SHA-256 fingerprints of client certificates that may relay.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] AllowClientCertificate { get; set; } = [];

    /// <summary>A folder whose .eml files are taken.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PickupPath { get; set; }

    /// <summary>Waits between attempts; the last one repeats.</summary>
    [Parameter]
    [Duration]
    [ValidateNotNullOrEmpty]
    public TimeSpan[] RetrySchedule { get; set; } = [.. new RetryOptions().Schedule];

    /// <summary>When a message is given up.</summary>
    [Parameter]
    [Duration]
    public TimeSpan GiveUpAfter { get; set; } = new RetryOptions().GiveUpAfter;

    /// <summary>When its sender is told of a delay.</summary>
    [Parameter]
    [Duration]
    public TimeSpan DelayWarningAfter { get; set; } = new RetryOptions().DelayWarningAfter;

    /// <summary>Connections to one next hop.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaximumConnectionsPerNextHop { get; set; } = new DeliveryLimits().ConnectionsPerNextHop;

    /// <summary>Messages over one connection.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MessagesPerConnection { get; set; } = new DeliveryLimits().MessagesPerConnection;

    /// <summary>How long the tracking log is kept.</summary>
    [Parameter]
    [Duration]
    public TimeSpan TrackingRetention { get; set; } = TimeSpan.FromDays(DefaultRetentionDays);

    /// <summary>The name servers.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] NameServer { get; set; } = [];

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var queuePath = GetUnresolvedProviderPathFromPSPath(QueuePath);
        if (!ShouldProcess($"{(NoListener ? "no listener" : Where)}, queue {queuePath}", "Start SMTP relay"))
        {
            return;
        }

        var name = Name ?? DefaultName;
        if (RelayRegistry.Find(name) is { IsRunning: true })
        {
            ThrowTerminatingError(NameTaken(name));
        }

        var relay = Start(name, queuePath);
        if (!RelayRegistry.TryAdd(relay))
        {
            Run(_ => relay.DisposeAsync().AsTask());
            ThrowTerminatingError(NameTaken(name));
        }

        WriteWarnings(relay.Findings);
        WriteObject(relay);
    }

    private SmtpRelay Start(string name, string queuePath)
    {
        // All but the store: what is wrong with an argument is said before a file is made, and by the pipeline's thread.
        var options = OrTerminate(() => CreateOptions(name));
        SmtpRelay? relay = null;
        Run(async stopping =>
        {
            var store = await QueueFile.OpenForRelayAsync(queuePath, stopping).ConfigureAwait(false);
            try
            {
                relay = await SmtpRelay.StartAsync(options(store), stopping).ConfigureAwait(false);
            }
            catch
            {
                await store.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        });
        return relay!;
    }

    private Func<IQueueStore, SmtpRelayOptions> CreateOptions(string name)
    {
        // The first listener bears the relay's name; another one has its own.
        SmtpListenerOptions[] listeners = NoListener ? [] : [CreateListenerOptions(name)];
        var networks = AllowFrom.Select(NetworkArguments.ToNetwork).ToArray();
        var nameServers = NameServer.Select(NetworkArguments.ToNameServer).ToArray();
        var pickup = PickupPath is null ? null : GetUnresolvedProviderPathFromPSPath(PickupPath);
        SmtpRoutes.Check(Route);
        return store => new SmtpRelayOptions
        {
            Name = name,
            Store = store,
            Routes = Route,
            Listeners = listeners,
            AllowFrom = networks,
            AllowFingerprints = AllowClientCertificate,
            Retry = new RetryOptions { Schedule = RetrySchedule, GiveUpAfter = GiveUpAfter, DelayWarningAfter = DelayWarningAfter },
            Delivery = new DeliveryLimits { ConnectionsPerNextHop = MaximumConnectionsPerNextHop, MessagesPerConnection = MessagesPerConnection },
            HostName = HostName,
            PickupPath = pickup,
            TrackingRetention = TrackingRetention,
            NameServers = nameServers,
        };
    }

    private static ErrorRecord NameTaken(string name) => ErrorRecords.InvalidInput(
        $"A relay named '{name}' is running already.", "Give another name with -Name, or stop that one with Stop-SmtpTlsRelay.", name);
}
