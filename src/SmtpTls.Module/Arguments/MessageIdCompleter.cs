using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SmtpTls.Queue;

namespace SmtpTls.Module;

/// <summary>Completes the ids of the messages that wait in a running relay's queue.</summary>
public sealed class MessageIdCompleter : IArgumentCompleter
{
    // More than a screen of them helps nobody, and a queue may hold a million.
    private const int Shown = 100;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NameCompletion.Complete(wordToComplete, QueueCompletion
            .Ask<QueuedMessage>(fakeBoundParameters, FirstAsync)
            .Select(message => (message.Id.ToString(), message.ToString())));

    private static async Task<IReadOnlyList<QueuedMessage>> FirstAsync(SmtpQueue queue, CancellationToken cancellationToken)
    {
        var found = new List<QueuedMessage>();
        await foreach (var message in queue.FindAsync(new MessageQuery { PageSize = Shown }, cancellationToken).ConfigureAwait(false))
        {
            found.Add(message);
            if (found.Count == Shown)
            {
                break;
            }
        }

        return found;
    }
}
