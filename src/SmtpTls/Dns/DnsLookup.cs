namespace SmtpTls.Dns;

/// <summary>What a lookup of one type came to, aliases followed.</summary>
internal sealed record DnsLookup
{
    public required DnsStatus Status { get; init; }

    /// <summary>The records of the type that was asked for, in the order of the answer; empty unless found.</summary>
    public IReadOnlyList<DnsRecord> Records { get; init; } = [];

    /// <summary>True where not even the name exists: then it has no record of any type (RFC 8020).</summary>
    public bool NoSuchName { get; init; }

    /// <summary>True where every answer on the way had the AD bit. Whether that means something is decided by who trusts the path.</summary>
    public bool AuthenticData { get; init; }

    /// <summary>How long it may be remembered; zero: not at all.</summary>
    public TimeSpan TimeToLive { get; init; }

    /// <summary>A sentence; empty where records were found.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The answer for callers, with each record as they want it.</summary>
    public DnsAnswer<T> Select<TData, T>(Func<TData, T> convert)
        where TData : DnsData => new(Status, [.. Records.Select(r => r.Data).OfType<TData>().Select(convert)], IsAuthentic: false, Detail);
}

/// <summary>One lookup: asks, follows aliases (RFC 1034 §3.6.2), and says what it came to.</summary>
internal sealed class DnsLookupRun(DnsClientOptions options, DnsExchange exchange, DnsQuestion question)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal) { question.Name };
    private string _name = question.Name;
    private TimeSpan _timeToLive = options.MaximumTtl;
    private bool _authentic = true;

    public async Task<DnsLookup> RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var asked = _name;
            var (message, trouble, _) = await exchange.AskAsync(question with { Name = asked }, cancellationToken).ConfigureAwait(false);
            if (message is null)
            {
                return Failed($"No name server answered for {question.Name} ({question.Type.ToString().ToUpperInvariant()}): {trouble}.");
            }

            _authentic &= message.AuthenticData;
            if (FollowAliases(message) is { } complaint)
            {
                return Failed(complaint);
            }

            var records = message.Answers.Where(record => record.Owner == _name && record.Type == question.Type && record.Data is not null).ToArray();
            if (records.Length > 0)
            {
                return Found(records);
            }

            // RFC 6604 §3: the response code speaks of the last name of the chain. An alias without more is half an answer: ask on.
            var zone = message.Authority.FirstOrDefault(static record => record.Type == DnsRecordType.Soa);
            if (message.ResponseCode == DnsResponseCode.NxDomain || zone is not null || _name == asked)
            {
                return NotFound(message.ResponseCode == DnsResponseCode.NxDomain, zone);
            }
        }
    }

    // Aliases in the order of the chain, whatever the order of the records.
    private string? FollowAliases(DnsMessage message)
    {
        while (question.Type != DnsRecordType.Cname
            && message.Answers.FirstOrDefault(record => record.Owner == _name && record.Type == DnsRecordType.Cname) is { Data: NameData alias } record)
        {
            if (!_seen.Add(alias.Name))
            {
                return $"{question.Name} is an alias that leads back to itself, by {alias.Name}.";
            }

            if (_seen.Count - 1 > options.MaximumAliases)
            {
                return $"{question.Name} leads through more than {options.MaximumAliases} aliases.";
            }

            // What is not a host name cannot be asked for here, and no mail can go there.
            if (!DnsName.TryParse(alias.Name, out _, out _))
            {
                return $"{question.Name} is an alias of '{alias.Name}', which is not a host name.";
            }

            _name = alias.Name;
            Shorten(record);
        }

        return null;
    }

    private DnsLookup Found(DnsRecord[] records)
    {
        foreach (var record in records)
        {
            Shorten(record);
        }

        return new DnsLookup
        {
            Status = DnsStatus.Found,
            Records = records,
            AuthenticData = _authentic,
            TimeToLive = Longer(_timeToLive, options.MinimumTtl),
        };
    }

    // RFC 2308 §5: a "no" is true for the lesser of the SOA's own lifetime and its minimum, and without a SOA for this once.
    private DnsLookup NotFound(bool noSuchName, DnsRecord? zone)
    {
        var alias = _name == question.Name ? "" : $", an alias of {_name},";
        var lifetime = TimeSpan.Zero;
        if (zone?.Data is ZoneData data)
        {
            Shorten(zone);
            lifetime = Shorter(Longer(Shorter(_timeToLive, data.Minimum), options.MinimumTtl), options.MaximumNegativeTtl);
        }

        return new DnsLookup
        {
            Status = DnsStatus.NotFound,
            NoSuchName = noSuchName && _name == question.Name,
            AuthenticData = _authentic,
            TimeToLive = lifetime,
            Detail = noSuchName
                ? $"{question.Name}{alias} does not exist (NXDOMAIN)."
                : $"{question.Name}{alias} has no record of type {question.Type.ToString().ToUpperInvariant()}.",
        };
    }

    private DnsLookup Failed(string detail) => new() { Status = DnsStatus.TemporaryFailure, Detail = detail, TimeToLive = options.FailureTtl };

    private void Shorten(DnsRecord record) => _timeToLive = Shorter(_timeToLive, record.TimeToLive);

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
