using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SmtpTls.Dns;

/// <summary>What asking the name servers came to.</summary>
/// <param name="Message">The answer: NOERROR or NXDOMAIN; null where no server gave one.</param>
/// <param name="Trouble">Why not: a clause for each server and attempt.</param>
/// <param name="IsSilent">True where a server said nothing at all, as the dead do; one that says no is alive.</param>
internal readonly record struct DnsExchangeResult(DnsMessage? Message, string Trouble, bool IsSilent = false);

/// <summary>Puts one question to the name servers, one after the other and more than once, until one answers it.</summary>
internal sealed class DnsExchange(DnsClientOptions options, INameServerSource servers)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);
    private const int DefaultAttempts = 2;

    // What a failure tells: enough for three servers, twice.
    private const int MostTroubles = 6;

    private readonly object _gate = new();
    private readonly Dictionary<IPEndPoint, long> _failedAt = [];
    private int _turn;

    /// <summary>Asks. Only the caller's cancellation is thrown.</summary>
    public async Task<DnsExchangeResult> AskAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        NameServers known;
        try
        {
            known = servers.Current();
        }
        catch (IOException e)
        {
            return new DnsExchangeResult(null, e.Message);
        }

        var troubles = new List<string>();
        for (var attempt = options.Attempts ?? known.Attempts ?? DefaultAttempts; attempt > 0; attempt--)
        {
            foreach (var server in InOrder(known))
            {
                var said = await AskServerAsync(server, known, question, cancellationToken).ConfigureAwait(false);
                Remember(server, said.IsSilent);
                if (said.Message is not null)
                {
                    return said;
                }

                if (troubles.Count < MostTroubles && !troubles.Contains(said.Trouble))
                {
                    troubles.Add(said.Trouble);
                }
            }
        }

        return new DnsExchangeResult(null, string.Join("; ", troubles));
    }

    private async Task<DnsExchangeResult> AskServerAsync(IPEndPoint server, NameServers known, DnsQuestion question, CancellationToken cancellationToken)
    {
        var timeout = options.Timeout ?? known.Timeout ?? DefaultTimeout;
        using var timer = new CancellationTokenSource(timeout, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            var message = await AskWithEdnsAsync(server, known.OnlyTcp, question, either.Token).ConfigureAwait(false);
            return Complaint(message) is { } complaint
                ? new DnsExchangeResult(null, $"{server} {complaint}")
                : new DnsExchangeResult(message, "");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DnsExchangeResult(null, string.Create(CultureInfo.InvariantCulture, $"{server} did not answer within {timeout.TotalSeconds:0.###} seconds"), IsSilent: true);
        }
        catch (SocketException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsExchangeResult(null, $"{server} could not be asked ({e.SocketErrorCode})", IsSilent: true);
        }
        catch (IOException e)
        {
            // The stream ended early, or the connection broke.
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsExchangeResult(null, $"{server} closed the connection ({e.Message.TrimEnd('.')})", IsSilent: true);
        }
        catch (DnsExchangeException e)
        {
            return new DnsExchangeResult(null, $"{server} {e.Message}");
        }
    }

    // RFC 6891 §7: a server that does not know EDNS says FORMERR or NOTIMP, and is asked again without.
    private async Task<DnsMessage> AskWithEdnsAsync(IPEndPoint server, bool onlyTcp, DnsQuestion question, CancellationToken cancellationToken)
    {
        var message = await AskOnceAsync(server, onlyTcp, question, options.UdpPayload, cancellationToken).ConfigureAwait(false);
        return message.ResponseCode is DnsResponseCode.FormErr or DnsResponseCode.NotImp or DnsResponseCode.BadVers
            ? await AskOnceAsync(server, onlyTcp, question, ednsPayload: null, cancellationToken).ConfigureAwait(false)
            : message;
    }

    private static async Task<DnsMessage> AskOnceAsync(
        IPEndPoint server, bool onlyTcp, DnsQuestion question, int? ednsPayload, CancellationToken cancellationToken)
    {
        var query = new DnsQuery((ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1), question);
        if (!onlyTcp)
        {
            var message = await DnsTransport.AskByUdpAsync(server, query, ednsPayload, cancellationToken).ConfigureAwait(false);
            if (!message.IsTruncated)
            {
                return message;
            }
        }

        return await DnsTransport.AskByTcpAsync(server, query, ednsPayload, cancellationToken).ConfigureAwait(false);
    }

    // Only these two say something about the name; all else is about the server, and another may know better.
    private static string? Complaint(DnsMessage message) => message.ResponseCode switch
    {
        DnsResponseCode.NxDomain => null,
        DnsResponseCode.NoError => message is { Answers.Count: 0, IsAuthoritative: false, RecursionAvailable: false }
            ? "knows nothing of the name and does not ask others"
            : null,
        DnsResponseCode.ServFail => "answered SERVFAIL",
        DnsResponseCode.Refused => "answered REFUSED",
        DnsResponseCode.FormErr => "answered FORMERR",
        DnsResponseCode.NotImp => "answered NOTIMP",
        var other => string.Create(CultureInfo.InvariantCulture, $"answered with response code {(int)other}"),
    };

    // Those that failed lately come last, and keep their order among themselves.
    private IPEndPoint[] InOrder(NameServers known)
    {
        lock (_gate)
        {
            var turn = known.Rotates ? (int)((uint)_turn++ % known.EndPoints.Count) : 0;
            foreach (var forgotten in _failedAt.Keys.Where(server => !known.EndPoints.Contains(server)).ToArray())
            {
                _ = _failedAt.Remove(forgotten);
            }

            return
            [
                .. Enumerable.Range(0, known.EndPoints.Count)
                    .Select(i => known.EndPoints[(i + turn) % known.EndPoints.Count])
                    .OrderBy(server => _failedAt.TryGetValue(server, out var at) && options.Clock.GetElapsedTime(at) < options.AvoidFailedServerFor),
            ];
        }
    }

    private void Remember(IPEndPoint server, bool wasSilent)
    {
        lock (_gate)
        {
            if (wasSilent)
            {
                _failedAt[server] = options.Clock.GetTimestamp();
            }
            else
            {
                _ = _failedAt.Remove(server);
            }
        }
    }
}
