namespace SmtpTls.Module;

/// <summary>Which queue is meant: a relay's while it runs, else the file.</summary>
/// <param name="Relay">The relay that runs it in this process, or null.</param>
/// <param name="Path">The queue's full path.</param>
internal sealed record QueueReference(SmtpRelay? Relay, string Path)
{
    /// <summary>A relay's queue. That of a relay that has stopped is a file like any other.</summary>
    internal static QueueReference ToRelay(SmtpRelay relay) => new(relay, relay.QueueLocation);

    /// <summary>A queue's file, which a relay of this process may run.</summary>
    internal static QueueReference ToPath(string path) => new(RelayRegistry.FindByQueue(path), path);

    /// <summary>What an object says it came from: a relay's name, or the path of a queue that was read without its relay.</summary>
    /// <exception cref="SmtpException">It is neither here.</exception>
    internal static QueueReference ToName(string name)
    {
        if (RelayRegistry.Find(name) is { } relay)
        {
            return ToRelay(relay);
        }

        return File.Exists(name) ? ToPath(System.IO.Path.GetFullPath(name)) : throw new SmtpException(RelaySearch.NotFound(name));
    }
}
