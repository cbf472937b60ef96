using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>A relay as it was given to a parameter: the object, or its name.</summary>
public sealed class RelayArgument
{
    private readonly SmtpRelay? _relay;

    internal RelayArgument(SmtpRelay relay)
    {
        _relay = relay;
        Name = relay.Name;
    }

    internal RelayArgument(string name) => Name = name;

    /// <summary>The relay's name.</summary>
    public string Name { get; }

    /// <summary>The relay's name.</summary>
    public override string ToString() => Name;

    /// <summary>The relay, or null where none has the name.</summary>
    internal SmtpRelay? Find() => _relay ?? RelayRegistry.Find(Name);

    /// <summary>The relay, or those whose names match where the name is a pattern.</summary>
    /// <param name="writeError">Told where a name does not exist.</param>
    internal IReadOnlyList<SmtpRelay> FindAll(Action<ErrorRecord> writeError) => _relay is null ? RelaySearch.Find(Name, writeError) : [_relay];
}
