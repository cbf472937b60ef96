using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Finds relays as -Relay parameters mean them.</summary>
internal static class RelaySearch
{
    /// <summary>Those whose name matches. That a pattern matches none is no error; that a name does not exist is.</summary>
    internal static IReadOnlyList<SmtpRelay> Find(string name, Action<ErrorRecord> writeError)
    {
        if (WildcardPattern.ContainsWildcardCharacters(name))
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            return RelayRegistry.All().Where(relay => pattern.IsMatch(relay.Name)).ToArray();
        }

        if (RelayRegistry.Find(name) is { } found)
        {
            return [found];
        }

        writeError(ErrorRecords.From(new SmtpException(NotFound(name)), name, ErrorCategory.ObjectNotFound));
        return [];
    }

    /// <summary>The relay that was named; where none was, the only one that runs.</summary>
    /// <exception cref="SmtpException">There is no such relay, or several run.</exception>
    internal static SmtpRelay One(RelayArgument? given)
    {
        if (given is not null)
        {
            return given.Find() ?? throw new SmtpException(NotFound(given.Name));
        }

        return RelayRegistry.Running() switch
        {
            [var only] => only,
            [] => throw new SmtpException(Failure(
                FindingCode.InvalidInput,
                "No relay runs in this process.",
                "Start one with Start-SmtpTlsRelay; or name the queue of another process's relay, or of none, with -QueuePath.")),
            var several => throw new SmtpException(Failure(
                FindingCode.InvalidInput,
                $"{several.Count} relays run in this process, and none was named.",
                $"Give one of these as -Relay: {string.Join(", ", several.Select(relay => relay.Name))}.")),
        };
    }

    /// <summary>Says that there is no such relay, and which there are.</summary>
    internal static SmtpFailure NotFound(string name)
    {
        var names = string.Join(", ", RelayRegistry.All().Select(relay => relay.Name));
        return Failure(
            FindingCode.InvalidInput,
            $"There is no relay named '{name}' in this process.",
            names.Length == 0 ? "None is running; start one with Start-SmtpTlsRelay, or name a queue with -QueuePath." : $"Give one of these: {names}; or name a queue with -QueuePath.");
    }

    private static SmtpFailure Failure(FindingCode code, string message, string advice) => new() { Code = code, Message = message, Advice = advice, Permanent = true };
}
