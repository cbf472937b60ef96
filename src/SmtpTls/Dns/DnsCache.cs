namespace SmtpTls.Dns;

/// <summary>
/// Remembers answers for as long as they are true, and lets those who ask the same at the same time wait for one lookup.
/// Bounded: the answer that was not used for the longest time goes first.
/// </summary>
internal sealed class DnsCache(int capacity, TimeProvider clock)
{
    private readonly object _gate = new();
    private readonly Dictionary<DnsQuestion, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private readonly Dictionary<DnsQuestion, Task<DnsLookup>> _underWay = [];

    /// <summary>How many answers are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The answer to a question: remembered, on its way, or looked up now.</summary>
    /// <param name="question">The question.</param>
    /// <param name="lookUp">Looks it up. Belongs to all who ask meanwhile, so no single caller's cancellation ends it: it bounds its time itself.</param>
    /// <param name="cancellationToken">Ends the caller's wait.</param>
    public Task<DnsLookup> GetAsync(DnsQuestion question, Func<Task<DnsLookup>> lookUp, CancellationToken cancellationToken)
    {
        Task<DnsLookup> underWay;
        lock (_gate)
        {
            if (Recall(question) is { } known)
            {
                return Task.FromResult(known);
            }

            if (!_underWay.TryGetValue(question, out underWay!))
            {
                // Off this thread: what it does before its first wait is not done under the lock.
                underWay = Task.Run(() => LookUpAsync(question, lookUp), CancellationToken.None);
                _underWay.Add(question, underWay);
            }
        }

        return underWay.WaitAsync(cancellationToken);
    }

    private async Task<DnsLookup> LookUpAsync(DnsQuestion question, Func<Task<DnsLookup>> lookUp)
    {
        DnsLookup? found = null;
        try
        {
            return found = await lookUp().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _ = _underWay.Remove(question);
                if (found is not null)
                {
                    Keep(question, found);
                }
            }
        }
    }

    private DnsLookup? Recall(DnsQuestion question)
    {
        if (Live(question) is { } answer)
        {
            return answer;
        }

        // A name that does not exist has no records of any other type either (RFC 8020 §2).
        return Live(question with { Type = DnsRecordType.Any });
    }

    private DnsLookup? Live(DnsQuestion question)
    {
        if (!_entries.TryGetValue(question, out var node))
        {
            return null;
        }

        _byUse.Remove(node);
        if (node.Value.Until <= clock.GetUtcNow())
        {
            _ = _entries.Remove(question);
            return null;
        }

        _byUse.AddLast(node);
        return node.Value.Answer;
    }

    private void Keep(DnsQuestion question, DnsLookup answer)
    {
        if (answer.TimeToLive <= TimeSpan.Zero || capacity == 0)
        {
            return;
        }

        question = answer.NoSuchName ? question with { Type = DnsRecordType.Any } : question;
        if (_entries.Remove(question, out var former))
        {
            _byUse.Remove(former);
        }

        while (_entries.Count >= capacity && _byUse.First is { } oldest)
        {
            _byUse.RemoveFirst();
            _ = _entries.Remove(oldest.Value.Question);
        }

        _entries.Add(question, _byUse.AddLast(new Entry(question, answer, clock.GetUtcNow() + answer.TimeToLive)));
    }

    private sealed record Entry(DnsQuestion Question, DnsLookup Answer, DateTimeOffset Until);
}
