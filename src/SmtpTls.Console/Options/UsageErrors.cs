using System.CommandLine;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Options;

/// <summary>What is wrong with a command line, said once and in one line each, with the way to the remedy.</summary>
internal static class UsageErrors
{
    public static int Report(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        terminal.Warn(Complaint(parsed, command));
        terminal.Warn(command is RootCommand
            ? "Run 'smtptls --help' for the verbs."
            : $"Run 'smtptls {command.Name} --help' for the options.");
        return ExitCode.Usage;
    }

    /// <summary>A contradiction that shows only when all options are known.</summary>
    public static SmtpException Refuse(string message, string advice, Exception? cause = null) => new(
        new SmtpFailure { Code = FindingCode.InvalidInput, Message = message, Advice = advice, Permanent = true, Cause = cause?.Message },
        cause);

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
