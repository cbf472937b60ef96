using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Writes messages of a queue to .eml files, byte for byte.</summary>
[Cmdlet(VerbsData.Export, "SmtpTlsMessage", SupportsShouldProcess = true, DefaultParameterSetName = ByRelay)]
[OutputType(typeof(FileInfo))]
public sealed class ExportSmtpTlsMessageCommand : QueueCmdlet
{
    /// <summary>The messages: ids, or what Get-SmtpTlsMessage returned.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [MessageArgument]
    [ArgumentCompleter(typeof(MessageIdCompleter))]
    [ValidateNotNullOrEmpty]
    public MessageArgument[] Id { get; set; } = [];

    /// <summary>The folder.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var folder = GetUnresolvedProviderPathFromPSPath(Path);
        foreach (var message in Id.Where(message => ShouldProcess(message.ToString(), $"Export message to {folder}")))
        {
            var reference = OrTerminate(() => Refer(message.Queue));
            Run(async stopping =>
            {
                var queue = await OpenAsync(reference, stopping).ConfigureAwait(false);
                try
                {
                    var file = await queue.ExportAsync(message.Id, folder, stopping).ConfigureAwait(false);
                    await OnPipelineAsync(() => WriteFile(file), stopping).ConfigureAwait(false);
                }
                catch (SmtpException exception) when (exception.Failure.Code is FindingCode.QueueMessageNotFound or FindingCode.InvalidInput)
                {
                    // The others can be written nevertheless.
                    await OnPipelineAsync(() => WriteError(ErrorRecords.From(exception, message.Id)), stopping).ConfigureAwait(false);
                }
            });
        }
    }

    // As Get-Item gives it, whatever the current location: with the path by which Get-Content and others take it from the pipeline.
    private void WriteFile(string file) =>
        WriteObject(InvokeProvider.Item.Get([$"Microsoft.PowerShell.Core\\FileSystem::{file}"], force: true, literalPath: true), enumerateCollection: true);
}
