using System.Net;
using SmtpTls.Net;

namespace SmtpTls.Relay;

/// <summary>
/// What a session is good for. Everything that decided how it was opened is in it, so that a message never goes on a
/// connection that its own route would not have led to: not under a weaker level, nor under another identity.
/// </summary>
/// <param name="NextHop">The next hop, by which connections are counted.</param>
/// <param name="Host">The host.</param>
/// <param name="Identity">The reference identity that the peer was held against.</param>
/// <param name="Endpoint">The dialled endpoint.</param>
/// <param name="Route">The route, with level, protocols, trusted roots, certificate and credential.</param>
internal sealed record PoolKey(string NextHop, string Host, string Identity, IPEndPoint Endpoint, SmtpRoute Route);

/// <summary>An open session and what is to be told of every message that goes on it.</summary>
/// <param name="key">What it is good for.</param>
/// <param name="opening">How it was opened; it has a session.</param>
internal sealed class PooledSession(PoolKey key, SessionOpening opening) : IAsyncDisposable
{
    public PoolKey Key => key;

    public SessionOpening Opening => opening;

    public ClientSession Session { get; } = opening.Session ?? throw new ArgumentException("There is no session.", nameof(opening));

    /// <summary>True once it has rested in the pool: the server may have closed it without our having noticed.</summary>
    public bool IsReused { get; set; }

    /// <summary>Transactions so far.</summary>
    public int Messages { get; set; }

    /// <summary>When it was last used, by the clock's timestamps.</summary>
    public long IdleSince { get; set; }

    /// <summary>Takes leave, and closes the connection. Bounded by the time-outs.</summary>
    public async Task CloseAsync()
    {
        await Session.QuitAsync(CancellationToken.None).ConfigureAwait(false);
        await Session.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Closes the connection without a word.</summary>
    public ValueTask DisposeAsync() => Session.DisposeAsync();
}
