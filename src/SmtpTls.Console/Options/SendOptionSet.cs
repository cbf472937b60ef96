using System.CommandLine;
using System.Net;
using SmtpTls.Cli.Input;

namespace SmtpTls.Cli.Options;

/// <summary>The options of send, and how they become the engine's.</summary>
internal sealed class SendOptionSet
{
    private readonly Option<string> _server = new("--server")
    {
        Description = "The server: a host name, or an IP address. The certificate has to carry it.",
        HelpName = "HOST",
        Required = true,
    };

    private readonly Option<int?> _port = Number.Port("--port", "The port. Default: 25, or 465 with --tls-mode implicit.", zeroChooses: false);
    private readonly Option<string?> _from = Text("--from", "ADDRESS", "The sender; with --eml the envelope's, by default the header's.");
    private readonly Option<string[]> _to = Several("--to", "ADDRESS", "A recipient; may be repeated. With --eml the envelope's, by default the header's.");
    private readonly Option<string[]> _cc = Several("--cc", "ADDRESS", "A recipient in copy; may be repeated.");
    private readonly Option<string[]> _bcc = Several("--bcc", "ADDRESS", "A recipient whom the others do not see; may be repeated.");
    private readonly Option<string?> _subject = Text("--subject", "TEXT", "The subject.");
    private readonly Option<string?> _body = Text("--body", "TEXT|-", "The body; - reads it from standard input.");
    private readonly Option<string?> _bodyFile = Text("--body-file", "FILE", "The body from a file in UTF-8.");
    private readonly Option<string?> _eml = Text("--eml", "FILE|-", "A finished message (RFC 5322), sent as it is but for Bcc fields and line ends; - reads it from standard input.");
    private readonly Option<TlsLevel?> _tlsLevel = Choice.Option<TlsLevel>(
        "--tls-level",
        "What must hold of TLS, as Postfix means it. Default: secure.",
        ("none", TlsLevel.None),
        ("opportunistic", TlsLevel.Opportunistic),
        ("encrypt", TlsLevel.Encrypt),
        ("fingerprint", TlsLevel.Fingerprint),
        ("verify", TlsLevel.Verify),
        ("secure", TlsLevel.Secure));

    private readonly Option<string[]> _fingerprints = Several("--fingerprint", "SHA256", "The certificate's or its key's SHA-256, for --tls-level fingerprint; may be repeated.");
    private readonly Option<bool> _skipCheck = new("--skip-certificate-check") { Description = "Do not enforce the certificate. The result says so." };
    private readonly Option<string?> _clientCertificate = Text("--client-certificate", "FILE", "Show this certificate to a server that asks: PFX without password, or PEM.");
    private readonly Option<string?> _clientKey = Text("--client-key", "FILE", "Its key in PEM, where it is not in the same file.");
    private readonly Option<string?> _user = Text("--user", "NAME", "Authenticate as this user (PLAIN or LOGIN, inside TLS only).");
    private readonly Option<string?> _passwordVariable = Text("--password-env", "VARIABLE", "The environment variable that holds the password.");

    private IEnumerable<Option> All =>
    [
        _server, _port, CommonOptions.Address, _from, _to, _cc, _bcc, _subject, _body, _bodyFile, _eml,
        CommonOptions.TlsMode, _tlsLevel, CommonOptions.ServerName, CommonOptions.Authorities, _fingerprints, CommonOptions.TlsIdentity, _skipCheck,
        _clientCertificate, _clientKey, _user, _passwordVariable, CommonOptions.HelloName, CommonOptions.Timeout, CommonOptions.Json, CommonOptions.Verbose,
    ];

    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Looks for contradictions between options.</summary>
    /// <exception cref="SmtpException">There is one.</exception>
    public void Check(ParseResult parsed)
    {
        var given = All.Where(o => parsed.GetResult(o) is { Implicit: false }).ToHashSet();
        if (Complaint(given) is { } complaint)
        {
            throw UsageErrors.Refuse(complaint.Message, complaint.Advice);
        }
    }

    public string ReadServer(ParseResult parsed) => parsed.GetRequiredValue(_server);

    public int ReadPort(ParseResult parsed) => parsed.GetValue(_port)
        ?? (parsed.GetValue(CommonOptions.TlsMode) == TlsMode.Implicit ? SendOptions.ImplicitTlsPort : SendOptions.SmtpPort);

    public MessageInput ReadMessage(ParseResult parsed) => new()
    {
        From = parsed.GetValue(_from),
        To = parsed.GetValue(_to) ?? [],
        Cc = parsed.GetValue(_cc) ?? [],
        Bcc = parsed.GetValue(_bcc) ?? [],
        Subject = parsed.GetValue(_subject),
        Body = parsed.GetValue(_body),
        BodyFile = parsed.GetValue(_bodyFile),
        Eml = parsed.GetValue(_eml),
    };

    /// <summary>The engine's options, with files read and the password fetched.</summary>
    /// <exception cref="SmtpException">A file or a variable cannot be used.</exception>
    public SendOptions Read(ParseResult parsed) => new()
    {
        Server = ReadServer(parsed),
        Port = parsed.GetValue(_port),
        Address = parsed.GetValue(CommonOptions.Address),
        ServerName = parsed.GetValue(CommonOptions.ServerName),
        TlsMode = parsed.GetValue(CommonOptions.TlsMode) ?? TlsMode.StartTls,
        TlsLevel = parsed.GetValue(_tlsLevel),
        TlsIdentity = parsed.GetValue(CommonOptions.TlsIdentity) ?? TlsIdentity.Name,
        TrustedCertificates = CertificateInput.ReadAuthorities(parsed.GetValue(CommonOptions.Authorities)),
        ClientCertificate = CertificateInput.ReadClientCertificate(parsed.GetValue(_clientCertificate), parsed.GetValue(_clientKey)),
        Fingerprints = parsed.GetValue(_fingerprints) ?? [],
        SkipCertificateCheck = parsed.GetValue(_skipCheck),
        Credential = parsed.GetValue(_user) is { } user
            ? new NetworkCredential(user, EnvironmentSecret.Read(parsed.GetValue(_passwordVariable)!, _passwordVariable.Name))
            : null,
        HelloName = parsed.GetValue(CommonOptions.HelloName),
        Timeouts = CommonOptions.Timeouts(parsed),
    };

    private (string Message, string Advice)? Complaint(HashSet<Option> given)
    {
        bool Has(Option option) => given.Contains(option);
        return Has(_eml) && (Has(_subject) || Has(_body) || Has(_bodyFile)) ? ("--eml is a whole message already.", "Leave out --subject, --body and --body-file.")
            : Has(_body) && Has(_bodyFile) ? ("--body and --body-file contradict each other.", "Give one of them.")
            : !Has(_eml) && !Has(_from) ? ("--from is missing.", "Give the sender's address; only with --eml it may come from the message's header.")
            : !Has(_eml) && !Has(_to) && !Has(_cc) && !Has(_bcc) ? ("There is no recipient.", "Give --to, --cc or --bcc.")
            : Has(_user) && !Has(_passwordVariable) ? ("--user needs --password-env.", "Give the name of the environment variable that holds the password.")
            : Has(_passwordVariable) && !Has(_user) ? ("--password-env was given without --user.", "Give both, or neither.")
            : Has(_clientKey) && !Has(_clientCertificate) ? ("--client-key was given without --client-certificate.", "Give both.")
            : null;
    }

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    private static Option<string[]> Several(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description, AllowMultipleArgumentsPerToken = true };
}
