using System.Net;
using SmtpTls.Relay;

namespace SmtpTls;

/// <summary>The ways into a relay from outside: its listeners and its pickup folder.</summary>
/// <param name="options">The relay's options.</param>
/// <param name="hostName">The relay's name.</param>
/// <param name="intake">The way into the queue.</param>
/// <param name="permission">Who may relay.</param>
/// <param name="observer">Counters, meter, log.</param>
internal sealed class RelayDoors(SmtpRelayOptions options, string hostName, RelayIntake intake, RelayPermission permission, RelayObserver observer) : IDisposable
{
    // A log that repeats itself more often hides what else is in it.
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromSeconds(10);

    private readonly RepeatGuard _failures = new(options.Clock, RepeatInterval);
    private readonly object _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile SmtpListener[] _listeners = [];
    private Task _folder = Task.CompletedTask;
    private bool _closed;

    /// <summary>The listeners.</summary>
    public IReadOnlyList<SmtpListener> Listeners => _listeners;

    /// <summary>What they listen on.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => _listeners.SelectMany(listener => listener.Endpoints).ToArray();

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SmtpException">The options cannot be used, the endpoint cannot be listened on, or the relay has stopped.</exception>
    public SmtpListener Open(SmtpListenerOptions listener)
    {
        SmtpRelayOptions.Validate(listener);
        lock (_gate)
        {
            if (_closed)
            {
                throw new SmtpException(new SmtpFailure
                {
                    Code = FindingCode.Cancelled,
                    Message = $"The relay {options.Name} has stopped, so it cannot listen.",
                    Advice = "Start it again.",
                });
            }

            var started = SmtpListener.Start(listener with
            {
                HostName = listener.HostName ?? hostName,
                OffersDsn = true,
                Sink = new ObservedSink(new RelaySink(intake, listener.Name, Failed), observer),
                RecipientPolicy = new ObservedPolicy(permission, listener.RecipientPolicy, observer),
                Log = entry => Heard(entry, listener.Log),
                Clock = options.Clock,
            });
            _listeners = [.. _listeners, started];
            return started;
        }
    }

    /// <summary>Begins to look into the pickup folder, where there is one.</summary>
    /// <exception cref="SmtpException">The folder cannot be made or written to.</exception>
    public void WatchFolder()
    {
        if (options.PickupPath is { } path)
        {
            var folder = new PickupFolder(path, intake, options.Clock, Found);
            _folder = Task.Run(() => folder.RunAsync(_stop.Token), CancellationToken.None);
        }
    }

    /// <summary>Takes nothing in any more; sessions with a message under way have some time.</summary>
    public async Task CloseAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _closed = true;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_listeners.Select(listener => listener.StopAsync(time, cancellationToken))).ConfigureAwait(false);
        await _folder.ConfigureAwait(false);
    }

    public void Dispose() => _stop.Dispose();

    private void Failed(SmtpFailure failure)
    {
        if (!_failures.LetsThrough(failure.Code, out var heldBack))
        {
            return;
        }

        var others = heldBack == 0 ? "" : FormattableString.Invariant($" So were {heldBack} others since this was last said.");
        observer.Report(
            new RelayEvent(options.Clock.GetUtcNow(), RelayEventKind.QueueFailed, $"A message was not taken, and its client told to try again: {failure.Message}{others}")
            {
                Severity = FindingSeverity.Error,
                Code = failure.Code,
            },
            failure);
    }

    private void Heard(ListenerEvent entry, Action<ListenerEvent>? own)
    {
        own?.Invoke(entry);
        observer.Heard(entry);
    }

    private void Found(PickupReport report) => observer.Report(
        new RelayEvent(
            options.Clock.GetUtcNow(),
            RelayEventKind.Pickup,
            report.Failure is { } failure ? $"{report.File ?? options.PickupPath}: {failure.Message}" : $"{report.File} was queued.")
        {
            Id = report.Id,
            Severity = report.Failure is null ? FindingSeverity.Information : FindingSeverity.Warning,
            Code = report.Failure?.Code,
        },
        report.Failure);

    /// <summary>A sink that is traced.</summary>
    private sealed class ObservedSink(RelaySink sink, RelayObserver observer) : IMessageSink
    {
        public async ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            using var activity = observer.StartAccept();
            var reply = await sink.AcceptAsync(message, cancellationToken).ConfigureAwait(false);
            activity?.SetTag("smtptls.queue.id", message.Id).SetTag("smtptls.reply", reply.Code);
            return reply;
        }
    }

    /// <summary>Who may relay, counted; a listener's own policy is asked first.</summary>
    private sealed class ObservedPolicy(RelayPermission permission, IRecipientPolicy? own, RelayObserver observer) : IRecipientPolicy
    {
        public SmtpReply? Check(SessionIdentity client, string recipient)
        {
            var refusal = own?.Check(client, recipient) ?? permission.Check(client, recipient);
            if (refusal is not null)
            {
                observer.Refused(client, recipient, refusal);
            }

            return refusal;
        }
    }
}
