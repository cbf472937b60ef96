using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>How a program ended, and all that it said.</summary>
internal sealed record ProcessOutcome(string Command, int ExitCode, string Output, string Error)
{
    public override string ToString() => $"{Command}: exit code {ExitCode}\n{Output}\n{Error}";
}

/// <summary>A program that runs beside the tests. It is ended by its own id, never by name.</summary>
internal sealed class ExternalProcess : IAsyncDisposable
{
    // Twenty times what the slowest of them takes on two busy cores: whoever waits that long waits for nothing.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly ProcessLines _lines = new();
    private readonly string _command;

    private ExternalProcess(Process process, string command)
    {
        _process = process;
        _command = command;
        process.OutputDataReceived += (_, e) => _lines.Add(e.Data);
        process.ErrorDataReceived += (_, e) => _lines.Add(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>True once it has ended by itself or been ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The full path of a program, also of those that only root has on its PATH; null where it is missing.</summary>
    public static string? Find(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/local/sbin:/usr/sbin:/sbin"
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>Starts a program that goes on until <see cref="StopAsync"/>.</summary>
    public static ExternalProcess Start(string program, params string[] arguments)
    {
        var process = Launch(program, arguments);
        process.StandardInput.Close();
        return new ExternalProcess(process, Describe(program, arguments));
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="TimeoutException">It did not come to its end, and was killed.</exception>
    public static async Task<ProcessOutcome> RunAsync(
        string program, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        using var process = Launch(program, arguments);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            await FeedAsync(process, input, deadline.Token);
            var outcome = new ProcessOutcome(Describe(program, arguments), 0, await output, await error);
            await process.WaitForExitAsync(deadline.Token);
            return outcome with { ExitCode = process.ExitCode };
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{Describe(program, arguments)} did not end within {Patience.TotalSeconds} s.", late);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Runs a program to its end, without input.</summary>
    public static Task<ProcessOutcome> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RunAsync(program, arguments, ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>The first line, of those said already or still to come, that is looked for.</summary>
    /// <exception cref="TimeoutException">It did not come; the message has what was said instead.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> wanted, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        var ended = _process.WaitForExitAsync(deadline.Token);
        var found = _lines.FindAsync(wanted, deadline.Token);
        try
        {
            if (await Task.WhenAny(found, ended) == found)
            {
                return await found;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Told below, with what was said.
        }

        throw new TimeoutException($"{_command} ended or fell silent before it said what was waited for. It said:\n{_lines}");
    }

    /// <summary>Its id, for programs that look at it from outside.</summary>
    public int Id => _process.Id;

    /// <summary>Ends it at once (SIGKILL), as a power cut would as far as the program is concerned, and waits until it is gone.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Asks the program to end (SIGTERM), and waits for it.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, SigTerm);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    public override string ToString() => $"{_command}\n{_lines}";

    private static Process Launch(string program, IReadOnlyList<string> arguments)
    {
        var path = program.Contains('/', StringComparison.Ordinal) ? program : Find(program);
        var start = new ProcessStartInfo(path ?? throw new FileNotFoundException($"{program} is not on the PATH."))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };

        // Messages of programs are compared with; they shall be the English ones.
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    private static async Task FeedAsync(Process process, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything; its exit code and words tell why.
        }
    }

    private static string Describe(string program, IReadOnlyList<string> arguments) => $"{program} {string.Join(' ', arguments)}";

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
