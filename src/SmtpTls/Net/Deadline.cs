namespace SmtpTls.Net;

/// <summary>Runs a piece of work that has to end in time.</summary>
internal static class Deadline
{
    /// <summary>
    /// Runs <paramref name="work"/> with a token that ends with the caller's or when the time is up. The caller's
    /// cancellation passes through; the deadline becomes an <see cref="SmtpException"/> with the failure of <paramref name="late"/>.
    /// </summary>
    public static async ValueTask<T> RunAsync<T>(
        TimeProvider clock, TimeSpan limit, Func<CancellationToken, ValueTask<T>> work, Func<SmtpFailure> late, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await work(either.Token).ConfigureAwait(false);
        }
        catch (Exception interrupted) when (either.IsCancellationRequested && interrupted is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Streams differ in what they throw when a token ends their work; what ended it is what counts.
            cancellationToken.ThrowIfCancellationRequested();
            throw new SmtpException(late(), interrupted);
        }
    }

    /// <summary>A limit as messages name it.</summary>
    public static string Show(TimeSpan limit) => limit.TotalSeconds < 120
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0.###} seconds")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{limit.TotalMinutes:0.##} minutes");
}
