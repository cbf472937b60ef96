namespace SmtpTls.Storage.Writing;

/// <summary>
/// Decides whether a group waits a moment for more callers. It does where as many as in the last group are expected back, and
/// where that proved right; after each time that it proved wrong it waits less often.
/// </summary>
internal sealed class Companions(int maximum)
{
    /// <summary>The moment: the shortest that a thread can wait for, and no longer than a flush takes on most disks.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1);

    // Groups that go without waiting after one that waited in vain, doubled each time up to the last.
    private const int LongestPause = 64;

    private int _last;
    private int _expected;
    private int _pause;
    private int _skip;

    /// <summary>How many to wait for, where so many are there.</summary>
    internal int Expected(int waiting)
    {
        if (_skip > 0)
        {
            _skip--;
            return _expected = waiting;
        }

        // Those who were in the last group, and those who came while it was committed.
        return _expected = Math.Min(maximum, Math.Max(waiting, _last + waiting));
    }

    /// <summary>How many came.</summary>
    internal void Came(int waiting)
    {
        if (waiting >= _expected)
        {
            _pause = 0;
        }
        else
        {
            _pause = Math.Clamp(_pause * 2, 1, LongestPause);
            _skip = _pause;
        }

        _last = Math.Min(waiting, maximum);
    }
}
