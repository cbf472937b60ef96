using SmtpTls.Protocol;

namespace SmtpTls.Relay;

/// <summary>What a relay makes of a recipient's address before it looks for its route.</summary>
internal static class RelayAddress
{
    private const string Postmaster = "postmaster";

    /// <summary>
    /// An address with a domain. <c>postmaster</c> alone is the postmaster of this host (RFC 5321 §4.5.1), and goes where
    /// mail for this host goes: a relay has no mailboxes of its own.
    /// </summary>
    /// <param name="address">The forward-path, without angle brackets.</param>
    /// <param name="hostName">The relay's name.</param>
    public static string Complete(string address, string hostName) =>
        address.Equals(Postmaster, StringComparison.OrdinalIgnoreCase) ? $"{address}@{hostName}" : address;

    /// <summary>No route leads to the address.</summary>
    public static SmtpFailure NoRoute(string address)
    {
        var shown = Printable.Line(address, 100);
        return new SmtpFailure
        {
            Code = FindingCode.NoRoute,
            Message = $"No route leads to {shown}.",
            Advice = "Add a route for its domain, or one for *.",
            Permanent = true,
            Reply = new SmtpReply(550, new EnhancedStatusCode(5, 4, 4), [$"No route leads to {shown}"]),
        };
    }
}
