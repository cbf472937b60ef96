using System.Collections.Concurrent;
using System.Net;
using SmtpTls.Dns;

namespace SmtpTls.Tests.Support;

/// <summary>A resolver that knows what the test told it, and remembers what it was asked. A name nobody told it of is not found.</summary>
internal sealed class FakeResolver : IDnsResolver
{
    private readonly Dictionary<DnsName, DnsAnswer<IPAddress>> _answers = [];
    private readonly ConcurrentQueue<DnsName> _queries = new();

    /// <summary>The names asked for, in order.</summary>
    public IReadOnlyList<DnsName> Queries => [.. _queries];

    /// <summary>The name has these addresses.</summary>
    public FakeResolver Add(string name, params string[] addresses) =>
        Answer(name, new DnsAnswer<IPAddress>(DnsStatus.Found, [.. addresses.Select(IPAddress.Parse)], IsAuthentic: false, ""));

    /// <summary>The name cannot be looked up now.</summary>
    public FakeResolver Fail(string name, string detail = "The name server did not answer.") =>
        Answer(name, new DnsAnswer<IPAddress>(DnsStatus.TemporaryFailure, [], IsAuthentic: false, detail));

    /// <summary>The name is answered with exactly this.</summary>
    public FakeResolver Answer(string name, DnsAnswer<IPAddress> answer)
    {
        _answers[Name(name)] = answer;
        return this;
    }

    public ValueTask<DnsAnswer<IPAddress>> ResolveAddressesAsync(DnsName host, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _queries.Enqueue(host);
        var answer = _answers.GetValueOrDefault(host)
            ?? new DnsAnswer<IPAddress>(DnsStatus.NotFound, [], IsAuthentic: false, $"{host} does not exist.");
        return ValueTask.FromResult(answer);
    }

    private static DnsName Name(string text) =>
        DnsName.TryParse(text, out var name, out var error) ? name : throw new ArgumentException($"{text} is not a host name: {error}.", nameof(text));
}
