using SmtpTls.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Relay;

/// <summary>
/// One attempt: host after host, address after address, until one has decided about each recipient (RFC 5321 §5.1).
/// </summary>
internal sealed class DeliveryAttempt
{
    private readonly DeliveryJob _job;
    private readonly SessionOpener _opener;
    private readonly ConnectionPool _pool;
    private readonly DeliveryProfile _profile;
    private readonly TimeProvider _clock;
    private readonly DeliveryEnvelope _envelope;
    private readonly AttemptLedger _ledger;
    private readonly Place[] _places;

    public DeliveryAttempt(
        DeliveryJob job, NextHopAnswer answer, SessionOpener opener, ConnectionPool pool, DeliveryProfile profile, TimeProvider clock)
    {
        _job = job;
        _opener = opener;
        _pool = pool;
        _profile = profile;
        _clock = clock;
        _envelope = new DeliveryEnvelope(job.Lease);
        _ledger = new AttemptLedger(job.Lease);
        _places = answer.Hosts
            .SelectMany(host => host.Endpoints.Select(endpoint =>
                new Place(host, new PoolKey(job.Lease.NextHop, host.Host, host.Identity.Value, endpoint, job.Route))))
            .Take(profile.Limits.AddressesPerAttempt)
            .ToArray();
    }

    public async Task<DeliveryReport> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var recipient in _ledger.Pending.ToArray())
        {
            if (_envelope.Objection(recipient) is { } objection)
            {
                _ledger.Decide(recipient, RecipientFate.Failed, objection.Reply, objection);
            }
        }

        try
        {
            if (_ledger.Pending.Count > 0)
            {
                await TryPlacesAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_ledger.HasDecided)
        {
            // Whoever was served must not be served again: what is known is told, and the rest waits.
            _ledger.Settle(Setback.Of(Cancelled()));
        }

        return _ledger.Conclude();
    }

    // A session at rest comes first, whichever host it is to: it has proved to work, and a host that does not answer is not
    // waited for with each message.
    private async Task TryPlacesAsync(CancellationToken cancellationToken)
    {
        Place? decided = null;
        if (_pool.Take(Array.ConvertAll(_places, place => place.Key)) is { } rested)
        {
            if (await UseAsync(rested, cancellationToken).ConfigureAwait(false) is not { } setback)
            {
                return;
            }

            if (!setback.IsOfTheConnection)
            {
                if (_ledger.Settle(setback))
                {
                    return;
                }

                decided = Array.Find(_places, place => place.Key == rested.Key);
            }
        }

        foreach (var place in _places.Where(place => place != decided))
        {
            if (await TryAsync(place, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    // True where nothing is left to try.
    private async Task<bool> TryAsync(Place place, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _pool.MakeRoomAsync(_job.Lease.NextHop).WaitAsync(cancellationToken).ConfigureAwait(false);
            var phases = new PhaseClock(_clock);
            var opening = await _opener
                .OpenAsync(Settings(place.Host), place.Key.Endpoint, phases, new Transcript(sink: null, phases), cancellationToken)
                .ConfigureAwait(false);
            if (opening.Failure is { } failure)
            {
                _ledger.Visit(place.Key, opening, wentOut: false);
                return _ledger.Settle(Setback.Of(failure));
            }

            if (await UseAsync(new PooledSession(place.Key, opening), cancellationToken).ConfigureAwait(false) is not { } setback)
            {
                return true;
            }

            // A new session that came to its end has served or refused somebody, so this ends.
            if (!setback.IsOfTheConnection)
            {
                return _ledger.Settle(setback);
            }
        }
    }

    // Null where everybody is decided about. The session goes back to the pool, whatever happened.
    private async Task<Setback?> UseAsync(PooledSession pooled, CancellationToken cancellationToken)
    {
        try
        {
            var most = _profile.Limits.RecipientsPerTransaction;
            while (true)
            {
                var batch = _ledger.Pending.Take(most).ToArray();
                var outcome = await SendAsync(pooled, batch, cancellationToken).ConfigureAwait(false);
                var served = _ledger.Record(pooled.Key, batch, outcome);
                _ledger.Visit(pooled.Key, pooled.Opening, wentOut: served > 0);
                if (_ledger.Pending.Count == 0)
                {
                    return null;
                }

                if (Judge(pooled, outcome, batch) is { } setback)
                {
                    return setback;
                }

                // The server took no more than these (RFC 5321 §4.5.3.1.10); the others get transactions of that size.
                most = served > 0 && served < batch.Length ? served : most;
            }
        }
        catch (SmtpException unreadable)
        {
            // The content: nothing was said of it on this session.
            _ledger.Visit(pooled.Key, pooled.Opening, wentOut: false);
            return Setback.Of(unreadable.Failure);
        }
        finally
        {
            _pool.Return(pooled);
        }
    }

    private async Task<TransactionOutcome> SendAsync(PooledSession pooled, int[] batch, CancellationToken cancellationToken)
    {
        pooled.Messages++;
        var content = await _job.OpenContent(cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            return await pooled.Session.SendAsync(_envelope.For(batch), content, hearsItOut: true, cancellationToken).ConfigureAwait(false);
        }
    }

    // What stands in the way of those who are pending; null where the next transaction may begin.
    private Setback? Judge(PooledSession pooled, TransactionOutcome outcome, int[] batch)
    {
        if (outcome.Failure is not { } failure || failure.Code == FindingCode.RecipientRefused)
        {
            // It came to its end, and each recipient had an answer, were it that there were too many.
            return pooled.Session.IsReusable ? null : Setback.Of(Ended(pooled.Key)) with { IsOfTheConnection = true };
        }

        // Before its first answer a session that had rested proves nothing but that it had been closed.
        var closed = failure.Code is FindingCode.ConnectionLost or FindingCode.ServiceRefused or FindingCode.ProtocolError;
        if (pooled.IsReused && closed && !outcome.MailAnswered)
        {
            if (outcome.MayHaveBeenTaken)
            {
                _ledger.Note(SentAgain(failure));
            }

            return Setback.Of(failure) with { IsOfTheConnection = true };
        }

        if (outcome.MayHaveBeenTaken)
        {
            _ledger.MayHaveBeenDelivered();
            return Setback.Of(failure with { Code = FindingCode.OutcomeUnknown });
        }

        var setback = Setback.Of(failure);
        var needsUtf8 = failure.Code == FindingCode.ExtensionMissing
            && EnvelopeCommands.NeedsSmtpUtf8(_envelope.For(batch)) && !pooled.Session.Dialogue.Offered.SmtpUtf8;

        // RFC 6531 §3.5 has a status of its own for addresses.
        return needsUtf8 ? setback with { Reply = new SmtpReply(553, new EnhancedStatusCode(5, 6, 7), setback.Reply!.Lines) } : setback;
    }

    private SessionSettings Settings(NextHopHost host) => new()
    {
        Host = host.Host,
        Identity = host.Identity,
        Mode = _job.Route.TlsMode,
        Level = _job.Route.TlsLevel,
        IdentityRule = _job.Route.TlsIdentity,
        TrustedCertificates = _job.Route.TrustedCertificates,
        ClientCertificate = _job.Route.ClientCertificate,
        Fingerprints = _job.Route.Fingerprints,
        Protocols = _job.Route.Protocols,
        Credential = _job.Route.Credential is { } credential ? SaslCredential.From(credential) : null,
        HelloName = _profile.HelloName,
        Timeouts = _profile.Timeouts,
    };

    private static Finding SentAgain(SmtpFailure failure) => new(
        FindingCode.OutcomeUnknown,
        FindingSeverity.Warning,
        $"{failure.Message} The message had been sent on that connection already, so the recipient may have it twice.",
        failure.Cause ?? "",
        "Nothing is to be done, unless it happens often: then the server closes connections sooner than this relay does.");

    private static SmtpFailure Ended(PoolKey place) => new()
    {
        Code = FindingCode.ConnectionLost,
        Message = $"{ClientFailures.Place(place.Host, place.Endpoint)} ended the session before all recipients could be named.",
        Advice = "The others are named on another connection.",
        Phase = SmtpPhase.MailFrom,
        Host = place.Host,
        Endpoint = place.Endpoint.ToString(),
    };

    private static SmtpFailure Cancelled() => new()
    {
        Code = FindingCode.Cancelled,
        Message = "The relay stopped before all recipients were served.",
        Advice = "The others are served when it runs again.",
    };

    private sealed record Place(NextHopHost Host, PoolKey Key);
}
