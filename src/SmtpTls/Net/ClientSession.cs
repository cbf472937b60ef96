using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Net;

/// <summary>
/// A session with a server: lets the dialogue decide and does on the connection what it says. Open it, send any number
/// of messages one after the other, quit. What fails is told by values; only the caller's cancellation is thrown.
/// </summary>
internal sealed class ClientSession : IAsyncDisposable
{
    private readonly ClientConnection _connection;
    private readonly ClientDialogue _dialogue;
    private readonly PeerVerifier? _verifier;
    private readonly TlsMode _mode;

    /// <param name="connection">The connection; the session disposes it.</param>
    /// <param name="plan">What the session is to come to.</param>
    /// <param name="verifier">Judges the peer; null only where the plan allows no TLS.</param>
    public ClientSession(ClientConnection connection, ClientPlan plan, PeerVerifier? verifier)
    {
        _connection = connection;
        _dialogue = new ClientDialogue(plan);
        _verifier = verifier;
        _mode = plan.Mode;
    }

    /// <summary>What was said: banner, EHLO before and after TLS, the reply to STARTTLS, findings.</summary>
    public ClientDialogue Dialogue => _dialogue;

    /// <summary>The peer held against the policy; null before and without a handshake.</summary>
    public PeerVerdict? Verdict { get; private set; }

    /// <summary>The TLS session; null before and without a handshake.</summary>
    public TlsEvidence? Tls => Verdict?.Evidence;

    /// <summary>
    /// True where another message may go on this session: the last one came to its end in order, and the server has said
    /// no more than it was asked for.
    /// </summary>
    public bool IsReusable => _dialogue.MayBegin && !_connection.HasUnreadInput;

    /// <summary>True while a session that <see cref="Rest"/> was called for has neither heard anything nor been closed.</summary>
    public bool IsQuiet => _connection.IsQuiet;

    /// <summary>Nothing is to be said for a while: watches whether the server speaks or goes meanwhile.</summary>
    public void Rest() => _connection.Watch();

    /// <summary>Greeting, EHLO, STARTTLS, AUTH: all before the first message.</summary>
    /// <returns>Why the session cannot be used; null where it can.</returns>
    public async Task<SmtpFailure?> OpenAsync(CancellationToken cancellationToken)
    {
        await RunAsync(_dialogue.Start(), Payload.None, cancellationToken).ConfigureAwait(false);
        return _dialogue.Failure;
    }

    /// <summary>Sends one message on an open session.</summary>
    /// <param name="envelope">The envelope; its size is the content's.</param>
    /// <param name="content">The message's bytes, read from where it stands.</param>
    /// <param name="hearsItOut">
    /// True where the reply is waited for, whoever cancels, once the message may have been taken: who goes away then does
    /// not know whether it was, and would send it twice. The time-outs hold.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SmtpException">The content could not be read; nothing was said about this message.</exception>
    public async Task<TransactionOutcome> SendAsync(ClientEnvelope envelope, Stream content, bool hearsItOut, CancellationToken cancellationToken)
    {
        using var chunk = ClientTransaction.TakesChunk(_dialogue.Offered, envelope.Recipients.Count) && ClientConnection.FitsIntoAChunk(envelope.Size)
            ? await _connection.ReadChunkAsync(content, envelope.Size, cancellationToken).ConfigureAwait(false)
            : null;
        var step = _dialogue.Begin(envelope with { ChunkSize = chunk?.Length });
        await RunAsync(step, new Payload(content, envelope.Size, chunk?.Written ?? default, hearsItOut), cancellationToken).ConfigureAwait(false);
        return _dialogue.Outcome!;
    }

    /// <summary>Takes leave, where the session is idle. Has no result: everything was decided before.</summary>
    public async Task QuitAsync(CancellationToken cancellationToken)
    {
        if (_dialogue.IsIdle)
        {
            await RunAsync(_dialogue.Quit(), Payload.None, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task RunAsync(ClientStep step, Payload payload, CancellationToken cancellationToken)
    {
        var token = cancellationToken;
        while (step.Next is ClientAction.ReadReply or ClientAction.Handshake or ClientAction.SendBody or ClientAction.SendChunk)
        {
            try
            {
                var isLast = payload.HearsItOut && step.Next is ClientAction.SendBody or ClientAction.SendChunk;
                step = await TakeAsync(step, payload, token).ConfigureAwait(false);
                token = isLast ? CancellationToken.None : token;
            }
            catch (SmtpException broken)
            {
                step = _dialogue.Abort(broken.Failure);
            }
        }

        if (step is { Next: ClientAction.Finished or ClientAction.Failed, State: ClientState.Quit })
        {
            await _connection.ShutDownAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ClientStep> TakeAsync(ClientStep step, Payload payload, CancellationToken cancellationToken)
    {
        var last = payload.HearsItOut ? CancellationToken.None : cancellationToken;
        if (step.Next == ClientAction.SendChunk)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await _connection.WriteAsync(step.Commands, payload.Chunk, step.State, last).ConfigureAwait(false);
            return _dialogue.OnChunkSent();
        }

        if (step.Commands.Count > 0)
        {
            await _connection.WriteAsync(step.Commands, chunk: default, step.State, cancellationToken).ConfigureAwait(false);
        }

        switch (step.Next)
        {
            case ClientAction.Handshake:
                return await ShakeHandsAsync(cancellationToken).ConfigureAwait(false);
            case ClientAction.SendBody:
                await _connection.SendMessageAsync(payload.Content, payload.Size, cancellationToken, last).ConfigureAwait(false);
                return _dialogue.OnBodySent();
            default:
                var reply = await _connection.ReadReplyAsync(step.State, cancellationToken).ConfigureAwait(false);
                return _dialogue.OnReply(reply, _connection.HasUnreadInput);
        }
    }

    private async Task<ClientStep> ShakeHandsAsync(CancellationToken cancellationToken)
    {
        var verifier = _verifier ?? throw new InvalidOperationException("A plan with TLS needs somebody to judge the peer.");
        var secured = await _connection.AuthenticateAsync(verifier.CreateClientOptions(), cancellationToken).ConfigureAwait(false);
        Verdict = verifier.Evaluate(secured, _mode);
        _connection.Note($"TLS established: {Verdict.Evidence.Protocol}, {Verdict.Evidence.CipherSuite}, {Describe(Verdict)}");

        // Not even QUIT is said to a peer that is not the one that was meant.
        return Verdict.Refusal is { } refusal ? _dialogue.Abort(refusal) : _dialogue.OnHandshakeCompleted();
    }

    private static string Describe(PeerVerdict verdict) => verdict.MatchedIdentity is { } matched
        ? $"certificate names {matched}, its chain is {(verdict.ChainTrusted ? "trusted" : "not trusted")}"
        : $"certificate does not name {verdict.Evidence.ReferenceIdentity}";

    // What of a message the steps of its transaction need.
    private readonly record struct Payload(Stream Content, long Size, ReadOnlyMemory<byte> Chunk, bool HearsItOut)
    {
        public static Payload None => new(Stream.Null, 0, default, HearsItOut: false);
    }
}
