namespace SmtpTls.Interop.Tests.Support;

/// <summary>What a test needs of the machine. Where that is missing, the test is skipped and says what is missing.</summary>
internal static class Needs
{
    public static void Program(string program) =>
        Assert.SkipWhen(ExternalProcess.Find(program) is null, $"{program} is not installed");

    /// <summary>swaks alone does plain text only; its TLS is in a Perl module.</summary>
    public static async Task SwaksAsync(CancellationToken cancellationToken)
    {
        Program("swaks");
        var outcome = await ExternalProcess.RunAsync("swaks", ["--support"], cancellationToken);
        Assert.SkipUnless(outcome.Output.Contains("TLS supported", StringComparison.Ordinal), "swaks cannot do TLS here: libnet-ssleay-perl is not installed");
    }

    public static void Postfix()
    {
        var reason = PostfixInstance.WhyUnavailable();
        Assert.SkipWhen(reason is not null, reason ?? "");
    }
}
