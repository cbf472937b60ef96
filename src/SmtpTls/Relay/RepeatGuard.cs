namespace SmtpTls.Relay;

/// <summary>Lets one of many like messages through to a log: a full disk is one thing to know, not one for each client.</summary>
/// <param name="clock">The clock.</param>
/// <param name="interval">How long the like of a message that went through is held back.</param>
internal sealed class RepeatGuard(TimeProvider clock, TimeSpan interval)
{
    private readonly object _lock = new();
    private FindingCode? _last;
    private long _since;
    private int _heldBack;

    /// <summary>Says whether a message of this kind goes through.</summary>
    /// <param name="code">Its kind.</param>
    /// <param name="heldBack">How many like it were held back since the last one that went through.</param>
    public bool LetsThrough(FindingCode code, out int heldBack)
    {
        lock (_lock)
        {
            if (_last == code && clock.GetElapsedTime(_since) < interval)
            {
                heldBack = ++_heldBack;
                return false;
            }

            heldBack = _last == code ? _heldBack : 0;
            (_last, _since, _heldBack) = (code, clock.GetTimestamp(), 0);
            return true;
        }
    }
}
