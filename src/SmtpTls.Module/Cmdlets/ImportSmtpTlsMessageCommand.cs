using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Puts messages from .eml files into a relay's queue.</summary>
[Cmdlet(VerbsData.Import, "SmtpTlsMessage", SupportsShouldProcess = true, DefaultParameterSetName = ByPattern)]
[OutputType(typeof(QueueId))]
public sealed class ImportSmtpTlsMessageCommand : AsyncCmdlet
{
    private const string ByPattern = "Path";
    private const string ByLiteral = "LiteralPath";

    /// <summary>Files, or wildcard patterns.</summary>
    [Parameter(ParameterSetName = ByPattern, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Files, their names taken as they are.</summary>
    [Parameter(ParameterSetName = ByLiteral, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The relay, or its name.</summary>
    [Parameter]
    [RelayArgument]
    [ArgumentCompleter(typeof(RelayNameCompleter))]
    [ValidateNotNull]
    public RelayArgument? Relay { get; set; }

    /// <summary>The reverse-path.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? From { get; set; }

    /// <summary>The recipients.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] To { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var relay = OrTerminate(() => RelaySearch.One(Relay));
        foreach (var file in Files().Where(file => ShouldProcess(file, $"Put message into the queue of the relay {relay.Name}")))
        {
            Run(async stopping =>
            {
                try
                {
                    var id = await relay.Queue.ImportAsync(file, From, To.Length == 0 ? null : To, stopping).ConfigureAwait(false);
                    await OnPipelineAsync(() => WriteObject(id), stopping).ConfigureAwait(false);
                }
                catch (SmtpException exception) when (exception.Failure.Code != FindingCode.QueueUnavailable)
                {
                    // The other files can be read nevertheless.
                    var failure = exception.Failure with { Message = $"{file} was not put into the queue: {exception.Failure.Message}" };
                    await OnPipelineAsync(() => WriteError(ErrorRecords.From(failure, file)), stopping).ConfigureAwait(false);
                }
            });
        }
    }

    private IEnumerable<string> Files() => ParameterSetName == ByLiteral
        ? LiteralPath.Select(GetUnresolvedProviderPathFromPSPath)
        : Path.SelectMany(Resolve);

    private IEnumerable<string> Resolve(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [GetUnresolvedProviderPathFromPSPath(path)];
        }

        var found = GetResolvedProviderPathFromPSPath(path, out _);
        return found.Where(File.Exists).ToArray();
    }
}
