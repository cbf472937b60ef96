using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace SmtpTls.Module;

/// <summary>Completes the next hops that a running relay's queue has something for.</summary>
public sealed class NextHopCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.Complete(wordToComplete, QueueCompletion
            .Ask<NextHopQueue>(fakeBoundParameters, static (queue, token) => queue.SummarizeAsync(token))
            .Select(row => (row.NextHop, row.ToString())));
}
