namespace SmtpTls.Storage.Records;

/// <summary>Times in the file: milliseconds since 1970 in UTC. What is finer is cut off.</summary>
internal static class Moment
{
    internal static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    internal static DateTimeOffset Of(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    /// <summary>The first whole millisecond that is not before a time: for bounds that are not included.</summary>
    internal static long MillisecondsUp(DateTimeOffset time)
    {
        var whole = time.ToUnixTimeMilliseconds();
        return Of(whole) < time ? whole + 1 : whole;
    }
}
