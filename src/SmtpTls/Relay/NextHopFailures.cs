namespace SmtpTls.Relay;

/// <summary>Why there is nobody to dial. Each has the reply that a server would have given, for reports to quote.</summary>
internal static class NextHopFailures
{
    private const string AboutTheDomain = "Check the domain's spelling; where it is right, its administrator has to mend its DNS.";
    private const string AboutTheRoute = "Correct the route's smart host; the mail waits meanwhile and is tried again.";

    /// <summary>RFC 7505 §4.2 names code and enhanced code.</summary>
    public static SmtpFailure NullMx(string domain) => Permanent(
        domain, FindingCode.NullMx, $"{domain} says that it takes no mail (null MX).", "There is no way to deliver to this domain.", 556, new(5, 1, 10));

    /// <summary>Neither mail exchanger nor address.</summary>
    public static SmtpFailure NoSuchDomain(string domain, string detail) => Permanent(
        domain, FindingCode.HostNotFound, $"{domain} does not exist, or has neither mail exchanger nor address.", AboutTheDomain, 550, new(5, 1, 2), detail);

    /// <summary>Mail exchangers, but none that exists.</summary>
    public static SmtpFailure NoUsableExchanger(string domain, string detail) => Permanent(
        domain, FindingCode.HostNotFound, $"None of the mail exchangers of {domain} has an address.", AboutTheDomain, 550, new(5, 4, 4), detail);

    /// <summary>The best exchanger is ourselves.</summary>
    public static SmtpFailure Loop(string domain, string host) => Permanent(
        domain,
        FindingCode.MailLoop,
        $"Mail for {domain} leads back to this relay: {host} is its own name or an address that it listens on.",
        "Give the domain a route with the smart host that keeps its mail.",
        554,
        new(5, 4, 6));

    /// <summary>Somebody has to be asked again later.</summary>
    public static SmtpFailure NotLookedUp(string domain, string message, string detail) => Temporary(
        domain, FindingCode.ResolveFailed, message, "Check this machine's network and its name servers; it is tried again.", new(4, 4, 3), detail);

    // The next two say nothing of sender or recipient: the route is wrong, and mail must not bounce for what its administrator
    // can mend. Postfix waits as well (relayhost).

    /// <summary>No smart host of the route has an address.</summary>
    public static SmtpFailure SmartHostNotFound(string domain, SmtpRoute route, string detail) => Temporary(
        domain,
        FindingCode.HostNotFound,
        $"No address was found for {(route.SmartHosts.Count == 1 ? "the smart host" : "any of the smart hosts")} {string.Join(", ", route.SmartHosts)} of the route to {domain}.",
        AboutTheRoute,
        new(4, 4, 4),
        detail);

    /// <summary>The route leads to ourselves.</summary>
    public static SmtpFailure SmartHostIsOwn(string domain, string host) => Temporary(
        domain, FindingCode.MailLoop, $"The smart host {host} of the route to {domain} is this relay itself.", AboutTheRoute, new(4, 4, 6));

    private static SmtpFailure Permanent(string domain, FindingCode code, string message, string advice, int reply, EnhancedStatusCode enhanced, string detail = "") =>
        Failure(domain, code, message, advice, reply, enhanced, detail) with { Permanent = true };

    private static SmtpFailure Temporary(string domain, FindingCode code, string message, string advice, EnhancedStatusCode enhanced, string detail = "") =>
        Failure(domain, code, message, advice, 451, enhanced, detail);

    private static SmtpFailure Failure(string domain, FindingCode code, string message, string advice, int reply, EnhancedStatusCode enhanced, string detail) => new()
    {
        Code = code,
        Message = message,
        Advice = advice,
        Phase = SmtpPhase.Resolve,
        Host = domain,
        Reply = new SmtpReply(reply, enhanced, new[] { message }),
        Cause = detail.Length == 0 ? null : detail,
    };
}
