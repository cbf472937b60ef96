using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Finds listeners by name, as -Name parameters mean it.</summary>
internal static class ListenerSearch
{
    /// <summary>Those whose name matches. That a pattern matches none is no error; that a name does not exist is.</summary>
    internal static IReadOnlyList<SmtpListener> Find(string name, Action<ErrorRecord> writeError)
    {
        if (WildcardPattern.ContainsWildcardCharacters(name))
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            return [.. ListenerRegistry.All().Where(listener => pattern.IsMatch(listener.Name))];
        }

        if (ListenerRegistry.Find(name) is { } found)
        {
            return [found];
        }

        writeError(NotFound(name));
        return [];
    }

    /// <summary>Says that there is no such listener, and which there are.</summary>
    internal static ErrorRecord NotFound(string name)
    {
        var names = string.Join(", ", ListenerRegistry.All().Select(listener => listener.Name));
        return ErrorRecords.InvalidInput(
            $"There is no listener named '{name}' in this process.",
            names.Length == 0 ? "None is running; start one with Start-SmtpTlsListener." : $"Give one of these: {names}.",
            name,
            ErrorCategory.ObjectNotFound);
    }
}
