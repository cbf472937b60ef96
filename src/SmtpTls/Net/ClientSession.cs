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

    /// <summary>Greeting, EHLO, STARTTLS, AUTH: all before the first message.</summary>
    /// <returns>Why the session cannot be used; null where it can.</returns>
    public async Task<SmtpFailure?> OpenAsync(CancellationToken cancellationToken)
    {
        await RunAsync(_dialogue.Start(), Stream.Null, size: 0, cancellationToken).ConfigureAwait(false);
        return _dialogue.Failure;
    }

    /// <summary>Sends one message on an open session.</summary>
    /// <param name="envelope">The envelope; its size is the content's.</param>
    /// <param name="content">The message's bytes, read from where it stands.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<TransactionOutcome> SendAsync(ClientEnvelope envelope, Stream content, CancellationToken cancellationToken)
    {
        await RunAsync(_dialogue.Begin(envelope), content, envelope.Size, cancellationToken).ConfigureAwait(false);
        return _dialogue.Outcome!;
    }

    /// <summary>Takes leave. Has no result: everything was decided before.</summary>
    public async Task QuitAsync(CancellationToken cancellationToken)
    {
        if (_dialogue.Failure is null)
        {
            await RunAsync(_dialogue.Quit(), Stream.Null, size: 0, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task RunAsync(ClientStep step, Stream content, long size, CancellationToken cancellationToken)
    {
        while (step.Next is ClientAction.ReadReply or ClientAction.Handshake or ClientAction.SendBody)
        {
            try
            {
                step = await TakeAsync(step, content, size, cancellationToken).ConfigureAwait(false);
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

    private async Task<ClientStep> TakeAsync(ClientStep step, Stream content, long size, CancellationToken cancellationToken)
    {
        if (step.Commands.Count > 0)
        {
            await _connection.WriteAsync(step.Commands, step.State, cancellationToken).ConfigureAwait(false);
        }

        switch (step.Next)
        {
            case ClientAction.Handshake:
                return await ShakeHandsAsync(cancellationToken).ConfigureAwait(false);
            case ClientAction.SendBody:
                await _connection.SendMessageAsync(content, size, cancellationToken).ConfigureAwait(false);
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
}
