using System.Diagnostics;
using System.Diagnostics.Metrics;
using SmtpTls.Protocol;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>
/// How a relay is watched: counters, the meter and the activity source <c>SmtpTls</c>, the log, the last error. One a relay, told apart by the
/// tag <c>smtptls.relay.name</c>, so that nothing is shared between relays and everything ends with its relay.
/// </summary>
internal sealed class RelayObserver : IDisposable
{
    /// <summary>The name of meter and activity source.</summary>
    internal const string SourceName = "SmtpTls";

    private readonly Meter _meter;
    private readonly ActivitySource _activities;
    private readonly Action<RelayEvent>? _log;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _deferred;
    private readonly Counter<long> _bounced;
    private readonly Counter<long> _notifications;
    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _clientHandshakes;
    private readonly Histogram<double> _attemptDuration;
    private readonly Histogram<double> _timeInQueue;
    private readonly ObservableGauge<long> _depth;
    private readonly string _name;
    private readonly Totals _totals = new();
    private volatile NextHopQueue[] _queue = [];

    public RelayObserver(string name, Action<RelayEvent>? log, TimeProvider clock)
    {
        _name = name;
        _log = log;
        _clock = clock;
        KeyValuePair<string, object?>[] tags = [new("smtptls.relay.name", name)];
        _meter = new Meter(SourceName, version: null, tags);
        _activities = new ActivitySource(SourceName);
        _accepted = _meter.CreateCounter<long>("smtptls.messages.accepted", "{message}", "Messages taken into the queue.");
        _refused = _meter.CreateCounter<long>("smtptls.recipients.refused", "{recipient}", "Recipients refused because the client may not relay to them.");
        _delivered = _meter.CreateCounter<long>("smtptls.recipients.delivered", "{recipient}", "Recipients for whom a next hop took a message.");
        _deferred = _meter.CreateCounter<long>("smtptls.recipients.deferred", "{recipient}", "Failures that will be repeated.");
        _bounced = _meter.CreateCounter<long>("smtptls.recipients.bounced", "{recipient}", "Recipients given up.");
        _notifications = _meter.CreateCounter<long>("smtptls.notifications.queued", "{message}", "Delivery status notifications queued.");
        _handshakes = _meter.CreateCounter<long>("smtptls.delivery.tls", "{attempt}", "Attempts by the TLS that they had, or did not get.");
        _clientHandshakes = _meter.CreateCounter<long>("smtptls.listener.handshakes", "{handshake}", "TLS handshakes of clients by outcome.");
        _attemptDuration = _meter.CreateHistogram<double>("smtptls.attempt.duration", "s", "Time that an attempt took.");
        _timeInQueue = _meter.CreateHistogram<double>("smtptls.message.time_in_queue", "s", "From acceptance until a next hop took the message.");
        _depth = _meter.CreateObservableGauge("smtptls.queue.depth", Depth, "{delivery}", "Deliveries in the queue by state, as last counted.");
        _ = _meter.CreateObservableGauge("smtptls.queue.oldest_age", OldestAge, "s", "Age of the oldest message in the queue, as last counted.");
    }

    /// <summary>The last error that the relay met; null where it met none.</summary>
    public SmtpFailure? LastError { get; private set; }

    /// <summary>True where somebody reads the queue's depth.</summary>
    public bool WantsDepth => _depth.Enabled;

    /// <summary>The counts of now.</summary>
    /// <param name="active">Deliveries under way.</param>
    public RelayCounters Counters(int active) => new()
    {
        Accepted = Interlocked.Read(ref _totals.Accepted),
        Refused = Interlocked.Read(ref _totals.Refused),
        Delivered = Interlocked.Read(ref _totals.Delivered),
        Deferred = Interlocked.Read(ref _totals.Deferred),
        Bounced = Interlocked.Read(ref _totals.Bounced),
        Notifications = Interlocked.Read(ref _totals.Notifications),
        Active = active,
    };

    /// <summary>A message came into the queue.</summary>
    public void Accepted(NewMessage message)
    {
        _ = Interlocked.Increment(ref _totals.Accepted);
        _accepted.Add(1, new KeyValuePair<string, object?>("smtptls.source", message.Origin.Kind.ToString()));
        if (_log is not null)
        {
            Report(new RelayEvent(_clock.GetUtcNow(), RelayEventKind.Accepted, $"Accepted from <{message.ReversePath}> for {message.Recipients.Count} recipient(s), {message.Size} bytes.")
            {
                Id = message.Id,
                EndPoint = message.Origin.RemoteEndPoint,
            });
        }
    }

    /// <summary>A recipient was refused.</summary>
    public void Refused(SessionIdentity client, string recipient, SmtpReply refusal)
    {
        _ = Interlocked.Increment(ref _totals.Refused);
        _refused.Add(1);
        if (_log is not null)
        {
            Report(new RelayEvent(_clock.GetUtcNow(), RelayEventKind.Refused, $"Refused <{Printable.Line(recipient, 200)}>: {refusal}")
            {
                Severity = FindingSeverity.Warning,
                EndPoint = client.Remote.ToString(),
            });
        }
    }

    /// <summary>Something happened at a listener.</summary>
    public void Heard(ListenerEvent entry)
    {
        if (entry.Kind is ListenerEventKind.TlsEstablished or ListenerEventKind.TlsFailed)
        {
            _clientHandshakes.Add(1, new KeyValuePair<string, object?>("smtptls.outcome", entry.Kind == ListenerEventKind.TlsEstablished ? "established" : "failed"));
        }

        if (_log is not null)
        {
            Report(new RelayEvent(entry.Time, RelayEventKind.Listener, entry.Message)
            {
                EndPoint = entry.RemoteEndPoint,
                Code = entry.Code,
                Severity = entry.Kind switch
                {
                    ListenerEventKind.ListenerFault => FindingSeverity.Error,
                    ListenerEventKind.TlsFailed or ListenerEventKind.TurnedAway or ListenerEventKind.Certificate => FindingSeverity.Warning,
                    _ => FindingSeverity.Information,
                },
            });
        }
    }

    /// <summary>An attempt begins; null where nobody traces.</summary>
    public Activity? StartAttempt(DeliveryLease lease)
    {
        var activity = _activities.StartActivity("smtp.deliver", ActivityKind.Client);
        return activity?.SetTag("smtptls.relay.name", _name)
            .SetTag("smtptls.queue.id", lease.Id.ToString())
            .SetTag("smtptls.next_hop", lease.NextHop)
            .SetTag("smtptls.attempt", lease.Attempt);
    }

    /// <summary>A message is being taken in; null where nobody traces.</summary>
    public Activity? StartAccept() => _activities.StartActivity("smtp.accept", ActivityKind.Server)?.SetTag("smtptls.relay.name", _name);

    /// <summary>An attempt has ended.</summary>
    public void Attempted(DeliveryLease lease, DeliveryReport report, DeliveryResult result, Activity? activity)
    {
        if (report.Untried)
        {
            return;
        }

        var worst = result.NextAttemptAt is not null ? "deferred" : report.Recipients.Any(r => r.Fate != RecipientFate.Delivered) ? "bounced" : "delivered";
        _attemptDuration.Record(report.Elapsed.TotalSeconds, new KeyValuePair<string, object?>("smtptls.outcome", worst));
        _handshakes.Add(
            1,
            new KeyValuePair<string, object?>("tls.protocol.version", report.Tls?.Protocol ?? "none"),
            new KeyValuePair<string, object?>("smtptls.outcome", report.Tls is null ? TlsOutcome(report) : report.Tls.Verified ? "verified" : "unverified"));
        activity?.SetTag("smtptls.outcome", worst).SetTag("server.address", report.Host).SetStatus(worst == "delivered" ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        foreach (var entry in result.Events)
        {
            Count(entry, lease);
        }
    }

    /// <summary>What an entry of the tracking log says, for counters, meter and log.</summary>
    public void Count(TrackingEvent entry, DeliveryLease? lease)
    {
        var recipients = entry.Recipients.Count;
        switch (entry.Kind)
        {
            case TrackingEventKind.Send:
                _ = Interlocked.Add(ref _totals.Delivered, recipients);
                _delivered.Add(recipients);
                _timeInQueue.Record(entry.Age?.TotalSeconds ?? 0);
                break;
            case TrackingEventKind.Defer:
                _ = Interlocked.Add(ref _totals.Deferred, recipients);
                _deferred.Add(recipients);
                break;
            case TrackingEventKind.Fail or TrackingEventKind.Expire:
                _ = Interlocked.Add(ref _totals.Bounced, recipients);
                _bounced.Add(recipients);
                break;
            case TrackingEventKind.Dsn when entry.Code is null:
                _ = Interlocked.Increment(ref _totals.Notifications);
                _notifications.Add(1);
                break;
            default:
                break;
        }

        if (_log is not null)
        {
            Report(ToEvent(entry, lease));
        }
    }

    /// <summary>Something for the log. What the log throws is dropped: no message depends on it.</summary>
    public void Report(RelayEvent entry, SmtpFailure? failure = null)
    {
        LastError = failure ?? LastError;
        try
        {
            _log?.Invoke(entry);
        }
#pragma warning disable CA1031 // Whatever it is: the log is somebody else's.
        catch (Exception)
#pragma warning restore CA1031
        {
            // SmtpRelayOptions.Log says so.
        }
    }

    /// <summary>The queue was counted.</summary>
    public void SetQueue(IReadOnlyList<NextHopQueue> queue) => _queue = [.. queue];

    public void Dispose()
    {
        _meter.Dispose();
        _activities.Dispose();
    }

    private static string TlsOutcome(DeliveryReport report) =>
        report.NextHopFailure?.Phase is SmtpPhase.Handshake or SmtpPhase.StartTls ? "failed" : "none";

    private static RelayEvent ToEvent(TrackingEvent entry, DeliveryLease? lease)
    {
        var (kind, word, severity) = entry.Kind switch
        {
            TrackingEventKind.Send => (RelayEventKind.Delivered, "Delivered", FindingSeverity.Information),
            TrackingEventKind.Defer => (RelayEventKind.Deferred, "Deferred", FindingSeverity.Warning),
            TrackingEventKind.Expire => (RelayEventKind.Expired, "Given up", FindingSeverity.Error),
            TrackingEventKind.Dsn => (RelayEventKind.Notified, "Report", FindingSeverity.Information),
            _ => (RelayEventKind.Failed, "Refused", FindingSeverity.Error),
        };
        return new RelayEvent(entry.Time, kind, $"{word}: <{entry.From}> to {string.Join(", ", entry.Recipients)}{(entry.Host is { } host ? $" by {host}" : "")}: {entry.Detail ?? entry.Reply}")
        {
            Severity = severity,
            Id = entry.Id,
            NextHop = entry.NextHop ?? lease?.NextHop,
            EndPoint = entry.EndPoint,
            Code = entry.Code,
        };
    }

    private IEnumerable<Measurement<long>> Depth()
    {
        var queue = _queue;
        return
        [
            new(queue.Sum(row => row.Ready), new KeyValuePair<string, object?>("smtptls.state", "ready")),
            new(queue.Sum(row => row.Active), new KeyValuePair<string, object?>("smtptls.state", "active")),
            new(queue.Sum(row => row.Deferred), new KeyValuePair<string, object?>("smtptls.state", "deferred")),
            new(queue.Sum(row => row.Suspended), new KeyValuePair<string, object?>("smtptls.state", "suspended")),
        ];
    }

    private double OldestAge() => _queue.Min(row => row.Oldest) is { } oldest ? RetrySchedule.Age(oldest, _clock.GetUtcNow()).TotalSeconds : 0;

    private sealed class Totals
    {
        public long Accepted;
        public long Refused;
        public long Delivered;
        public long Deferred;
        public long Bounced;
        public long Notifications;
    }
}
