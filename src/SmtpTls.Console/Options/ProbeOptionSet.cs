using System.CommandLine;
using SmtpTls.Cli.Input;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Options;

/// <summary>The options of the verbs that ask servers: capability and certificate.</summary>
internal sealed class ProbeOptionSet
{
    private readonly Argument<string[]> _targets = new("target")
    {
        Description = "HOST, HOST:PORT, an IP address or [IPV6]:PORT; several are asked in turn.",
        HelpName = "HOST[:PORT]",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int?> _port = Number.Port("--port", "The port of targets that name none. Default: 25.", zeroChooses: false);
    private readonly Option<bool> _noSecondLook = new("--no-second-look") { Description = "Do not look at the machine's own names and addresses after a loopback target." };

    public void AddTo(Command command)
    {
        _targets.Validators.Add(result =>
        {
            // The parser takes an option that it does not know for one more target.
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } option)
            {
                result.AddError($"'{option.Value}' is neither an option of {command.Name} nor a target. A target is HOST or HOST:PORT.");
            }
        });
        command.Arguments.Add(_targets);
        foreach (var option in new Option[]
        {
            _port, CommonOptions.TlsMode, CommonOptions.ServerName, CommonOptions.Address, CommonOptions.Authorities, CommonOptions.TlsIdentity,
            CommonOptions.HelloName, CommonOptions.Timeout, _noSecondLook, CommonOptions.Json, CommonOptions.Verbose,
        })
        {
            command.Options.Add(option);
        }
    }

    public IReadOnlyList<string> ReadTargets(ParseResult parsed) => parsed.GetValue(_targets) ?? [];

    /// <summary>The engine's options, with files read.</summary>
    /// <exception cref="SmtpException">A file cannot be used.</exception>
    public ProbeOptions Read(ParseResult parsed, Terminal terminal) => new()
    {
        Port = parsed.GetValue(_port),
        TlsMode = parsed.GetValue(CommonOptions.TlsMode),
        ServerName = parsed.GetValue(CommonOptions.ServerName),
        Address = parsed.GetValue(CommonOptions.Address),
        TlsIdentity = parsed.GetValue(CommonOptions.TlsIdentity) ?? TlsIdentity.Name,
        TrustedCertificates = CertificateInput.ReadAuthorities(parsed.GetValue(CommonOptions.Authorities)),
        HelloName = parsed.GetValue(CommonOptions.HelloName),
        Timeouts = CommonOptions.Timeouts(parsed),
        SecondLook = !parsed.GetValue(_noSecondLook),
        Transcript = Transcripts.For(parsed, terminal),
    };
}
