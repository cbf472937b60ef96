namespace SmtpTls.Net;

/// <summary>Adds up how long each phase took. A phase that is entered several times (RCPT, a second address) counts once, with the sum.</summary>
/// <param name="clock">The clock.</param>
internal sealed class PhaseClock(TimeProvider clock)
{
    private readonly long _began = clock.GetTimestamp();
    private readonly List<PhaseTiming> _timings = [];

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(_began);

    /// <summary>The phases in the order in which they were first gone through, to the microsecond: what is below is noise.</summary>
    public IReadOnlyList<PhaseTiming> Timings => _timings.Select(t => t with { Milliseconds = Math.Round(t.Milliseconds, 3) }).ToArray();

    /// <summary>The moment, for <see cref="Add"/>.</summary>
    public long Now => clock.GetTimestamp();

    /// <summary>Counts the time since <paramref name="began"/> to a phase.</summary>
    public void Add(SmtpPhase phase, long began)
    {
        var milliseconds = clock.GetElapsedTime(began).TotalMilliseconds;
        var known = _timings.FindIndex(t => t.Phase == phase);
        if (known < 0)
        {
            _timings.Add(new PhaseTiming(phase, milliseconds));
        }
        else
        {
            _timings[known] = new PhaseTiming(phase, _timings[known].Milliseconds + milliseconds);
        }
    }
}
