namespace SmtpTls.Probe;

/// <summary>
/// What the look at the machine's own names and addresses brought, after a loopback target that did not list STARTTLS.
/// The Internet Mail Service of Exchange Server 5.5 withheld it on 127.0.0.1 and localhost by design; the way round was
/// to connect to the real address or the host name.
/// </summary>
/// <param name="Looks">One a looked-at address, in order.</param>
/// <param name="Misses">Names that had no address to look at, with the reason.</param>
/// <param name="WasMade">False where the caller did not want it.</param>
internal sealed record SecondLook(IReadOnlyList<ServerLook> Looks, IReadOnlyList<string> Misses, bool WasMade)
{
    public static SecondLook None { get; } = new([], [], WasMade: false);

    /// <summary>The first own name or address where STARTTLS is listed; null where it is nowhere.</summary>
    public string? OfferedAt => Looks.FirstOrDefault(ListsStartTls)?.Where;

    /// <summary>A sentence for a message.</summary>
    public string Summary
    {
        get
        {
            if (!WasMade)
            {
                return "The machine's own names and addresses were not looked at.";
            }

            if (OfferedAt is { } place)
            {
                return $"At {place}, the same machine, it is offered.";
            }

            if (Looks.Count == 0)
            {
                return "This machine has no other name or address to look at.";
            }

            return Looks.All(l => l.Status == StartTlsStatus.Unreachable)
                ? "At the machine's own names and addresses it cannot be reached."
                : "At the machine's own names and addresses it is not offered either.";
        }
    }

    /// <summary>What was looked at, to follow other evidence; empty where nothing was.</summary>
    public string Evidence
    {
        get
        {
            string[] seen = [.. Looks.Select(Describe), .. Misses];
            return seen.Length == 0 ? "" : $"; also looked at: {string.Join("; ", seen)}";
        }
    }

    /// <summary>What a look at a loopback address came to, in the light of this.</summary>
    public ServerLook Judge(ServerLook look)
    {
        if (look.Status != StartTlsStatus.NotOffered)
        {
            return look;
        }

        var withheld = OfferedAt is not null || ProbeFindings.SaysWithheld(look);
        var finding = withheld ? ProbeFindings.Withheld(look, this) : ProbeFindings.NotOfferedOnLoopback(look, this);
        return look with
        {
            Status = withheld ? StartTlsStatus.Withheld : StartTlsStatus.NotOffered,
            Reason = look.Reason! with { Code = finding.Code, Message = finding.Message, Advice = finding.Advice, Cause = finding.Evidence },
            Findings = look.Findings.Where(f => f.Code != FindingCode.StartTlsNotOffered).Prepend(finding).ToArray(),
        };
    }

    private static bool ListsStartTls(ServerLook look) => look.EhloBefore is { StartTls: true };

    private static string Describe(ServerLook look)
    {
        var more = look switch
        {
            { Status: StartTlsStatus.Unreachable, Reason: { } reason } => $" ({reason.Code})",
            { Verdict: { } verdict } => $" ({verdict.Evidence.Protocol})",
            _ => "",
        };
        return $"{look.Where}: {look.Status}{more}";
    }
}
