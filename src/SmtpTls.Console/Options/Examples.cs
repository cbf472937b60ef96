using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace SmtpTls.Cli.Options;

/// <summary>Command lines to begin with, at the end of each verb's help.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string[]> Lines = new(StringComparer.Ordinal)
    {
        ["listen"] =
        [
            "listen --port 2525 --self-signed mail.test --start-tls always --ca-out ca.pem --capture ./mail",
            "listen --port 25 --certificate chain.pem --key key.pem --require-tls --json",
            "listen --port 465 --tls-mode implicit --certificate mail.pfx --password-env PFX_PASSWORD",
        ],
        ["send"] =
        [
            "send --server mail.contoso.com --from a@contoso.com --to b@contoso.com --subject Hi --body Hello",
            "send --server mail.test --address 127.0.0.1 --port 2525 --ca ca.pem --eml message.eml --json",
            "send --server smtp.contoso.com --port 587 --user a --password-env SMTP_PASSWORD --from a@contoso.com --to b@contoso.com --body -",
        ],
        ["capability"] =
        [
            "capability mail.contoso.com",
            "capability mx1.contoso.com mx2.contoso.com:587 [2001:db8::1]:25 --timeout 10 --json",
        ],
        ["certificate"] =
        [
            "certificate mail.contoso.com",
            "certificate mail.contoso.com --address 192.0.2.1 --ca ca.pem --json",
            "certificate mail.contoso.com --port 465 --tls-mode implicit",
        ],
        ["relay"] =
        [
            "relay --config relay.json --check",
            "relay --config /etc/smtptls/relay.json",
        ],
        ["list"] =
        [
            "queue list --queue edge.queue --state deferred",
            "queue list --queue edge.queue --next-hops --json",
        ],
        ["show"] = ["queue show --queue edge.queue 0WXYZ0123ABCD"],
        ["retry"] = ["queue retry --queue edge.queue --all --next-hop '*partner.example*'"],
        ["remove"] = ["queue remove --queue edge.queue --all --recipient '*@gone.example' --with-ndr"],
        ["export"] = ["queue export --queue edge.queue 0WXYZ0123ABCD --path ./mail"],
        ["demo"] = ["demo"],
    };

    /// <summary>Has --help end with the examples of the verb that was asked about.</summary>
    public static void AddTo(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
    }

    private sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = usual.Invoke(parseResult);
            if (Lines.TryGetValue(parseResult.CommandResult.Command.Name, out var lines))
            {
                var output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (var line in lines)
                {
                    output.WriteLine($"  smtptls {line}");
                }

                output.WriteLine();
            }

            return code;
        }
    }
}
