namespace SmtpTls.Interop.Tests.Support;

/// <summary>What a test needs of the machine. Where that is missing, the test is skipped and says what is missing.</summary>
internal static class Needs
{
    /// <summary>Python as Debian installs it.</summary>
    public const string DebianPython = "/usr/bin/python3";

    public static void Program(string program) =>
        Assert.SkipWhen(ExternalProcess.Find(program) is null, $"{program} is not installed");

    /// <summary>swaks alone does plain text only; its TLS is in a Perl module.</summary>
    public static async Task SwaksAsync(CancellationToken cancellationToken)
    {
        Program("swaks");
        var outcome = await ExternalProcess.RunAsync("swaks", ["--support"], cancellationToken);
        Assert.SkipUnless(outcome.Output.Contains("TLS supported", StringComparison.Ordinal), "swaks cannot do TLS here: libnet-ssleay-perl is not installed");
    }

    /// <summary>Debian's Python, with Debian's python3-dkim: another Python that comes first on the PATH does not see it.</summary>
    public static async Task DkimAsync(CancellationToken cancellationToken)
    {
        Assert.SkipUnless(File.Exists(DebianPython), $"{DebianPython} is not installed");
        var outcome = await ExternalProcess.RunAsync(DebianPython, ["-c", "import dkim"], cancellationToken);
        Assert.SkipUnless(outcome.ExitCode == 0, "python3-dkim is not installed");
    }

    public static void Postfix()
    {
        var reason = PostfixInstance.WhyUnavailable();
        Assert.SkipWhen(reason is not null, reason ?? "");
    }
}
