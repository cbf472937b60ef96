namespace SmtpTls.Net;

/// <summary>What is told where several places were tried and none took the message.</summary>
internal static class PassedOver
{
    /// <summary>The last failure, telling of those before it: who reads only the last one looks for the trouble in the wrong place.</summary>
    /// <param name="last">The failure that is told.</param>
    /// <param name="before">Those of the places before, in their order.</param>
    public static SmtpFailure Tell(SmtpFailure last, IReadOnlyList<SmtpFailure> before) => before.Count == 0
        ? last
        : last with
        {
            Message = $"{last.Message} Before that: {string.Join(" ", before.Select(f => f.Message))}",
            Permanent = last.Permanent && before.All(f => f.Permanent),
        };
}
