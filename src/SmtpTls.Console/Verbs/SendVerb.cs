using System.CommandLine;
using SmtpTls.Cli.Options;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Verbs;

/// <summary>Sends one message and proves how it went. Exit 0: accepted for every recipient.</summary>
internal static class SendVerb
{
    public static Command Create(Terminal terminal)
    {
        var options = new SendOptionSet();
        var command = new Command("send", "Send a message over TLS. Exit code 0: accepted for every recipient; 1: not; 2: the command line cannot be used.");
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(options, parsed, terminal, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(SendOptionSet set, ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        set.Check(parsed);
        var json = parsed.GetValue(CommonOptions.Json);
        var result = await SendAsync(set, parsed, terminal, cancellationToken).ConfigureAwait(false);
        if (json)
        {
            terminal.WriteJson(JsonLines.Format(result));
        }
        else if (result.Failure is not { } beforehand || ExitCode.For(beforehand) != ExitCode.Usage)
        {
            // Where nothing was tried, there is nothing to report besides the reason.
            terminal.Write(SendReport.Format(result));
        }

        if (result.Failure is not { } failure)
        {
            return ExitCode.Success;
        }

        terminal.ReportFailure(failure, json: false);
        return ExitCode.For(failure);
    }

    // A failure before anything was sent is a result as well: scripts find it where they find the others.
    private static async Task<SendResult> SendAsync(SendOptionSet set, ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var message = set.ReadMessage(parsed);
        try
        {
            var options = set.Read(parsed) with { Transcript = Transcripts.For(parsed, terminal) };
            if (options.SkipCertificateCheck)
            {
                terminal.Warn("--skip-certificate-check: whoever answers gets the message; the certificate is not checked.");
            }

            using var outgoing = await message.OpenAsync(cancellationToken).ConfigureAwait(false);
            return await new SmtpSender().SendAsync(options, outgoing, cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpException e)
        {
            return new SendResult
            {
                Server = set.ReadServer(parsed),
                Port = set.ReadPort(parsed),
                From = message.From ?? "",
                Recipients = [.. message.To.Concat(message.Cc).Concat(message.Bcc).Select(r => new RecipientResult(r, Accepted: false, Reply: null))],
                Failure = e.Failure,
            };
        }
    }
}
