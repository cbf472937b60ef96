using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Starts a listener in this process: one that captures what it receives, or one more for a relay.</summary>
[Cmdlet(VerbsLifecycle.Start, "SmtpTlsListener", SupportsShouldProcess = true, DefaultParameterSetName = ForCapture)]
[OutputType(typeof(SmtpListener))]
public sealed class StartSmtpTlsListenerCommand : ListenerCmdlet
{
    private const string ForCapture = "Capture";
    private const string ForRelay = "Relay";

    /// <summary>Messages go to this folder as .eml files.</summary>
    [Parameter(ParameterSetName = ForCapture)]
    [ValidateNotNullOrEmpty]
    public string? CapturePath { get; set; }

    /// <summary>Messages go to this relay's queue.</summary>
    [Parameter(ParameterSetName = ForRelay, Mandatory = true)]
    [RelayArgument]
    [ArgumentCompleter(typeof(RelayNameCompleter))]
    [ValidateNotNull]
    public RelayArgument? Relay { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!ShouldProcess(Where, Relay is null ? "Start SMTP listener" : $"Start SMTP listener for the relay {Relay}"))
        {
            return;
        }

        try
        {
            var listener = Relay is null ? StartCapture() : StartForRelay(RelaySearch.One(Relay));
            WriteWarnings(listener.Findings);
            WriteObject(listener);
        }
        catch (SmtpException exception)
        {
            ThrowTerminatingError(ErrorRecords.From(exception, Where));
        }
    }

    private SmtpListener StartCapture()
    {
        var sink = CapturePath is null ? null : new FolderSink(GetUnresolvedProviderPathFromPSPath(CapturePath));
        var listener = SmtpListener.Start(CreateListenerOptions(Name) with { Sink = sink });
        if (!ListenerRegistry.TryAdd(listener))
        {
            Run(_ => listener.DisposeAsync().AsTask());
            ThrowTerminatingError(NameTaken(listener.Name));
        }

        return listener;
    }

    private SmtpListener StartForRelay(SmtpRelay relay)
    {
        // Its name is known beforehand only where it was given; one that the engine gave has the port in it.
        if (Name is not null && ListenerRegistry.Find(Name) is { IsRunning: true })
        {
            ThrowTerminatingError(NameTaken(Name));
        }

        var options = CreateListenerOptions(Name);
        return relay.AddListener(options with
        {
            // What is not said is as at the relay's first listener: the same server at another door.
            HostName = options.HostName ?? relay.HostName,
            Certificates = options.Certificates.Count > 0 || relay.Listeners.Count == 0 ? options.Certificates : relay.Listeners[0].Certificates,
        });
    }

    private static ErrorRecord NameTaken(string name) => ErrorRecords.InvalidInput(
        $"A listener named '{name}' is running already.", "Give another name with -Name, or stop that one with Stop-SmtpTlsListener.", name);
}
