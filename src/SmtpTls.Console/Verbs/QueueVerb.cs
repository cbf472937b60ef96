using System.CommandLine;
using SmtpTls.Cli.Options;
using SmtpTls.Cli.Output;
using SmtpTls.Queue;
using SmtpTls.Storage;

namespace SmtpTls.Cli.Verbs;

/// <summary>Work on a queue, beside the relay that runs it or without one.</summary>
internal static class QueueVerb
{
    private static readonly Option<string> Queue = new("--queue") { Description = "The queue's file.", HelpName = "PATH", Required = true };
    private static readonly Option<QueueState?> State = Choice.Option<QueueState>(
        "--state",
        "Only messages in this state.",
        ("ready", QueueState.Ready),
        ("active", QueueState.Active),
        ("deferred", QueueState.Deferred),
        ("suspended", QueueState.Suspended));

    private static readonly Option<string?> Sender = Pattern("--sender", "Only messages from there; * and ? stand for anything.");
    private static readonly Option<string?> Recipient = Pattern("--recipient", "Only messages that still wait for such a recipient.");
    private static readonly Option<string?> NextHop = Pattern("--next-hop", "Only messages that wait for such a next hop.");
    private static readonly Option<bool> NextHops = new("--next-hops") { Description = "A line a next hop in place of one a message." };
    private static readonly Option<bool> WithNdr = new("--with-ndr") { Description = "Tell the senders that their messages were not delivered." };
    private static readonly Option<string> Folder = new("--path") { Description = "The folder to write ID.eml to. Default: this one.", HelpName = "FOLDER", DefaultValueFactory = _ => "." };
    private static readonly Option<bool> All = new("--all") { Description = "Every message that the filters leave; without filters, every one." };
    private static readonly Argument<QueueId[]> Ids = new("ID")
    {
        Description = "Messages by their ids, as list shows them.",
        Arity = ArgumentArity.ZeroOrMore,
        CustomParser = result =>
        {
            var ids = new List<QueueId>();
            foreach (var token in result.Tokens)
            {
                if (!QueueId.TryParse(token.Value, out var id))
                {
                    result.AddError($"'{token.Value}' is no message's id. Give one as list shows it, thirteen letters and digits.");
                    return [];
                }

                ids.Add(id);
            }

            return [.. ids];
        },
    };

    public static Command Create(Terminal terminal) => new("queue", "Look into a queue and work on it, while its relay runs or not. Exit code 0: done; 1: a message is not there, or the queue cannot be used.")
    {
        Verb("list", "What waits, a line a message.", terminal, ListAsync, [State, Sender, Recipient, NextHop, NextHops]),
        Verb("show", "All that is known of messages.", terminal, ShowAsync, [Ids]),
        Verb("retry", "Try messages now, whatever their schedule says.", terminal, RetryAsync, [Ids, All, State, Sender, Recipient, NextHop]),
        Verb("remove", "Take messages out of the queue.", terminal, RemoveAsync, [Ids, All, State, Sender, Recipient, NextHop, WithNdr]),
        Verb("export", "Write messages to files, byte for byte; they stay in the queue.", terminal, ExportAsync, [Ids, Folder]),
    };

    private static Command Verb(string name, string description, Terminal terminal, Func<QueueWork, Task<int>> act, IReadOnlyList<Symbol> symbols)
    {
        var command = new Command(name, description) { Queue, CommonOptions.Json };
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.SetAction(async (parsed, token) =>
        {
            var store = await SqliteQueueStore.OpenAsync(
                new SqliteQueueOptions { Path = Path.GetFullPath(parsed.GetValue(Queue)!), Access = QueueAccess.Administration }, token).ConfigureAwait(false);
            var queue = new SmtpQueue(store);
            await using (queue.ConfigureAwait(false))
            {
                return await act(new QueueWork(queue, parsed, terminal, token)).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static async Task<int> ListAsync(QueueWork work)
    {
        if (work.Parsed.GetValue(NextHops))
        {
            foreach (var row in await work.Queue.SummarizeAsync(work.Token).ConfigureAwait(false))
            {
                work.Terminal.Write(work.Json ? JsonLines.Format(row) : QueueReport.Line(row));
            }

            return ExitCode.Success;
        }

        await foreach (var message in work.Queue.FindAsync(Query(work.Parsed), work.Token).ConfigureAwait(false))
        {
            work.Terminal.Write(work.Json ? JsonLines.Format(message) : QueueReport.Line(message));
        }

        return ExitCode.Success;
    }

    private static async Task<int> ShowAsync(QueueWork work)
    {
        var ids = Given(work.Parsed);
        var seen = new HashSet<QueueId>();
        await foreach (var message in work.Queue.FindAsync(new MessageQuery { Ids = ids }, work.Token).ConfigureAwait(false))
        {
            _ = seen.Add(message.Id);
            work.Terminal.Write(work.Json ? JsonLines.Format(message) : QueueReport.Format(message));
        }

        return Missing(ids.Where(id => !seen.Contains(id)), work, "is not in the queue");
    }

    private static async Task<int> RetryAsync(QueueWork work)
    {
        var ids = await ChosenAsync(work).ConfigureAwait(false);
        var done = await work.Queue.RetryAsync(ids, work.Token).ConfigureAwait(false);
        Told("Retried", done, work);
        return Missing(ids.Except(done), work, "is not in the queue, or is suspended");
    }

    private static async Task<int> RemoveAsync(QueueWork work)
    {
        var ids = await ChosenAsync(work).ConfigureAwait(false);
        var done = await work.Queue.RemoveAsync(ids, work.Parsed.GetValue(WithNdr), by: Environment.UserName, work.Token).ConfigureAwait(false);
        Told("Removed", done, work);
        return Missing(ids.Except(done), work, "is not in the queue");
    }

    private static async Task<int> ExportAsync(QueueWork work)
    {
        var missing = new List<QueueId>();
        foreach (var id in Given(work.Parsed))
        {
            try
            {
                var path = await work.Queue.ExportAsync(id, work.Parsed.GetValue(Folder)!, work.Token).ConfigureAwait(false);
                work.Terminal.Write(work.Json ? JsonLines.Format(new QueueDoneLine("Exported", id, path)) : path);
            }
            catch (SmtpException e) when (e.Failure.Code == FindingCode.QueueMessageNotFound)
            {
                missing.Add(id);
            }
        }

        return Missing(missing, work, "is not in the queue");
    }

    private static QueueId[] Given(ParseResult parsed) => parsed.GetValue(Ids) is { Length: > 0 } ids
        ? [.. ids.Distinct()]
        : throw UsageErrors.Refuse("No message was named.", "Give the ids of messages, as queue list shows them.");

    // Whoever means all of them says so: a script whose variable is empty shall not empty a queue.
    private static async Task<IReadOnlyList<QueueId>> ChosenAsync(QueueWork work)
    {
        if (!work.Parsed.GetValue(All))
        {
            return Query(work.Parsed) is { State: null, Sender: null, Recipient: null, NextHop: null }
                ? Given(work.Parsed)
                : throw UsageErrors.Refuse("Filters were given without --all.", "Give --all as well, or the ids of messages.");
        }

        if (work.Parsed.GetValue(Ids) is { Length: > 0 })
        {
            throw UsageErrors.Refuse("--all was given together with ids.", "Give one of the two.");
        }

        var ids = new List<QueueId>();
        await foreach (var message in work.Queue.FindAsync(Query(work.Parsed), work.Token).ConfigureAwait(false))
        {
            ids.Add(message.Id);
        }

        return ids;
    }

    private static MessageQuery Query(ParseResult parsed) => new()
    {
        State = parsed.GetValue(State),
        Sender = parsed.GetValue(Sender),
        Recipient = parsed.GetValue(Recipient),
        NextHop = parsed.GetValue(NextHop),
    };

    private static void Told(string what, IReadOnlyList<QueueId> ids, QueueWork work)
    {
        foreach (var id in ids)
        {
            work.Terminal.Write(work.Json ? JsonLines.Format(new QueueDoneLine(what, id)) : $"{what} {id}");
        }
    }

    private static int Missing(IEnumerable<QueueId> ids, QueueWork work, string what)
    {
        var code = ExitCode.Success;
        foreach (var id in ids)
        {
            work.Terminal.Warn($"The message {id} {what} {work.Queue.Name}.");
            code = ExitCode.Failure;
        }

        return code;
    }

    private static Option<string?> Pattern(string name, string description) => new(name) { Description = description, HelpName = "PATTERN" };

    /// <summary>What a queue verb works with.</summary>
    private sealed record QueueWork(SmtpQueue Queue, ParseResult Parsed, Terminal Terminal, CancellationToken Token)
    {
        public bool Json => Parsed.GetValue(CommonOptions.Json);
    }
}
