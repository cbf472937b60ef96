using System.Text.Json;

namespace SmtpTls.Tests.Console;

public sealed class DemoVerbTests
{
    [Fact]
    public async Task The_demo_does_the_four_jobs_and_names_version_suite_and_matched_identity()
    {
        var run = await ConsoleProgram.RunAsync("demo");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("", run.Error);
        Assert.Contains("TLSv1.3, TLS_", run.Output, StringComparison.Ordinal);
        Assert.Contains("mail.test matches mail.test in the certificate; verified", run.Output, StringComparison.Ordinal);
        Assert.Contains("<a@test> to b@test: Grüße from smtptls", run.Output, StringComparison.Ordinal);
        Assert.Contains("STARTTLS is offered and works", run.Output, StringComparison.Ordinal);
        Assert.Contains("StartTlsWithheldOnLoopback", run.Output, StringComparison.Ordinal);
        Assert.Contains("IdentityIsAddress", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("All as it should be.\n", run.Output, StringComparison.Ordinal);
    }

    // .NET ends at once where it finds no ICU, unless the program says that it needs none. That host names are mapped
    // alike without it is tested beside send.
    [Fact]
    public void It_starts_where_the_system_has_no_ICU()
    {
        using var configuration = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(ConsoleProgram.Assembly, ".runtimeconfig.json")));
        var properties = configuration.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        Assert.True(properties.GetProperty("System.Globalization.Invariant").GetBoolean());
    }
}
