using System.Management.Automation;
using System.Management.Automation.Language;

namespace SmtpTls.Module;

/// <summary>Completes a word by what begins with it.</summary>
internal static class NameCompletion
{
    /// <summary>The completions, in the order of the candidates.</summary>
    /// <param name="word">What is typed so far, perhaps with quotes.</param>
    /// <param name="candidates">Texts, each with what is shown about it.</param>
    internal static IEnumerable<CompletionResult> Complete(string? word, IEnumerable<(string Text, string ToolTip)> candidates)
    {
        var typed = (word ?? "").Trim('\'', '"');
        return candidates
            .Where(candidate => candidate.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .Select(candidate => new CompletionResult(Quoted(candidate.Text), candidate.Text, CompletionResultType.ParameterValue, candidate.ToolTip));
    }

    // A bare word is enough for most names; anything else that PowerShell would read otherwise is quoted.
    private static string Quoted(string name) => name is not ['-', ..] && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.')
        ? name
        : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
