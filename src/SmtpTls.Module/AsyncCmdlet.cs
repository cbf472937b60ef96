using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace SmtpTls.Module;

/// <summary>
/// A cmdlet whose work is asynchronous. The work runs on other threads, and PowerShell's streams may be written to by
/// the pipeline's thread alone; so the pipeline's thread waits here for calls to make, until the work has come to its end.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private ChannelWriter<Action>? _calls;

    /// <summary>Ends what is waited for.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ctrl+C, or the end of the pipeline by another command's wish: called on another thread.</summary>
    protected override void StopProcessing() => _stopping.Cancel();

    /// <summary>Disposes of what the cmdlet holds.</summary>
    /// <param name="disposing">False from a finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stopping.Dispose();
        }
    }

    /// <summary>Does the work and makes its calls on the pipeline's thread, until it ends. A failure of the engine ends the command.</summary>
    /// <param name="work">May call <see cref="Post"/> and <see cref="OnPipelineAsync"/>; its token is cancelled when the pipeline is stopped.</param>
    private protected void Run(Func<CancellationToken, Task> work)
    {
        var calls = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
        _calls = calls.Writer;
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var task = Task.Run(() => WorkAsync(work, calls.Writer, abandoned.Token));
        var interrupted = Pump(calls.Reader);
        if (interrupted is not null)
        {
            // A stopped pipeline (Select-Object -First) shows as an exception of WriteObject: the work ends before it goes on.
            calls.Writer.TryComplete();
            abandoned.Cancel();
        }

        var failure = task.GetAwaiter().GetResult();
        interrupted?.Throw();
        switch (failure?.SourceException)
        {
            case null:
                return;
            case OperationCanceledException when _stopping.IsCancellationRequested:
                throw new PipelineStoppedException();
            case SmtpException exception:
                ThrowTerminatingError(ErrorRecords.From(exception));
                return;
            default:
                failure!.Throw();
                return;
        }
    }

    /// <summary>Does what may fail before there is work to run; a failure of the engine ends the command.</summary>
    private protected T OrTerminate<T>(Func<T> create)
    {
        try
        {
            return create();
        }
        catch (SmtpException exception)
        {
            ThrowTerminatingError(ErrorRecords.From(exception));
            throw;
        }
    }

    /// <summary>Has the pipeline's thread make a call soon. For what the engine reports on its own threads, which may not wait.</summary>
    /// <param name="call">Not made where the work has ended meanwhile.</param>
    private protected void Post(Action call) => _calls?.TryWrite(call);

    /// <summary>Has the pipeline's thread make a call and waits until it has: the work does not run ahead of the pipeline.</summary>
    /// <param name="call">For example <c>() =&gt; WriteObject(result)</c>.</param>
    /// <param name="cancellationToken">The work's token.</param>
    private protected async Task OnPipelineAsync(Action call, CancellationToken cancellationToken)
    {
        var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            call();
            made.SetResult();
        });
        await made.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Has <c>-Verbose</c> tell the lines of a dialogue, which hold no secret; null where nobody would see them, because
    /// the engine probes addresses side by side only where no transcript is to be kept in order.
    /// </summary>
    private protected Action<TranscriptLine>? TranscriptToVerbose() => IsVerbose
        ? line => Post(() => WriteVerbose(line.ToString()))
        : null;

    /// <summary>Warns of each finding that is more than information.</summary>
    /// <param name="findings">The findings of a result.</param>
    private protected void WriteWarnings(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings.Where(f => f.Severity > FindingSeverity.Information))
        {
            WriteWarning($"{finding.Code}: {finding.Message} {finding.Advice}".TrimEnd());
        }
    }

    /// <summary>True where the parameter was given.</summary>
    /// <param name="parameter">Its name.</param>
    private protected bool IsBound(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    private bool IsVerbose => MyInvocation.BoundParameters.TryGetValue("Verbose", out var asked)
        ? asked is SwitchParameter { IsPresent: true }
        : GetVariableValue("VerbosePreference") is not (null or ActionPreference.SilentlyContinue or ActionPreference.Ignore or "SilentlyContinue" or "Ignore");

    // Every end of the work is a value: the pipeline's thread decides what becomes of it.
    private static async Task<ExceptionDispatchInfo?> WorkAsync(
        Func<CancellationToken, Task> work, ChannelWriter<Action> calls, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            return ExceptionDispatchInfo.Capture(exception);
        }
        finally
        {
            calls.TryComplete();
        }
    }

    private static ExceptionDispatchInfo? Pump(ChannelReader<Action> calls)
    {
        try
        {
            // The one place where the pipeline's thread waits for the engine.
            while (calls.WaitToReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult())
            {
                while (calls.TryRead(out var call))
                {
                    call();
                }
            }

            return null;
        }
        catch (Exception exception)
        {
            return ExceptionDispatchInfo.Capture(exception);
        }
    }
}
