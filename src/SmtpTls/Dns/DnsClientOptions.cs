using System.Globalization;
using System.Net;

namespace SmtpTls.Dns;

/// <summary>How names are looked up. Everything has a default.</summary>
public sealed record DnsClientOptions
{
    // A query takes a socket; more of them than this says a misuse.
    private const int MostQueries = 10_000;
    private const int MostEntries = 10_000_000;
    private const int SmallestPayload = 512;
    private const int LargestPayload = 4096;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>
    /// The name servers in the order they are asked. Empty (the default): the system's, from <c>/etc/resolv.conf</c>, read again
    /// when it changes, or on Windows from the network interfaces.
    /// </summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; init; } = [];

    /// <summary>How long to wait for one server's answer. Null (the default): what the system says, else 5 seconds (RES_TIMEOUT of resolv.conf(5)).</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How often to ask all servers in turn, 1 or more. Null (the default): what the system says, else 2 (RES_DFLRETRY of resolv.conf(5)).</summary>
    public int? Attempts { get; init; }

    /// <summary>
    /// How long one lookup takes at most, with all servers, attempts and aliases. Default 30 seconds: three servers (MAXNS of
    /// resolv.conf(5)), twice, 5 seconds each.
    /// </summary>
    public TimeSpan LookupTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a server that did not answer is asked only after the others. Default 30 seconds: long enough that a dead first
    /// server does not cost its time-out on every lookup, short enough that it is used again soon after it is back.
    /// </summary>
    public TimeSpan AvoidFailedServerFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Octets of the longest answer that is taken over UDP, 512 to 4096. Default 1232: 1280, which every IPv6 link carries
    /// whole (RFC 8200 §5), less 48 of headers. Fragments get lost, and are how false answers are smuggled in.
    /// </summary>
    public int UdpPayload { get; init; } = 1232;

    /// <summary>How many aliases (CNAME) in a row are followed. Default 8: real ones have one or two; a loop ends here at the latest.</summary>
    public int MaximumAliases { get; init; } = 8;

    /// <summary>Lookups on the way at once. Default 100: each holds a socket or two; what is beyond waits its turn within <see cref="LookupTime"/>.</summary>
    public int MaximumLookups { get; init; } = 100;

    /// <summary>Answers that are remembered. Default 10,000: about 10 MB where domains are busy; the one unused longest goes first.</summary>
    public int CacheSize { get; init; } = 10_000;

    /// <summary>Answers are remembered at least so long. Default 5 seconds: a record with a lifetime of 0 would be asked for once for each message of a burst.</summary>
    public TimeSpan MinimumTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Answers are remembered at most so long. Default 1 day (as unbound's cache-max-ttl): who moves a host does not wait longer.</summary>
    public TimeSpan MaximumTtl { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// A "no" is remembered at most so long, whatever the zone says (RFC 2308 §5). Default 5 minutes: a domain that was mended is seen
    /// soon, and the name server that was asked remembers for longer anyhow.
    /// </summary>
    public TimeSpan MaximumNegativeTtl { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A failed lookup is remembered so long. Default 5 seconds: RFC 9520 §3.2 wants 1 second at least and 5 minutes at most.</summary>
    public TimeSpan FailureTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time-outs and lifetimes. Default the system's clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Looks for values that cannot be used.</summary>
    /// <returns>A failure with code <see cref="FindingCode.InvalidInput"/>, or null where all is well.</returns>
    public SmtpFailure? Validate()
    {
        var complaint = AboutServers() ?? AboutTimes() ?? AboutNumbers();
        return complaint is null ? null : new SmtpFailure
        {
            Code = FindingCode.InvalidInput,
            Message = complaint,
            Advice = "Leave it out: each has a default.",
            Permanent = true,
        };
    }

    private string? AboutServers()
    {
        if (NameServers is null || Clock is null)
        {
            return "NameServers or Clock is null.";
        }

        return NameServers.FirstOrDefault(static s => s is null || s.Port == 0 || s.Address.Equals(IPAddress.Any) || s.Address.Equals(IPAddress.IPv6Any)) is { } server
            ? $"The name server {server} is not an address and a port."
            : NameServers.Contains(null!) ? "A name server is null." : null;
    }

    private string? AboutTimes()
    {
        (string Name, TimeSpan? Value, bool MayBeZero)[] times =
        [
            (nameof(Timeout), Timeout, false),
            (nameof(LookupTime), LookupTime, false),
            (nameof(AvoidFailedServerFor), AvoidFailedServerFor, true),
            (nameof(MinimumTtl), MinimumTtl, true),
            (nameof(MaximumTtl), MaximumTtl, true),
            (nameof(MaximumNegativeTtl), MaximumNegativeTtl, true),
            (nameof(FailureTtl), FailureTtl, true),
        ];
        foreach (var (name, value, mayBeZero) in times)
        {
            if (value < TimeSpan.Zero || value > Longest || (value == TimeSpan.Zero && !mayBeZero))
            {
                return $"{name} is {(mayBeZero ? "" : "zero, ")}negative or longer than {Longest.TotalDays:0} days.";
            }
        }

        return MinimumTtl > MaximumTtl ? $"{nameof(MinimumTtl)} is longer than {nameof(MaximumTtl)}." : null;
    }

    private string? AboutNumbers()
    {
        (string Name, int? Value, int Least, int Most)[] numbers =
        [
            (nameof(Attempts), Attempts, 1, 10),
            (nameof(UdpPayload), UdpPayload, SmallestPayload, LargestPayload),
            (nameof(MaximumAliases), MaximumAliases, 0, 100),
            (nameof(MaximumLookups), MaximumLookups, 1, MostQueries),
            (nameof(CacheSize), CacheSize, 0, MostEntries),
        ];
        foreach (var (name, value, least, most) in numbers)
        {
            if (value < least || value > most)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{name} is {value}, and not between {least} and {most}.");
            }
        }

        return null;
    }
}
