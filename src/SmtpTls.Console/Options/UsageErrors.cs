using System.CommandLine;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Options;

/// <summary>What is wrong with a command line, said once and in one line each, with the way to the remedy.</summary>
internal static class UsageErrors
{
    public static int Report(ParseResult parsed, string[] arguments, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        var failure = Refusal(MissingValue(parsed, arguments) ?? Complaint(parsed, command), command is RootCommand
            ? "Run 'smtptls --help' for the verbs."
            : $"Run 'smtptls {command.Name} --help' for the options.");
        if (arguments.Contains(CommonOptions.Json.Name, StringComparer.Ordinal))
        {
            terminal.ReportFailure(failure, json: true);
            return ExitCode.Usage;
        }

        terminal.Warn(failure.Message);
        terminal.Warn(failure.Advice);
        return ExitCode.Usage;
    }

    /// <summary>
    /// The complaint about an option that stands where another one's value should: to the parser it is that value, and a
    /// script whose variable is empty would listen, capture or send to an option's name. Null where there is none.
    /// </summary>
    public static string? MissingValue(ParseResult parsed, string[] arguments)
    {
        var options = parsed.CommandResult.Command.Options.ToDictionary(o => o.Name, StringComparer.Ordinal);
        for (var i = 0; i + 1 < arguments.Length; i++)
        {
            if (options.TryGetValue(arguments[i], out var option) && option.Arity.MinimumNumberOfValues > 0 && options.ContainsKey(arguments[i + 1]))
            {
                return $"{option.Name}: its value is missing; {arguments[i + 1]} follows at once. A value that looks like an option is written {option.Name}={arguments[i + 1]}.";
            }
        }

        return null;
    }

    /// <summary>A contradiction that shows only when all options are known.</summary>
    public static SmtpException Refuse(string message, string advice, Exception? cause = null) => new(Refusal(message, advice, cause), cause);

    private static SmtpFailure Refusal(string message, string advice, Exception? cause = null) =>
        new() { Code = FindingCode.InvalidInput, Message = message, Advice = advice, Permanent = true, Cause = cause?.Message };

    // One wrong word makes the parser complain two or three times; only one sentence helps.
    private static string Complaint(ParseResult parsed, Command command)
    {
        if (command is not RootCommand)
        {
            return parsed.Errors[0].Message;
        }

        var verbs = string.Join(", ", command.Subcommands.Select(c => c.Name));
        return parsed.UnmatchedTokens.Count > 0
            ? $"'{parsed.UnmatchedTokens[0]}' is no verb. Give one of {verbs}."
            : $"No verb was given. Give one of {verbs}.";
    }
}
