using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace SmtpTls.Module;

/// <summary>Completes the names of relays.</summary>
public sealed class RelayNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.Complete(wordToComplete, RelayRegistry.All().Select(relay => (relay.Name, $"{relay.Name} ({relay.QueueLocation})")));
}
