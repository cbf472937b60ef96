using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Lists the listeners of this process.</summary>
[Cmdlet(VerbsCommon.Get, "SmtpTlsListener")]
[OutputType(typeof(SmtpListener))]
public sealed class GetSmtpTlsListenerCommand : PSCmdlet
{
    /// <summary>Names or wildcard patterns; default: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(ListenerNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            WriteObject(ListenerSearch.Find(name, WriteError), enumerateCollection: true);
        }
    }
}
