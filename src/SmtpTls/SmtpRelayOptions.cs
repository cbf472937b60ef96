using System.Net;
using SmtpTls.Dns;
using SmtpTls.Queue;
using SmtpTls.Relay;

namespace SmtpTls;

/// <summary>What a relay takes mail on, where it keeps it, and where it goes. Everything but <see cref="Store"/> and <see cref="Routes"/> has a default.</summary>
public sealed record SmtpRelayOptions
{
    /// <summary>The relay's name among others. Default <c>relay</c>.</summary>
    public string Name { get; init; } = "relay";

    /// <summary>The queue. The relay disposes of it when it has stopped, unless <see cref="LeaveStoreOpen"/>; not where starting failed.</summary>
    public required IQueueStore Store { get; init; }

    /// <summary>True where the store is somebody else's and stays open. Default false.</summary>
    public bool LeaveStoreOpen { get; init; }

    /// <summary>Where mail goes; at least one. For a domain without a route nothing is taken.</summary>
    public required IReadOnlyList<SmtpRoute> Routes { get; init; }

    /// <summary>What to listen on. Sinks are the relay's own. Default: nothing; listeners can be added later.</summary>
    public IReadOnlyList<SmtpListenerOptions> Listeners { get; init; } = [];

    /// <summary>Networks whose clients may relay, beside loopback. Default: none.</summary>
    public IReadOnlyList<IPNetwork> AllowFrom { get; init; } = [];

    /// <summary>SHA-256 fingerprints of client certificates, or of their public keys, that may relay, in hexadecimal. Default: none.</summary>
    public IReadOnlyList<string> AllowFingerprints { get; init; } = [];

    /// <summary>When to try again, and when to give up.</summary>
    public RetryOptions Retry { get; init; } = new();

    /// <summary>Connections, messages and recipients a connection.</summary>
    public DeliveryLimits Delivery { get; init; } = new();

    /// <summary>How long to wait for next hops in each phase.</summary>
    public ClientTimeouts Timeouts { get; init; } = new();

    /// <summary>The relay's name in greetings, EHLO, trace headers and reports. Default: the machine's full host name.</summary>
    public string? HostName { get; init; }

    /// <summary>A folder where an <c>.eml</c> that is laid there is sent; it is made where it does not exist. Default: none.</summary>
    public string? PickupPath { get; init; }

    /// <summary>How long the tracking log is kept. Default 30 days (Exchange's MessageTrackingLogMaxAge).</summary>
    public TimeSpan TrackingRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Name servers to ask. Empty (the default): the system's.</summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; init; } = [];

    /// <summary>Looks names up in place of the name servers. Default: the engine's own DNS client asks them.</summary>
    public IMailDns? Dns { get; init; }

    /// <summary>
    /// Told of what happens, on the engine's threads; must return soon. An exception that it throws is dropped: no message depends
    /// on its log.
    /// </summary>
    public Action<RelayEvent>? Log { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Takes the place of delivery itself; for tests.</summary>
    internal IDeliveryAgent? Agent { get; init; }

    /// <summary>Throws where options cannot be used or contradict each other. Nothing is opened or looked up.</summary>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: names the option, what is wrong and the remedy.</exception>
    public void Validate()
    {
        if (Store is null || Routes is null)
        {
            throw Invalid($"The relay {Name} has no queue or no routes.", "Give a store and at least one route.");
        }

        if (string.IsNullOrWhiteSpace(Name) || Name.Any(char.IsControl))
        {
            throw Invalid("The relay has no name, or one with control characters.", "Give a short name, such as edge.");
        }

        if (Routes.Count == 0)
        {
            throw Invalid($"The relay {Name} has no route, so it could deliver nothing.", "Give at least one route, for example one for the domain *.");
        }

        if (HostName is not null && !DnsName.TryParse(HostName, out _, out var complaint))
        {
            throw Invalid($"The host name '{Protocol.Printable.Line(HostName, 100)}' cannot stand in EHLO: {complaint}.", "Give the machine's full name, such as mail.contoso.com.");
        }

        if (TrackingRetention <= TimeSpan.Zero)
        {
            throw Invalid("TrackingRetention must be above zero.", "Leave it out to have 30 days.");
        }

        if (Timeouts.FirstUnusable() is { } name)
        {
            throw Invalid($"The time-out {name} is zero, negative or longer than {ClientTimeouts.Longest.TotalDays:0} days.", "Give a time above zero.");
        }

        Retry.Validate();
        Delivery.Validate();
        _ = SmtpRoutes.Check(Routes);
        foreach (var listener in Listeners)
        {
            Validate(listener);
        }
    }

    /// <summary>Throws where a listener cannot be the relay's.</summary>
    /// <param name="listener">The listener.</param>
    internal static void Validate(SmtpListenerOptions listener)
    {
        listener.Validate();
        if (listener.Sink is not null)
        {
            throw Invalid($"The listener {listener.Name ?? $"on port {listener.Port}"} has a sink of its own, but a relay's listeners bring mail into its queue.", "Leave the sink out, or start the listener by itself.");
        }
    }

    private static SmtpException Invalid(string message, string advice) => new(new SmtpFailure
    {
        Code = FindingCode.InvalidInput,
        Message = message,
        Advice = advice,
        Permanent = true,
    });
}
