namespace SmtpTls.Queue;

/// <summary>
/// Makes queue ids: 41 bits of milliseconds, 12 bits that are this source's own, 10 bits of counting. They rise
/// whatever the clock does, so that a clock that jumps back does not put new mail before old, and two relays that share
/// a store collide only where both drew the same number out of 4,096 and were as quick as each other; the store refuses
/// the second, whose client then hears 451 and tries again.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="instance">The source's own number; only its lowest 12 bits count. Chosen at random a process.</param>
internal sealed class QueueIdSource(TimeProvider clock, int instance)
{
    private const int InstanceBits = 12;
    private const int CounterBits = 10;

    // 2020-01-01; 41 bits of milliseconds last from there until 2089.
    private static readonly long Epoch = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    // Milliseconds and counter together: counting on from a full millisecond leads into the next one.
    private long _last;

    public QueueId Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var now = Math.Max(1, clock.GetUtcNow().ToUnixTimeMilliseconds() - Epoch) << CounterBits;
            var next = Math.Max(last + 1, now);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                var own = (long)(instance & ((1 << InstanceBits) - 1)) << CounterBits;
                return new QueueId(((next >> CounterBits) << (InstanceBits + CounterBits)) | own | (next & ((1 << CounterBits) - 1)));
            }
        }
    }
}
