using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>
/// Records results without holding up who delivers: several at a time, so that the store commits them together, and again where the store
/// fails, with the result kept in memory and the lease renewed meanwhile. What cannot be recorded is delivered again; never lost.
/// </summary>
/// <param name="store">The queue.</param>
/// <param name="limits">The bounds.</param>
/// <param name="clock">The clock.</param>
/// <param name="report">Told of trouble.</param>
internal sealed class ResultRecorder(IQueueStore store, RunnerLimits limits, TimeProvider clock, Action<RelayEvent, SmtpFailure?> report) : IDisposable
{
    private readonly SemaphoreSlim _room = new(limits.Unrecorded, limits.Unrecorded);
    private readonly CancellationTokenSource _giveUp = new();

    /// <summary>Waits until one more result may be unrecorded. Each is answered with <see cref="RecordAsync"/> or <see cref="Leave"/>.</summary>
    public Task EnterAsync(CancellationToken cancellationToken) => _room.WaitAsync(cancellationToken);

    /// <summary>There is nothing to record after all.</summary>
    public void Leave() => _ = _room.Release();

    /// <summary>Records a result, and gives its room back.</summary>
    /// <returns>True where it is recorded as a whole; false where the lease was lost or it could not be recorded.</returns>
    public async Task<bool> RecordAsync(DeliveryResult result)
    {
        try
        {
            var started = clock.GetTimestamp();
            while (true)
            {
                try
                {
                    // Not to be cancelled: a delivery that is not recorded is made again.
                    return await store.CompleteAsync(result, CancellationToken.None).ConfigureAwait(false);
                }
                catch (SmtpException e)
                {
                    if (_giveUp.IsCancellationRequested || clock.GetElapsedTime(started) >= limits.RecordFor)
                    {
                        Tell(result, e.Failure, "It is not tried any longer: the delivery is made again when its lease ends, so its recipients may have the message twice.", FindingSeverity.Error);
                        return false;
                    }

                    Tell(result, e.Failure, "It is kept in memory and tried again.", FindingSeverity.Warning);
                }

                await PauseAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _ = _room.Release();
        }
    }

    /// <summary>What cannot be recorded now is not waited for any longer.</summary>
    public void GiveUp() => _giveUp.Cancel();

    public void Dispose()
    {
        _giveUp.Dispose();
        _room.Dispose();
    }

    private async Task PauseAsync()
    {
        try
        {
            await Task.Delay(limits.RecordAgainAfter, clock, _giveUp.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // One last time, at once.
        }
    }

    private void Tell(DeliveryResult result, SmtpFailure failure, string then, FindingSeverity severity) => report(
        new RelayEvent(clock.GetUtcNow(), RelayEventKind.QueueFailed, $"The result of delivering {result.Id} cannot be recorded: {failure.Message} {then}")
        {
            Id = result.Id,
            Severity = severity,
            Code = failure.Code,
        },
        failure);
}
