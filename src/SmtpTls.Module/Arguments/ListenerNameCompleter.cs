using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace SmtpTls.Module;

/// <summary>Completes the names of listeners.</summary>
public sealed class ListenerNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var typed = (wordToComplete ?? "").Trim('\'', '"');
        var pattern = WildcardPattern.Get(WildcardPattern.Escape(typed) + "*", WildcardOptions.IgnoreCase);
        return ListenerRegistry.All()
            .Where(listener => pattern.IsMatch(listener.Name))
            .Select(listener => new CompletionResult(Quoted(listener.Name), listener.Name, CompletionResultType.ParameterValue, listener.ToString()));
    }

    // A bare word is enough for most names; anything else that PowerShell would read otherwise is quoted.
    private static string Quoted(string name) => name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.')
        ? name
        : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
