using System.Net;
using System.Net.Sockets;
using SmtpTls.Net;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls;

/// <summary>An SMTP server in this process: endpoints, sessions, and a sink for the messages.</summary>
public sealed class SmtpListener : IAsyncDisposable
{
    /// <summary>How long <see cref="StopAsync"/> lets messages under way come to their end, unless told otherwise.</summary>
    public static readonly TimeSpan DefaultDrainTime = TimeSpan.FromSeconds(10);

    private readonly SmtpListenerOptions _options;
    private readonly ListenerContext _context;
    private readonly IMessageSink _sink;
    private readonly MessageCapture? _ownCapture;
    private readonly ConnectionSet _connections;
    private readonly CancellationTokenSource _stopAccepting = new();
    private readonly IReadOnlyList<Socket> _sockets;
    private readonly Task _accepting;
    private readonly SemaphoreSlim _stopOnce = new(1, 1);
    private long _received;
    private volatile bool _running = true;

    private SmtpListener(SmtpListenerOptions options, IReadOnlyList<Socket> sockets)
    {
        _options = options;
        _sockets = sockets;
        _ownCapture = options.Sink is null ? new MessageCapture() : null;
        _sink = options.Sink ?? _ownCapture!;
        Endpoints = sockets.Select(s => (IPEndPoint)s.LocalEndPoint!).ToArray();
        Name = options.Name ?? FormattableString.Invariant($"smtp-{Port}");
        HostName = options.HostName ?? LocalHostName.ForGreeting();
        Findings = StartFindings().ToArray();
        StartedAt = options.Clock.GetUtcNow();
        _context = CreateContext();
        _connections = new ConnectionSet(_context);
        foreach (var certificate in options.Certificates)
        {
            certificate.ReloadFailed += ReportCertificate;
        }

        _accepting = Task.WhenAll(sockets.Select(s => Task.Run(() => _connections.AcceptAsync(s, _stopAccepting.Token), CancellationToken.None)));
    }

    /// <summary>The listener's name.</summary>
    public string Name { get; }

    /// <summary>The port, the same on every address.</summary>
    public int Port => Endpoints[0].Port;

    /// <summary>What is listened on.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints { get; }

    /// <summary>The name in the greeting.</summary>
    public string HostName { get; }

    /// <summary>How TLS begins.</summary>
    public TlsMode TlsMode => _options.TlsMode;

    /// <summary>Where STARTTLS is offered.</summary>
    public StartTlsPolicy StartTls => _options.StartTls;

    /// <summary>True where mail before STARTTLS is refused.</summary>
    public bool RequireTls => _options.RequireTls;

    /// <summary>True where mail without AUTH is refused.</summary>
    public bool RequireAuthentication => _options.RequireAuthentication;

    /// <summary>Whether clients are asked for a certificate.</summary>
    public ClientCertificatePolicy ClientCertificate => _options.ClientCertificate;

    /// <summary>The certificates.</summary>
    public IReadOnlyList<ListenerCertificate> Certificates => _options.Certificates;

    /// <summary>False once it was told to stop.</summary>
    public bool IsRunning => _running;

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Open connections.</summary>
    public int Connections => _connections.Open;

    /// <summary>Messages accepted since the start.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>What an administrator should know of this listener: an expired certificate, STARTTLS that nobody will see.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>The messages that wait to be received, or null where the options named a sink of their own.</summary>
    public MessageCapture? Capture => _sink as MessageCapture;

    /// <summary>Opens the endpoints and begins to accept.</summary>
    /// <exception cref="SmtpException">The options contradict each other, or an endpoint cannot be listened on.</exception>
    public static SmtpListener Start(SmtpListenerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var addresses = options.Addresses.Count > 0 ? options.Addresses : ListeningSockets.EveryAddress();
        return new SmtpListener(options, ListeningSockets.Open(addresses, options.Port));
    }

    /// <summary>
    /// Stops: no new connections, 421 to sessions that have no message under way, time for those that have, then an end
    /// to all. Messages that were captured can still be received afterwards.
    /// </summary>
    /// <param name="drainTime">
    /// Time for messages under way; null is <see cref="DefaultDrainTime"/>, zero ends at once,
    /// <see cref="Timeout.InfiniteTimeSpan"/> waits as long as they take.
    /// </param>
    /// <param name="cancellationToken">Ends the draining, not the stopping.</param>
    /// <exception cref="ArgumentOutOfRangeException">The drain time is below zero, or longer than a timer takes (49 days). Nothing was stopped.</exception>
    public async Task StopAsync(TimeSpan? drainTime = null, CancellationToken cancellationToken = default)
    {
        var drainAtMost = drainTime ?? DefaultDrainTime;
        if (drainAtMost != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(drainAtMost, TimeSpan.Zero, nameof(drainTime));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(drainAtMost, ClientTimeouts.Longest, nameof(drainTime));
        }

        // Not to be cancelled: whoever comes second waits until it has stopped.
        await _stopOnce.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (!_running)
            {
                return;
            }

            _running = false;
            await _stopAccepting.CancelAsync().ConfigureAwait(false);
            foreach (var socket in _sockets)
            {
                socket.Dispose();
            }

            await _accepting.ConfigureAwait(false);
            using var drain = new CancellationTokenSource(drainAtMost, _options.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(drain.Token, cancellationToken);
            await _connections.StopAsync(either.Token).ConfigureAwait(false);
            _connections.Dispose();
            foreach (var certificate in Certificates)
            {
                certificate.ReloadFailed -= ReportCertificate;
            }
        }
        finally
        {
            _stopOnce.Release();
        }
    }

    /// <summary>Stops, and drops what was captured and not received.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(cancellationToken: CancellationToken.None).ConfigureAwait(false);
        _ownCapture?.Dispose();
        _stopAccepting.Dispose();
    }

    /// <summary>Name and endpoints.</summary>
    public override string ToString() => $"{Name} ({string.Join(", ", Endpoints)})";

    private ListenerContext CreateContext()
    {
        var selector = _options.Certificates.Count > 0 && _options.TlsMode != TlsMode.None
            ? new CertificateSelector(_options.Certificates)
            : null;
        return new ListenerContext(
            Profile(), _options.Clock, DeliverAsync, selector is null ? null : Handshake(selector))
        {
            Mode = _options.TlsMode,
            StartTls = _options.StartTls,
            RequireTls = _options.RequireTls,
            RecipientPolicy = _options.RecipientPolicy,
            Authenticator = _options.Users is null ? null : new Authenticator(_options.Users, _options.Limits, _options.Clock),
            TemporaryFolder = _options.TemporaryFolder ?? Path.GetTempPath(),
            Log = _options.Log,
        };
    }

    private ServerHandshake Handshake(CertificateSelector selector) => _options.ClientCertificate == ClientCertificatePolicy.None
        ? async (stream, cancellationToken) =>
        {
            await selector.AuthenticateAsync(stream, cancellationToken).ConfigureAwait(false);
            return null;
        }
    : (stream, cancellationToken) => selector.AuthenticateClientAsync(stream, _options.Clock, cancellationToken);

    private ServerProfile Profile() => new(HostName, _options.Limits)
    {
        OffersAuthentication = _options.Users is not null,
        RequireAuthentication = _options.RequireAuthentication,
        RequireClientCertificate = _options.ClientCertificate == ClientCertificatePolicy.Require,
        OffersDsn = _options.OffersDsn,
    };

    private async ValueTask<SmtpReply> DeliverAsync(ReceivedMail mail, CancellationToken cancellationToken)
    {
        var reply = await _sink.AcceptAsync(new ReceivedMessage(mail, _options.Clock.GetUtcNow()), cancellationToken).ConfigureAwait(false);
        if (reply.IsPositive)
        {
            Interlocked.Increment(ref _received);
        }

        return reply;
    }

    private void ReportCertificate(SmtpFailure failure) =>
        _context.Report(ListenerEventKind.Certificate, null, failure.ToString(), failure.Code);

    private IEnumerable<Finding> StartFindings()
    {
        foreach (var finding in _options.Certificates.SelectMany(c => c.Findings))
        {
            yield return finding;
        }

        if (_options is { TlsMode: TlsMode.StartTls, StartTls: StartTlsPolicy.ExceptLoopback, Certificates.Count: > 0 }
            && Endpoints.All(e => LoopbackRule.IsLoopback(e.Address)))
        {
            yield return new Finding(
                FindingCode.StartTlsWithheldOnLoopback,
                FindingSeverity.Warning,
                "This listener can be reached only over loopback, where STARTTLS is withheld: no client will be offered it.",
                $"listening on {string.Join(", ", Endpoints)} with StartTls ExceptLoopback",
                "Listen on the machine's own address, or use StartTls Always.");
        }
    }
}
