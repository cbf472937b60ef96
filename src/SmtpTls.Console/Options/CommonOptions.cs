using System.CommandLine;

namespace SmtpTls.Cli.Options;

/// <summary>Options that several verbs have, with one meaning.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json { get; } = new("--json") { Description = "One JSON object a line, with the property names of the cmdlets' objects." };

    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "Tell the dialogue on standard error, without passwords." };

    public static Option<TlsMode?> TlsMode { get; } = Choice.Option<TlsMode>(
        "--tls-mode",
        "How TLS begins: starttls (the default), implicit (from the first byte, port 465) or none.",
        ("starttls", SmtpTls.TlsMode.StartTls),
        ("implicit", SmtpTls.TlsMode.Implicit),
        ("none", SmtpTls.TlsMode.None));

    public static Option<string?> ServerName { get; } = new("--server-name")
    {
        Description = "The name that the certificate has to carry, where it is not the host's.",
        HelpName = "NAME",
    };

    public static Option<string?> Address { get; } = new("--address")
    {
        Description = "Dial this IP address; the name is still what the certificate has to carry.",
        HelpName = "IP",
    };

    public static Option<string?> Authorities { get; } = new("--ca")
    {
        Description = "Trust the certificates in this PEM file in place of the system's.",
        HelpName = "FILE",
    };

    public static Option<TlsIdentity?> TlsIdentity { get; } = Choice.Option<TlsIdentity>(
        "--tls-identity",
        "Compare the certificate with the name (the default) or, as broken partners do, with the dialled address.",
        ("name", SmtpTls.TlsIdentity.Name),
        ("address", SmtpTls.TlsIdentity.Address));

    public static Option<string?> HelloName { get; } = new("--hello-name")
    {
        Description = "What to call this client in EHLO. Default: the machine's name.",
        HelpName = "NAME",
    };

    public static Option<TimeSpan?> Timeout { get; } = Number.Seconds("--timeout", "The longest wait in any one phase; blocks of the message and the reply to it keep the RFC's at least. Default: 30 seconds to a minute before the message, then the RFC's.");

    /// <summary>The time-outs that <see cref="Timeout"/> asks for.</summary>
    public static ClientTimeouts Timeouts(ParseResult parsed) =>
        parsed.GetValue(Timeout) is { } limit ? ClientTimeouts.Each(limit) : new ClientTimeouts();
}
