namespace SmtpTls.Module;

/// <summary>
/// The listeners that the cmdlets of this process started, whichever runspace did. The one static state of the module:
/// a listener outlives the pipeline that started it, and other pipelines have to find it by name.
/// </summary>
public static class ListenerRegistry
{
    private static readonly Dictionary<string, SmtpListener> Listeners = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Stops all and forgets them: called when the module is removed.</summary>
    public static async Task StopAllAsync()
    {
        SmtpListener[] all;
        lock (Listeners)
        {
            all = [.. Listeners.Values];
            Listeners.Clear();
        }

        await Task.WhenAll(all.Select(listener => listener.StopAsync())).ConfigureAwait(false);
    }

    /// <summary>All of them, sorted by name.</summary>
    internal static IReadOnlyList<SmtpListener> All()
    {
        lock (Listeners)
        {
            return [.. Listeners.Values.OrderBy(listener => listener.Name, StringComparer.OrdinalIgnoreCase)];
        }
    }

    /// <summary>The listener with this name, in any case, or null.</summary>
    internal static SmtpListener? Find(string name)
    {
        lock (Listeners)
        {
            return Listeners.GetValueOrDefault(name);
        }
    }

    /// <summary>Takes a listener in; false where another one that still runs has its name.</summary>
    internal static bool TryAdd(SmtpListener listener)
    {
        lock (Listeners)
        {
            if (Listeners.TryGetValue(listener.Name, out var other) && other.IsRunning)
            {
                return false;
            }

            Listeners[listener.Name] = listener;
            return true;
        }
    }

    /// <summary>Forgets a listener; another one of the same name stays.</summary>
    internal static void Remove(SmtpListener listener)
    {
        lock (Listeners)
        {
            if (ReferenceEquals(Listeners.GetValueOrDefault(listener.Name), listener))
            {
                Listeners.Remove(listener.Name);
            }
        }
    }
}
