using System.Net;

namespace SmtpTls.Cli.Configuration;

/// <summary>The keys of relay.json. <c>docs/relay.schema.json</c> says the same; a test walks both.</summary>
internal static class RelayKeys
{
    /// <summary>Whose password: from a file or the environment, never from here.</summary>
    private static readonly ConfigurationKey[] Password =
    [
        new("passwordEnvironment", ConfigurationKind.Text),
        new("passwordFile", ConfigurationKind.Text),
    ];

    public static ConfigurationShape User { get; } = new(
    [
        new("name", ConfigurationKind.Text) { IsRequired = true },
        new("passwordHash", ConfigurationKind.Text),
        .. Password,
    ]);

    public static ConfigurationShape Credential { get; } = new([new("userName", ConfigurationKind.Text) { IsRequired = true }, .. Password]);

    public static ConfigurationShape Listener { get; } = new(
    [
        new("name", ConfigurationKind.Text),
        new("address", ConfigurationKind.Texts),
        new("port", ConfigurationKind.Integer) { Maximum = IPEndPoint.MaxPort },
        ConfigurationKey.Choice<TlsMode>("tlsMode"),
        ConfigurationKey.Choice<StartTlsPolicy>("startTls"),
        new("requireTls", ConfigurationKind.Flag),
        new("certificate", ConfigurationKind.Texts),
        new("key", ConfigurationKind.Texts),
        .. Password,
        new("hostName", ConfigurationKind.Text),
        new("users", ConfigurationKind.Objects) { Shape = User },
        new("usersFile", ConfigurationKind.Text),
        new("requireAuthentication", ConfigurationKind.Flag),
        ConfigurationKey.Choice<ClientCertificatePolicy>("clientCertificate"),
        new("limits", ConfigurationKind.Object) { Shape = ConfigurationShape.Of<ListenerLimits>() },
        new("temporaryFolder", ConfigurationKind.Text),
    ]);

    public static ConfigurationShape Route { get; } = new(
    [
        new("domains", ConfigurationKind.Texts) { IsRequired = true },
        new("smartHosts", ConfigurationKind.Texts),
        new("port", ConfigurationKind.Integer) { Minimum = 1, Maximum = IPEndPoint.MaxPort },
        ConfigurationKey.Choice<TlsMode>("tlsMode"),
        ConfigurationKey.Choice<TlsLevel>("tlsLevel"),
        ConfigurationKey.Choice<TlsIdentity>("tlsIdentity"),
        new("serverName", ConfigurationKind.Text),
        new("fingerprints", ConfigurationKind.Texts),
        new("trustedCertificates", ConfigurationKind.Texts),
        new("protocols", ConfigurationKind.Texts),
        new("clientCertificate", ConfigurationKind.Text),
        new("clientKey", ConfigurationKind.Text),
        .. Password,
        new("credential", ConfigurationKind.Object) { Shape = Credential },
    ]);

    public static ConfigurationShape Root { get; } = new(
    [
        new("$schema", ConfigurationKind.Text),
        new("name", ConfigurationKind.Text),
        new("queuePath", ConfigurationKind.Text) { IsRequired = true },
        new("routes", ConfigurationKind.Objects) { IsRequired = true, Shape = Route },
        new("listeners", ConfigurationKind.Objects) { Shape = Listener },
        new("allowFrom", ConfigurationKind.Texts),
        new("allowFingerprints", ConfigurationKind.Texts),
        new("hostName", ConfigurationKind.Text),
        new("pickupPath", ConfigurationKind.Text),
        new("nameServers", ConfigurationKind.Texts),
        new("trackingRetention", ConfigurationKind.Duration),
        new("drainTime", ConfigurationKind.Duration),
        new("retry", ConfigurationKind.Object) { Shape = ConfigurationShape.Of<RetryOptions>() },
        new("delivery", ConfigurationKind.Object) { Shape = ConfigurationShape.Of<DeliveryLimits>() },
        new("timeouts", ConfigurationKind.Object) { Shape = ConfigurationShape.Of<ClientTimeouts>() },
    ]);
}
