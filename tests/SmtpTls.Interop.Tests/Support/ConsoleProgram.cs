using System.Reflection;
using System.Text.Json;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>The console program as it was built beside the tests.</summary>
internal static class ConsoleProgram
{
    /// <summary>The command line that starts it, without arguments.</summary>
    public static string[] Command { get; } = [ExternalProcess.Find("dotnet") ?? Environment.ProcessPath!, FindAssembly()];

    /// <summary>One object a line, as <c>--json</c> writes them.</summary>
    public static List<JsonElement> ReadLines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    private static string FindAssembly()
    {
        var relative = typeof(ConsoleProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ConsoleFromHere").Value!;
        var path = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, relative));
        return File.Exists(path) ? path : throw new FileNotFoundException($"The console was not built: {path} is missing.");
    }
}
