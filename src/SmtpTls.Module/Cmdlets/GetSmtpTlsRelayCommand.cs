using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Lists the relays of this process.</summary>
[Cmdlet(VerbsCommon.Get, "SmtpTlsRelay")]
[OutputType(typeof(SmtpRelay))]
public sealed class GetSmtpTlsRelayCommand : PSCmdlet
{
    /// <summary>Names or wildcard patterns; default: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(RelayNameCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            WriteObject(RelaySearch.Find(name, WriteError), enumerateCollection: true);
        }
    }
}
