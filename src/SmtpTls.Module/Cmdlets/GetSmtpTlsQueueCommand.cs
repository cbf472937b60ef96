using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Shows what waits in a queue, a row a next hop.</summary>
[Cmdlet(VerbsCommon.Get, "SmtpTlsQueue", DefaultParameterSetName = ByRelay)]
[OutputType(typeof(NextHopQueue))]
public sealed class GetSmtpTlsQueueCommand : QueueCmdlet
{
    /// <summary>Next hops or wildcard patterns; default: all.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(NextHopCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] NextHop { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var reference = OrTerminate(() => Refer());
        var patterns = NextHop.Select(pattern => new WildcardPattern(pattern.Replace("[", "`[", StringComparison.Ordinal), WildcardOptions.IgnoreCase)).ToArray();
        Run(async stopping =>
        {
            var queue = await OpenAsync(reference, stopping).ConfigureAwait(false);
            foreach (var row in await queue.SummarizeAsync(stopping).ConfigureAwait(false))
            {
                if (Array.Exists(patterns, pattern => pattern.IsMatch(row.NextHop)))
                {
                    await OnPipelineAsync(() => WriteObject(row), stopping).ConfigureAwait(false);
                }
            }
        });
    }
}
