namespace SmtpTls.Cli;

/// <summary>What a script reads from the process's end. Signals end a command with 128 and the signal's number, as shells do.</summary>
internal static class ExitCode
{
    /// <summary>What was asked for is so.</summary>
    public const int Success = 0;

    /// <summary>It was tried, and is not so: refused, not offered, not verified.</summary>
    public const int Failure = 1;

    /// <summary>Nothing was tried: the command line, or a file that it names, cannot be used.</summary>
    public const int Usage = 2;

    /// <summary>No answer was to be had: the server could not be reached.</summary>
    public const int CouldNotTell = 3;

    private const int SignalBase = 128;
    private const int SigInt = 2;
    private const int SigTerm = 15;

    /// <summary>Ended by Ctrl+C.</summary>
    public const int Interrupted = SignalBase + SigInt;

    /// <summary>Ended by SIGTERM.</summary>
    public const int Terminated = SignalBase + SigTerm;

    /// <summary>The code for a failure that ended a command before it had a result.</summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="otherwise">The verb's code for everything that is not the caller's input.</param>
    public static int For(SmtpFailure failure, int otherwise = Failure) =>
        failure.Code is FindingCode.InvalidInput or FindingCode.CertificateUnusable ? Usage : otherwise;
}
