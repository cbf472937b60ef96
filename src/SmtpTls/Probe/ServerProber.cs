using System.Net;
using System.Runtime.CompilerServices;
using SmtpTls.Net;
using SmtpTls.Tls;

namespace SmtpTls.Probe;

/// <summary>
/// Looks at every address of a target with the dialogue and the verifier that a sender uses, and after a loopback target
/// that does not list STARTTLS at the machine's own names and addresses.
/// </summary>
internal sealed class ServerProber(Dialer dialer, ILocalMachine machine, TimeProvider clock)
{
    // A target has few addresses; more at once would look like an attack to a server that limits connections a client.
    private const int AtOnce = 4;

    // A machine knows its own name from its hosts file, or from the nearest name server; a second look is not worth the
    // half minute that a dead one may take.
    private static readonly TimeSpan OwnNameTimeout = TimeSpan.FromSeconds(5);

    private readonly SessionOpener _opener = new(dialer, clock);

    /// <summary>One look an address, in the resolver's order; the second look's after them.</summary>
    public async IAsyncEnumerable<ServerLook> LookAsync(ProbeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = await ResolveAsync(request, cancellationToken).ConfigureAwait(false);
        if (place.Failure is { } unresolved)
        {
            yield return Unreachable(request, endpoint: null, unresolved, place.Timings);
            yield break;
        }

        var looks = LookAtAsync([.. place.Endpoints.Select(e => new Spot(request, e, place.Timings))], cancellationToken);
        if (request.Settings.Mode != TlsMode.StartTls || !place.Endpoints.All(e => LoopbackRule.IsLoopback(e.Address)))
        {
            await foreach (var look in looks.ConfigureAwait(false))
            {
                yield return look;
            }

            yield break;
        }

        // What the first looks mean is known only after the second.
        var first = await ToListAsync(looks).ConfigureAwait(false);
        var second = request.SecondLook && first.Exists(l => l.Status == StartTlsStatus.NotOffered)
            ? await LookAroundAsync(request, cancellationToken).ConfigureAwait(false)
            : SecondLook.None;
        foreach (var look in first.Select(second.Judge).Concat(second.Looks))
        {
            yield return look;
        }
    }

    private async Task<SecondLook> LookAroundAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        var spots = new List<Spot>();
        var misses = new List<string>();
        foreach (var name in machine.HostNames)
        {
            var named = request.At(new DialTarget(name.Value, name, Address: null, request.Dial.Port), ReferenceIdentity.ForName(name));
            var place = await ResolveAsync(named, cancellationToken, OwnNameTimeout).ConfigureAwait(false);
            if (place.Failure is { } failure)
            {
                misses.Add($"{name}: {failure.Code}");
            }

            // Many a machine's name leads to 127.0.1.1, which is loopback again.
            spots.AddRange(place.Endpoints.Where(e => !LoopbackRule.IsLoopback(e.Address)).Select(e => new Spot(named, e, place.Timings)));
        }

        foreach (var address in machine.Addresses.Where(a => !LoopbackRule.IsLoopback(a)))
        {
            var text = address.ToString();
            var addressed = request.At(new DialTarget(text, Name: null, address, request.Dial.Port), ReferenceIdentity.ForAddress(address));
            spots.Add(new Spot(addressed, new IPEndPoint(address, request.Dial.Port), []));
        }

        // An address that a name led to is not looked at again without the name.
        Spot[] distinct = [.. spots.DistinctBy(s => s.Endpoint).Take(request.MaximumAddresses)];
        return new SecondLook(await ToListAsync(LookAtAsync(distinct, cancellationToken)).ConfigureAwait(false), misses, WasMade: true);
    }

    // With a transcript one after the other, so that the lines of two dialogues do not mix.
    private IAsyncEnumerable<ServerLook> LookAtAsync(IReadOnlyList<Spot> spots, CancellationToken cancellationToken) => OrderedProbes.RunAsync(
        spots, spots.Count > 0 && spots[0].Request.Transcript is not null ? 1 : AtOnce, LookAtAsync, cancellationToken);

    private async Task<ServerLook> LookAtAsync(Spot spot, CancellationToken cancellationToken)
    {
        var (request, endpoint, resolving) = spot;
        var phases = new PhaseClock(clock);
        var transcript = new Transcript(request.Transcript, phases);
        var settings = request.Settings with { AsksUnlistedStartTls = LoopbackRule.IsLoopback(endpoint.Address) };
        ClientSession session;
        try
        {
            session = await _opener.ConnectAsync(settings, endpoint, phases, transcript, cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpException unconnected)
        {
            return Unreachable(request, endpoint, unconnected.Failure, resolving.Concat(phases.Timings).ToArray());
        }

        await using (session.ConfigureAwait(false))
        {
            _ = await session.OpenAsync(cancellationToken).ConfigureAwait(false);
            await session.QuitAsync(cancellationToken).ConfigureAwait(false);
            return Interpret(request, endpoint, session, resolving.Concat(phases.Timings).ToArray());
        }
    }

    private static ServerLook Interpret(ProbeRequest request, IPEndPoint endpoint, ClientSession session, IReadOnlyList<PhaseTiming> timings)
    {
        var dialogue = session.Dialogue;
        var look = new ServerLook
        {
            Request = request,
            Endpoint = endpoint,
            Status = LookStatus.Of(request.Settings.Mode, dialogue, session.Verdict is not null),
            Reason = dialogue.Failure,
            Banner = dialogue.Banner,
            EhloBefore = dialogue.EhloBefore,
            EhloAfter = dialogue.EhloAfter,
            StartTlsReply = dialogue.StartTlsReply,
            Verdict = session.Verdict,
            Timings = timings,
        };
        if (look is { Status: StartTlsStatus.NotOffered, Reason: { } reason })
        {
            var finding = ProbeFindings.NotOffered(look);
            return look with
            {
                Reason = reason with { Code = finding.Code, Message = finding.Message, Advice = finding.Advice, Cause = finding.Evidence },
                Findings = new[] { finding },
            };
        }

        return look with { Findings = Explain(look).Concat(session.Verdict?.Findings ?? []).Concat(dialogue.Findings).ToArray() };
    }

    private static IEnumerable<Finding> Explain(ServerLook look)
    {
        if (look.Reason is not { } reason)
        {
            yield break;
        }

        yield return ProbeFindings.Of(reason);
        if (reason.Code == FindingCode.HandshakeFailed && reason.Message.Contains(HandshakeFailureText.NoCommonVersion, StringComparison.Ordinal))
        {
            yield return ProbeFindings.OldProtocol(look, reason);
        }
    }

    private static ServerLook Unreachable(ProbeRequest request, IPEndPoint? endpoint, SmtpFailure failure, IReadOnlyList<PhaseTiming> timings) => new()
    {
        Request = request,
        Endpoint = endpoint,
        Status = StartTlsStatus.Unreachable,
        Reason = failure,
        Timings = timings,
        Findings = new[] { ProbeFindings.Of(failure) },
    };

    private async Task<Place> ResolveAsync(ProbeRequest request, CancellationToken cancellationToken, TimeSpan? atMost = null)
    {
        var phases = new PhaseClock(clock);
        var limit = request.Settings.Timeouts.Resolve;
        try
        {
            var endpoints = await dialer.ResolveAsync(
                request.Dial, atMost < limit ? atMost.Value : limit, request.MaximumAddresses, phases, cancellationToken).ConfigureAwait(false);
            return new Place([.. endpoints.Distinct()], phases.Timings, Failure: null);
        }
        catch (SmtpException unresolved)
        {
            return new Place([], phases.Timings, unresolved.Failure);
        }
    }

    private static async Task<List<ServerLook>> ToListAsync(IAsyncEnumerable<ServerLook> looks)
    {
        var list = new List<ServerLook>();
        await foreach (var look in looks.ConfigureAwait(false))
        {
            list.Add(look);
        }

        return list;
    }

    private sealed record Place(IReadOnlyList<IPEndPoint> Endpoints, IReadOnlyList<PhaseTiming> Timings, SmtpFailure? Failure);

    private sealed record Spot(ProbeRequest Request, IPEndPoint Endpoint, IReadOnlyList<PhaseTiming> Resolving);
}
