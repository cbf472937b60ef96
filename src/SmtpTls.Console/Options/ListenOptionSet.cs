using System.CommandLine;
using System.Net;
using SmtpTls.Cli.Input;

namespace SmtpTls.Cli.Options;

/// <summary>The options of listen, and how they become the engine's.</summary>
internal sealed class ListenOptionSet
{
    private readonly Option<IPAddress[]> _addresses = new("--address")
    {
        Description = "Listen on this IP address; may be repeated. Default: every one.",
        HelpName = "IP",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
        {
            var addresses = new List<IPAddress>();
            foreach (var token in result.Tokens)
            {
                if (!IPAddress.TryParse(token.Value, out var address))
                {
                    result.AddError($"--address: '{token.Value}' is no IP address. Give one of this machine's, for example 127.0.0.1 or ::1.");
                    return [];
                }

                addresses.Add(address);
            }

            return [.. addresses];
        },
    };

    private readonly Option<int?> _port = Number.Port("--port", "The port; 0, the default, lets the system choose one. The first line of output says which.", zeroChooses: true);
    private readonly Option<string[]> _certificates = Several("--certificate", "FILE", "A certificate: PFX, or PEM with its intermediates; may be repeated, and the client's server name chooses. Watched for changes.");
    private readonly Option<string[]> _keys = Several("--key", "FILE", "The key in PEM of the --certificate at the same place, where it is not in the same file.");
    private readonly Option<string?> _passwordVariable = Text("--password-env", "VARIABLE", "The environment variable that holds the password of PFX or key.");
    private readonly Option<string[]> _selfSigned = Several("--self-signed", "NAME", "Make a self-signed certificate for these names, for trials; it lives as long as the listener.");
    private readonly Option<string?> _authorityFile = Text("--ca-out", "FILE", "Write the self-signed certificate there, for clients to trust (send --ca FILE).");
    private readonly Option<StartTlsPolicy?> _startTls = Choice.Option<StartTlsPolicy>(
        "--start-tls",
        "Where STARTTLS is offered: except-loopback (the default), always or never.",
        ("always", StartTlsPolicy.Always),
        ("except-loopback", StartTlsPolicy.ExceptLoopback),
        ("never", StartTlsPolicy.Never));

    private readonly Option<bool> _requireTls = new("--require-tls") { Description = "Refuse mail before STARTTLS, wherever that is offered." };
    private readonly Option<string?> _hostName = Text("--host-name", "NAME", "The name in the greeting. Default: the machine's.");
    private readonly Option<string?> _capture = Text("--capture", "FOLDER", "Keep each message there as .eml. Without it, messages are accepted, told as a line each, and not kept: a test server's behaviour.");
    private readonly Option<long?> _maximumSize = Number.Size("--max-size", "The longest message, for example 50M (the default).");
    private readonly Option<int?> _maximumConnections = Number.Count("--max-connections", "Open connections. Default: 1000.");
    private readonly Option<int?> _maximumPerClient = Number.Count("--max-connections-per-client", "Open connections from one address. Default: 50.");
    private readonly Option<int?> _maximumRecipients = Number.Count("--max-recipients", "Recipients of a message. Default: 1000.");
    private readonly Option<int?> _maximumErrors = Number.Count("--max-errors", "Commands answered with an error before the session is ended. Default: 20.");
    private readonly Option<int?> _count = Number.Count("--count", "Stop after so many messages.");
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No line a message." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            _addresses, _port, _certificates, _keys, _passwordVariable, _selfSigned, _authorityFile, _startTls, _requireTls, CommonOptions.TlsMode,
            _hostName, _capture, _maximumSize, _maximumConnections, _maximumPerClient, _maximumRecipients, _maximumErrors, _count, _quiet,
            CommonOptions.Json, CommonOptions.Verbose,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Looks for contradictions between options.</summary>
    /// <exception cref="SmtpException">There is one.</exception>
    public void Check(ParseResult parsed)
    {
        var (certificates, keys, selfSigned) = (parsed.GetValue(_certificates) ?? [], parsed.GetValue(_keys) ?? [], parsed.GetValue(_selfSigned) ?? []);
        if (keys.Length > 0 && keys.Length != certificates.Length)
        {
            throw UsageErrors.Refuse(
                FormattableString.Invariant($"--key was given {keys.Length} times and --certificate {certificates.Length} times."),
                "Give one key a certificate in the same order, or none where the certificate files hold their keys.");
        }

        if (parsed.GetValue(_authorityFile) is not null && selfSigned.Length == 0)
        {
            throw UsageErrors.Refuse("--ca-out was given without --self-signed, so there is nothing to write.", "Give --self-signed NAME as well.");
        }

        // The engine would refuse as well, and name what a script would have to give.
        if (certificates.Length == 0 && selfSigned.Length == 0 && NeedsCertificate(parsed))
        {
            throw UsageErrors.Refuse("TLS was asked for, but there is no certificate.", "Give --certificate FILE, or --self-signed NAME for a trial.");
        }
    }

    public string? ReadCaptureFolder(ParseResult parsed) => parsed.GetValue(_capture);

    public string? ReadAuthorityFile(ParseResult parsed) => parsed.GetValue(_authorityFile);

    public int? ReadCount(ParseResult parsed) => parsed.GetValue(_count);

    public bool ReadQuiet(ParseResult parsed) => parsed.GetValue(_quiet);

    /// <summary>A certificate for the names of --self-signed; null where none was asked for.</summary>
    /// <exception cref="SmtpException">A name is none.</exception>
    public ListenerCertificate? MakeSelfSigned(ParseResult parsed) =>
        parsed.GetValue(_selfSigned) is { Length: > 0 } names ? ListenerCertificate.SelfSigned(names) : null;

    /// <summary>The engine's options, with certificates read.</summary>
    /// <exception cref="SmtpException">A file or a variable cannot be used.</exception>
    public SmtpListenerOptions Read(ParseResult parsed, ListenerCertificate? selfSigned)
    {
        var usual = new ListenerLimits();
        return new SmtpListenerOptions
        {
            Addresses = parsed.GetValue(_addresses) ?? [],
            Port = parsed.GetValue(_port) ?? 0,
            TlsMode = parsed.GetValue(CommonOptions.TlsMode) ?? TlsMode.StartTls,
            StartTls = parsed.GetValue(_startTls) ?? StartTlsPolicy.ExceptLoopback,
            RequireTls = parsed.GetValue(_requireTls),
            Certificates = [.. ReadCertificates(parsed), .. selfSigned is null ? [] : new[] { selfSigned }],
            HostName = parsed.GetValue(_hostName),
            Limits = usual with
            {
                MaximumMessageSize = parsed.GetValue(_maximumSize) ?? usual.MaximumMessageSize,
                MaximumConnections = parsed.GetValue(_maximumConnections) ?? usual.MaximumConnections,
                MaximumConnectionsPerClient = parsed.GetValue(_maximumPerClient) ?? usual.MaximumConnectionsPerClient,
                MaximumRecipients = parsed.GetValue(_maximumRecipients) ?? usual.MaximumRecipients,
                MaximumErrors = parsed.GetValue(_maximumErrors) ?? usual.MaximumErrors,
            },
        };
    }

    private IEnumerable<ListenerCertificate> ReadCertificates(ParseResult parsed)
    {
        var keys = parsed.GetValue(_keys) ?? [];
        var password = parsed.GetValue(_passwordVariable) is { } variable ? EnvironmentSecret.Read(variable, _passwordVariable.Name) : null;
        return (parsed.GetValue(_certificates) ?? []).Select((path, place) => keys.Length == 0
            ? ListenerCertificate.FromFile(path, password)
            : ListenerCertificate.FromPem(path, keys[place], password));
    }

    private bool NeedsCertificate(ParseResult parsed) => parsed.GetValue(CommonOptions.TlsMode) switch
    {
        TlsMode.Implicit => true,
        TlsMode.None => false,
        _ => parsed.GetValue(_startTls) == StartTlsPolicy.Always || parsed.GetValue(_requireTls),
    };

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    private static Option<string[]> Several(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description, AllowMultipleArgumentsPerToken = true };
}
