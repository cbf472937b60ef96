using System.Net;
using System.Text.Json;
using SmtpTls.Queue;

namespace SmtpTls.Cli.Configuration;

/// <summary>What relay.json says.</summary>
internal sealed record RelayConfiguration
{
    // A thousand routes are some 200 KB.
    private const int LongestFile = 4 * 1024 * 1024;

    /// <summary>The queue's file, absolute.</summary>
    public required string QueuePath { get; init; }

    /// <summary>How long stopping may take; null: the relay's own default.</summary>
    public TimeSpan? DrainTime { get; init; }

    /// <summary>What the routes surprise with.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>The engine's options, once there is a store.</summary>
    public required Func<IQueueStore, SmtpRelayOptions> ToOptions { get; init; }

    /// <summary>How many routes and listeners there are, for the one who checks.</summary>
    public required (int Routes, int Listeners) Counts { get; init; }

    /// <summary>Reads and checks a file. Files that it names are read too; nothing is opened for writing, bound or looked up.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SmtpException">Names file, place, what is wrong, and what may stand there.</exception>
    public static RelayConfiguration Read(string path)
    {
        var errors = new ConfigurationErrors(path);
        if (path.Length == 0 || Directory.Exists(path))
        {
            throw errors.At("$", "that is no file.", "Give the path of the configuration file.");
        }

        var full = Path.GetFullPath(path);
        var text = ConfigurationFiles.ReadText(full, LongestFile, "$", errors);
        using var document = Parse(text, errors);
        var root = new ConfigurationObject(document.RootElement, "$", RelayKeys.Root, errors);
        return Read(root, new ConfigurationFiles(Path.GetDirectoryName(full)!));
    }

    private static JsonDocument Parse(string text, ConfigurationErrors errors)
    {
        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException e)
        {
            throw errors.At(
                FormattableString.Invariant($"line {(e.LineNumber ?? 0) + 1}, column {(e.BytePositionInLine ?? 0) + 1}"),
                "that is not JSON (RFC 8259).",
                "Look for a missing comma or quote there or just before; comments and commas after a last entry are not JSON.",
                e);
        }
    }

    private static RelayConfiguration Read(ConfigurationObject root, ConfigurationFiles files)
    {
        var errors = root.Errors;
        var routes = root.Objects("routes").Select(route => RouteConfiguration.Read(route, files)).ToArray();
        var listeners = root.Objects("listeners").Select(listener => ListenerConfiguration.Read(listener, files)).ToArray();
        var findings = errors.At(root.PathOf("routes"), () => SmtpRoutes.Check(routes));
        var usual = new SmtpRelayOptions { Store = null!, Routes = routes };
        var options = usual with
        {
            Name = Named(root) ?? usual.Name,
            Listeners = listeners,
            AllowFrom = root.Texts("allowFrom").Select(entry => Network(entry.Text, entry.Path, errors)).ToArray(),
            AllowFingerprints = root.Texts("allowFingerprints").Select(static entry => entry.Text).ToArray(),
            Retry = ReadRetry(root) ?? usual.Retry,
            Delivery = ReadDelivery(root) ?? usual.Delivery,
            Timeouts = ReadTimeouts(root) ?? usual.Timeouts,
            HostName = HostNameOf(root),
            PickupPath = root.Text("pickupPath") is { } pickup ? files.Resolve(pickup, root.PathOf("pickupPath"), errors) : null,
            TrackingRetention = AboveZero(root, "trackingRetention") ?? usual.TrackingRetention,
            NameServers = root.Texts("nameServers").Select(entry => NameServer(entry.Text, entry.Path, errors)).ToArray(),
        };
        return new RelayConfiguration
        {
            QueuePath = files.Resolve(root.Text("queuePath")!, root.PathOf("queuePath"), errors),
            DrainTime = root.Duration("drainTime"),
            Findings = findings,
            Counts = (routes.Length, listeners.Length),
            ToOptions = store => options with { Store = store },
        };
    }

    private static RetryOptions? ReadRetry(ConfigurationObject root) => root.Object("retry") is not { } from ? null : root.Errors.At(from.Path, () =>
    {
        var read = from.Into(new RetryOptions());
        read.Validate();
        return read;
    });

    private static DeliveryLimits? ReadDelivery(ConfigurationObject root) => root.Object("delivery") is not { } from ? null : root.Errors.At(from.Path, () =>
    {
        var read = from.Into(new DeliveryLimits());
        read.Validate();
        return read;
    });

    private static ClientTimeouts? ReadTimeouts(ConfigurationObject root)
    {
        if (root.Object("timeouts") is not { } from)
        {
            return null;
        }

        foreach (var key in ConfigurationShape.Of<ClientTimeouts>().Keys)
        {
            _ = AboveZero(from, key.Name);
        }

        return from.Into(new ClientTimeouts());
    }

    // What a timer takes is some 49 days.
    private static TimeSpan? AboveZero(ConfigurationObject from, string name)
    {
        var longest = name == "trackingRetention" ? TimeSpan.MaxValue : TimeSpan.FromDays(49);
        return from.Duration(name) is { } time && (time <= TimeSpan.Zero || time > longest)
            ? throw from.Errors.At(from.PathOf(name), "the time is zero or longer than 49 days.", "Give a time above zero, or leave it out to have the default.")
            : from.Duration(name);
    }

    private static string? Named(ConfigurationObject root) => root.Text("name") is { } name && (string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl))
        ? throw root.Errors.At(root.PathOf("name"), "the name is empty or holds a control character.", "Give a short name, such as edge.")
        : root.Text("name");

    private static string? HostNameOf(ConfigurationObject root) => root.Text("hostName") is { } host && !DnsName.TryParse(host, out _, out var error)
        ? throw root.Errors.At(root.PathOf("hostName"), $"'{ConfigurationErrors.Show(host)}' is not a host name: {error}.", "Give the machine's full name, such as mail.contoso.com.")
        : root.Text("hostName");

    private static IPNetwork Network(string text, string place, ConfigurationErrors errors)
    {
        // Newer runtimes take 192.0.2.1/24 for 192.0.2.0/24; who wrote it may have meant the one address.
        if (IPNetwork.TryParse(text, out var network) && IPAddress.TryParse(text.AsSpan(0, text.IndexOf('/', StringComparison.Ordinal)), out var first) && first.Equals(network.BaseAddress))
        {
            return network;
        }

        if (IPAddress.TryParse(text, out var address))
        {
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        }

        throw errors.At(place, $"'{ConfigurationErrors.Show(text)}' is no network.", "Give its first address and the length of its prefix, such as 192.0.2.0/24 or 2001:db8::/32, or one address.");
    }

    private static IPEndPoint NameServer(string text, string place, ConfigurationErrors errors)
    {
        const int Dns = 53;
        if (!IPEndPoint.TryParse(text, out var server))
        {
            throw errors.At(place, $"'{ConfigurationErrors.Show(text)}' is no name server.", "Give its address, with a port where that is not 53: 192.0.2.53 or [2001:db8::53]:5353.");
        }

        return server.Port == 0 ? new IPEndPoint(server.Address, Dns) : server;
    }
}
