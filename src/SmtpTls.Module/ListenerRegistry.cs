namespace SmtpTls.Module;

/// <summary>
/// The listeners that the cmdlets of this process started, whichever runspace did, those of relays included. With
/// <see cref="RelayRegistry"/> the one static state of the module: a listener outlives the pipeline that started it, and other
/// pipelines have to find it by name.
/// </summary>
public static class ListenerRegistry
{
    // Those of relays are not kept here: a relay knows its own, and they go with it.
    private static readonly ProcessRegistry<SmtpListener> Listeners = new(listener => listener.Name, listener => listener.IsRunning);

    /// <summary>Stops all but those of relays and forgets them: called when the module is removed.</summary>
    public static Task StopAllAsync() => Task.WhenAll(Listeners.TakeAll().Select(listener => listener.StopAsync()));

    /// <summary>All of them, sorted by name.</summary>
    internal static IReadOnlyList<SmtpListener> All() =>
        Listeners.All().Concat(OfRelays()).OrderBy(listener => listener.Name, StringComparer.OrdinalIgnoreCase).ToArray();

    /// <summary>The listener with this name, in any case, or null.</summary>
    internal static SmtpListener? Find(string name) =>
        Listeners.Find(name) ?? OfRelays().FirstOrDefault(listener => string.Equals(listener.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Takes a listener in; false where another one that still runs has its name.</summary>
    internal static bool TryAdd(SmtpListener listener) => Find(listener.Name) is not { IsRunning: true } && Listeners.TryAdd(listener);

    /// <summary>Forgets a listener; another one of the same name stays.</summary>
    internal static void Remove(SmtpListener listener) => Listeners.Remove(listener);

    /// <summary>The relay that a listener takes mail for, or null.</summary>
    internal static SmtpRelay? RelayOf(SmtpListener listener) => RelayRegistry.All().FirstOrDefault(relay => relay.Listeners.Contains(listener));

    private static IEnumerable<SmtpListener> OfRelays() => RelayRegistry.All().SelectMany(relay => relay.Listeners).Where(listener => listener.IsRunning);
}
