using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace SmtpTls.Module;

/// <summary>Completes the names of listeners.</summary>
public sealed class ListenerNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.Complete(wordToComplete, ListenerRegistry.All().Select(listener => (listener.Name, listener.ToString())));
}
