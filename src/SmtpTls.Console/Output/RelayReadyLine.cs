namespace SmtpTls.Cli.Output;

/// <summary>What a relay is, under the property names of <see cref="SmtpRelay"/>, in the line that says it is ready.</summary>
internal sealed record RelayReadyLine
{
    public string Event { get; } = "Ready";

    public required string Name { get; init; }

    public required string HostName { get; init; }

    public required string QueueLocation { get; init; }

    public required IReadOnlyList<ReadyLine> Listeners { get; init; }

    /// <summary>Each route in one line.</summary>
    public required IReadOnlyList<string> Routes { get; init; }

    public string? PickupPath { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    public static RelayReadyLine For(SmtpRelay relay, string? pickupPath) => new()
    {
        Name = relay.Name,
        HostName = relay.HostName,
        QueueLocation = relay.QueueLocation,
        Listeners = [.. relay.Listeners.Select(static listener => ReadyLine.For(listener, captureFolder: null, selfSignedPem: null))],
        Routes = [.. relay.Routes.Select(static route => route.ToString())],
        PickupPath = pickupPath,
        StartedAt = relay.StartedAt,
        Findings = relay.Findings,
    };

    /// <summary>For people. The first line says that it is ready, and where.</summary>
    public string Format()
    {
        var endpoints = string.Join(", ", Listeners.SelectMany(static listener => listener.Endpoints));
        return new Report()
            .Headline($"Ready: {HostName} relays {(endpoints.Length == 0 ? "what lies in its queue" : $"what comes to {endpoints}")}")
            .Fact("name", Name)
            .Fact("queue", QueueLocation)
            .Facts("routes", Routes)
            .Fact("pickup", PickupPath)
            .Fact("stop", "Ctrl+C or SIGTERM drains; twice to stop at once")
            .ToString();
    }
}

/// <summary>That a configuration can be used.</summary>
internal sealed record CheckedLine(string Config, string QueuePath, int Routes, int Listeners, IReadOnlyList<Finding> Findings)
{
    public string Event { get; } = "Checked";
}
