using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Dns;

/// <summary>
/// The engine's own DNS client: asks recursive name servers over UDP, and over TCP where an answer does not fit, and remembers
/// what they say. It tells what is not there from what could not be found out, which the system's lookup does not do for mail
/// exchangers at all. Any thread may use it at any time; one is enough for a process.
/// </summary>
#pragma warning disable CA1001 // A semaphore whose wait handle nobody asks for holds nothing.
public sealed class DnsClient : IMailDns
#pragma warning restore CA1001
{
    private readonly DnsClientOptions _options;
    private readonly DnsCache _cache;
    private readonly DnsExchange _exchange;
    private readonly AddressOrder _order;
    private readonly SemaphoreSlim _places;

    /// <summary>A client with the system's name servers.</summary>
    public DnsClient()
        : this(new DnsClientOptions())
    {
    }

    /// <summary>A client.</summary>
    /// <param name="options">How to ask.</param>
    /// <exception cref="SmtpException">With <see cref="FindingCode.InvalidInput"/>: an option cannot be used.</exception>
    public DnsClient(DnsClientOptions options)
        : this(options, new AddressOrder())
    {
    }

    internal DnsClient(DnsClientOptions options, AddressOrder order)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { } failure)
        {
            throw new SmtpException(failure);
        }

        _options = options;
        _order = order;
        _cache = new DnsCache(options.CacheSize, options.Clock);
        _exchange = new DnsExchange(options, Source(options));
        _places = new SemaphoreSlim(options.MaximumLookups);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Both kinds are asked for at once. Those that this machine has a way to come first, and where it has one to both, IPv6 and
    /// IPv4 take turns.
    /// </remarks>
    public async ValueTask<DnsAnswer<IPAddress>> ResolveAddressesAsync(DnsName host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (SpecialName(host) is { } special)
        {
            return special;
        }

        var sixes = LookUpAsync(host, DnsRecordType.Aaaa, cancellationToken);
        var fours = LookUpAsync(host, DnsRecordType.A, cancellationToken);
        var both = await Task.WhenAll(sixes, fours).ConfigureAwait(false);
        var answers = both.Select(static found => found.Select<AddressData, IPAddress>(static data => data.Address)).ToArray();
        var addresses = answers.SelectMany(static answer => answer.Records).Distinct().ToArray();
        if (addresses.Length > 0)
        {
            return new DnsAnswer<IPAddress>(DnsStatus.Found, _order.Sort(addresses), IsAuthentic: false, "");
        }

        // Half an answer is no proof that there is none.
        var unknown = answers.FirstOrDefault(static answer => answer.Status != DnsStatus.NotFound);
        return unknown is not null
            ? unknown with { Status = DnsStatus.TemporaryFailure }
            : answers[0] with { Detail = both.Any(static found => found.NoSuchName) ? answers[0].Detail : $"{host} exists but has no address." };
    }

    /// <inheritdoc/>
    public async ValueTask<DnsAnswer<MailExchanger>> ResolveMailExchangersAsync(DnsName domain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var found = await LookUpAsync(domain, DnsRecordType.Mx, cancellationToken).ConfigureAwait(false);
        return found.Select<ExchangerData, MailExchanger>(static data =>
            new MailExchanger(data.Preference, data.Exchange, DnsName.TryParse(data.Exchange, out var host, out _) ? host : null));
    }

    /// <summary>The records of one type; other kinds of lookup are made from this.</summary>
    internal Task<DnsLookup> LookUpAsync(DnsName name, DnsRecordType type, CancellationToken cancellationToken)
    {
        var question = new DnsQuestion(name.Value, type);
        return _cache.GetAsync(question, () => LookUpWithinTimeAsync(question), cancellationToken);
    }

    private async Task<DnsLookup> LookUpWithinTimeAsync(DnsQuestion question)
    {
        using var timer = new CancellationTokenSource(_options.LookupTime, _options.Clock);
        var held = false;
        try
        {
            await _places.WaitAsync(timer.Token).ConfigureAwait(false);
            held = true;
            return await new DnsLookupRun(_options, _exchange, question).RunAsync(timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            return new DnsLookup
            {
                Status = DnsStatus.TemporaryFailure,
                Detail = FormattableString.Invariant($"{question.Name} could not be looked up within {_options.LookupTime.TotalSeconds:0.###} seconds."),
                TimeToLive = _options.FailureTtl,
            };
        }
        finally
        {
            if (held)
            {
                _ = _places.Release();
            }
        }
    }

    // RFC 6761 §6.3 and §6.4: names that no name server is to be bothered with.
    private static DnsAnswer<IPAddress>? SpecialName(DnsName host)
    {
        if (Is(host, "localhost"))
        {
            return new DnsAnswer<IPAddress>(DnsStatus.Found, [IPAddress.IPv6Loopback, IPAddress.Loopback], IsAuthentic: false, "");
        }

        return Is(host, "invalid")
            ? new DnsAnswer<IPAddress>(DnsStatus.NotFound, [], IsAuthentic: false, $"{host} does not exist: no name under invalid does (RFC 6761).")
            : null;

        static bool Is(DnsName host, string suffix) => host.Value == suffix || host.Value.EndsWith($".{suffix}", StringComparison.Ordinal);
    }

    private static INameServerSource Source(DnsClientOptions options)
    {
        if (options.NameServers.Count > 0)
        {
            return new GivenNameServers(options.NameServers);
        }

        return OperatingSystem.IsWindows() ? new InterfaceNameServers(options.Clock) : new ResolverConfiguration(ResolverConfiguration.DefaultPath);
    }
}

/// <summary>In which order the addresses of a host are tried.</summary>
/// <param name="hasWay">True where this machine has a way to an address.</param>
internal sealed class AddressOrder(Func<IPAddress, bool> hasWay)
{
    public AddressOrder()
        : this(HasWay)
    {
    }

    /// <summary>
    /// Those without a way last (RFC 6724 §5, rule 1: a machine without IPv6 would lose a connection's time on each). Of the
    /// rest IPv6 first (its rule 6), and then in turns (RFC 8305 §4): where IPv6 is broken further on, one attempt is lost and
    /// not all that a message is granted. Within a kind the name server's order stands, because it spreads the load.
    /// </summary>
    public IPAddress[] Sort(IReadOnlyList<IPAddress> addresses)
    {
        var reachable = addresses.ToLookup(hasWay);
        return [.. InTurns(reachable[true]), .. InTurns(reachable[false])];
    }

    private static IEnumerable<IPAddress> InTurns(IEnumerable<IPAddress> addresses) => addresses
        .GroupBy(static address => address.AddressFamily)
        .SelectMany(static family => family.Select((address, place) => (address, place)))
        .OrderBy(static entry => entry.place)
        .ThenBy(static entry => entry.address.AddressFamily == AddressFamily.InterNetworkV6 ? 0 : 1)
        .Select(static entry => entry.address);

    // Connecting a datagram socket sends nothing; it fails where the routing table has no way.
    private static bool HasWay(IPAddress address)
    {
        const int Discard = 9;
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(new IPEndPoint(address, Discard));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
