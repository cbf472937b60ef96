namespace SmtpTls.Storage.Writing;

/// <summary>
/// Decides whether a group waits a moment for more callers. Those of the last group were told, and most are back with their
/// next change within the time of a flush; a commit for all of them costs hardly more than one for those who are there already. After
/// each time that waiting proved vain it is tried less often.
/// </summary>
internal sealed class Companions(int maximum)
{
    /// <summary>The moment: the shortest that a thread can wait for, and about what a flush takes.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1);

    // Groups that go without waiting after one that waited in vain, doubled each time up to the last.
    private const int LongestPause = 64;

    private int _callers;
    private int _expected;
    private int _pause;
    private int _skip;

    /// <summary>A group was committed, and so many had come meanwhile: together, everybody who has something to change at present.</summary>
    internal void Committed(int group, int waiting) => _callers = group + waiting;

    /// <summary>How many to wait for, where so many are there.</summary>
    internal int Expected(int waiting)
    {
        _expected = 0;
        if (_skip > 0)
        {
            _skip--;
            return waiting;
        }

        return _expected = Math.Min(maximum, Math.Max(waiting, _callers));
    }

    /// <summary>How many came.</summary>
    internal void Came(int waiting)
    {
        if (_expected == 0)
        {
            // Nobody was waited for: that proves nothing.
            return;
        }

        if (waiting >= _expected)
        {
            _pause = 0;
        }
        else
        {
            _pause = Math.Clamp(_pause * 2, 1, LongestPause);
            _skip = _pause;
        }
    }
}
