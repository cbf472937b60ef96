namespace SmtpTls.Module;

/// <summary>What the cmdlets of this process started and other pipelines have to find by name, in any case, whichever runspace asks.</summary>
/// <typeparam name="T">A listener, a relay.</typeparam>
/// <param name="nameOf">Its name.</param>
/// <param name="isRunning">False where its name is free for another one.</param>
internal sealed class ProcessRegistry<T>(Func<T, string> nameOf, Func<T, bool> isRunning)
    where T : class
{
    private readonly Dictionary<string, T> _entries = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All of them, sorted by name.</summary>
    public IReadOnlyList<T> All()
    {
        lock (_entries)
        {
            return _entries.Values.OrderBy(nameOf, StringComparer.OrdinalIgnoreCase).ToArray();
        }
    }

    /// <summary>The one with this name, or null.</summary>
    public T? Find(string name)
    {
        lock (_entries)
        {
            return _entries.GetValueOrDefault(name);
        }
    }

    /// <summary>Takes one in; false where another one that still runs has its name.</summary>
    public bool TryAdd(T entry)
    {
        lock (_entries)
        {
            if (_entries.TryGetValue(nameOf(entry), out var other) && isRunning(other))
            {
                return false;
            }

            _entries[nameOf(entry)] = entry;
            return true;
        }
    }

    /// <summary>Forgets one; another one of the same name stays.</summary>
    public void Remove(T entry)
    {
        lock (_entries)
        {
            if (ReferenceEquals(_entries.GetValueOrDefault(nameOf(entry)), entry))
            {
                _entries.Remove(nameOf(entry));
            }
        }
    }

    /// <summary>Forgets all and returns them.</summary>
    public IReadOnlyList<T> TakeAll()
    {
        lock (_entries)
        {
            var all = _entries.Values.ToArray();
            _entries.Clear();
            return all;
        }
    }
}
