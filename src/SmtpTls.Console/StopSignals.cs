using System.Runtime.InteropServices;

namespace SmtpTls.Cli;

/// <summary>Ctrl+C and SIGTERM: the first asks, the second insists, and the third is the system's, which ends the process.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _first = new();
    private readonly CancellationTokenSource _second = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _seen;

    public StopSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken First => _first.Token;

    /// <summary>Cancelled by the second.</summary>
    public CancellationToken Second => _second.Token;

    /// <summary>The exit code of a command that was ended by the first signal.</summary>
    public int ExitCode { get; private set; } = Cli.ExitCode.Interrupted;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        var seen = Interlocked.Increment(ref _seen);
        context.Cancel = seen <= 2;
        if (seen == 1)
        {
            ExitCode = context.Signal == PosixSignal.SIGTERM ? Cli.ExitCode.Terminated : Cli.ExitCode.Interrupted;
            _first.Cancel();
        }
        else if (seen == 2)
        {
            _second.Cancel();
        }
    }
}
