namespace SmtpTls.Module;

/// <summary>The relays that the cmdlets of this process started, whichever runspace did.</summary>
public static class RelayRegistry
{
    // What is in the queue stays there; only what is under way is worth a wait, and not a long one: the prompt waits too.
    private static readonly TimeSpan RemovalDrainTime = TimeSpan.FromSeconds(5);

    private static readonly ProcessRegistry<SmtpRelay> Relays = new(relay => relay.Name, relay => relay.IsRunning);

    /// <summary>Stops all and forgets them: called when the module is removed.</summary>
    public static Task StopAllAsync() =>
        Task.WhenAll(Relays.TakeAll().Select(relay => relay.StopAsync(drain: false, RemovalDrainTime, CancellationToken.None)));

    /// <summary>All of them, sorted by name.</summary>
    internal static IReadOnlyList<SmtpRelay> All() => Relays.All();

    /// <summary>Those that run, sorted by name.</summary>
    internal static IReadOnlyList<SmtpRelay> Running() => Relays.All().Where(relay => relay.IsRunning).ToArray();

    /// <summary>The relay with this name, in any case, or null.</summary>
    internal static SmtpRelay? Find(string name) => Relays.Find(name);

    /// <summary>The relay that runs this queue, or null.</summary>
    /// <param name="location">The queue's full path.</param>
    internal static SmtpRelay? FindByQueue(string location) => Running().FirstOrDefault(relay => string.Equals(
        relay.QueueLocation, location, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal));

    /// <summary>Takes a relay in; false where another one that still runs has its name.</summary>
    internal static bool TryAdd(SmtpRelay relay) => Relays.TryAdd(relay);

    /// <summary>Forgets a relay; another one of the same name stays.</summary>
    internal static void Remove(SmtpRelay relay) => Relays.Remove(relay);
}
