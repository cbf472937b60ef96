namespace SmtpTls.Module;

/// <summary>A listener as it was given to a parameter: the object, or its name.</summary>
public sealed class ListenerArgument
{
    private readonly SmtpListener? _listener;

    internal ListenerArgument(SmtpListener listener)
    {
        _listener = listener;
        Name = listener.Name;
    }

    internal ListenerArgument(string name) => Name = name;

    /// <summary>The listener's name.</summary>
    public string Name { get; }

    /// <summary>The listener's name.</summary>
    public override string ToString() => Name;

    /// <summary>The listener, or null where none has the name.</summary>
    internal SmtpListener? Find() => _listener ?? ListenerRegistry.Find(Name);
}
