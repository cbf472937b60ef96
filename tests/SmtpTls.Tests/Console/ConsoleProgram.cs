using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace SmtpTls.Tests.Console;

/// <summary><c>dotnet smtptls.dll …</c> as a process of its own. Ended with the test, whatever it does.</summary>
internal sealed partial class ConsoleProgram : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;

    // A process starts in a fifth of a second; a machine that builds at the same time needs longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly Task _errorRead;

    private ConsoleProgram(Process process)
    {
        _process = process;
        _errorRead = ReadErrorAsync();
    }

    /// <summary>smtptls.dll, as it was built with these tests.</summary>
    public static string Assembly { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        typeof(ConsoleProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ConsolePath").Value!));

    /// <summary>What came on standard error so far.</summary>
    public string Error
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<ConsoleRun> RunAsync(params string[] arguments) => await RunAsync(arguments, input: null);

    public static async Task<ConsoleRun> RunAsync(string[] arguments, byte[]? input, params (string Name, string Value)[] environment)
    {
        await using var program = Start(arguments, environment);
        using var patience = new CancellationTokenSource(Patience);
        await program._process.StandardInput.BaseStream.WriteAsync(input ?? [], patience.Token);
        program._process.StandardInput.Close();
        var output = await program._process.StandardOutput.ReadToEndAsync(patience.Token);
        return new ConsoleRun(await program.ExitAsync(), output, program.Error);
    }

    public static ConsoleProgram Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Assembly);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ConsoleProgram(Process.Start(start)!);
    }

    /// <summary>The next line of standard output.</summary>
    public async Task<string> LineAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _process.StandardOutput.ReadLineAsync(patience.Token)
            ?? throw new InvalidOperationException($"smtptls has ended its output. On standard error: {Error}");
    }

    public async Task<JsonElement> JsonLineAsync() => ConsoleRun.Parse(await LineAsync());

    public void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    public bool HasExited => _process.HasExited;

    /// <summary>Waits for the end; the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        await _errorRead.WaitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _errorRead;
        _process.Dispose();
    }

    private async Task ReadErrorAsync()
    {
        // Ends with the process, which DisposeAsync ends.
        while (await _process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_error)
            {
                _error.Append(line).Append('\n');
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}

/// <summary>How a run ended.</summary>
internal sealed record ConsoleRun(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output as JSON, one object a line and nothing else.</summary>
    public IReadOnlyList<JsonElement> Objects => [.. Output.TrimEnd('\n').Split('\n').Select(Parse)];

    /// <summary>The only object.</summary>
    public JsonElement Object => Assert.Single(Objects);

    public static JsonElement Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"exit {ExitCode}\n--- output\n{Output}\n--- error\n{Error}");
}
