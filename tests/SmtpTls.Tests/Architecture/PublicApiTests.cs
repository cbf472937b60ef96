using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Architecture;

/// <summary>
/// The engine's public surface against PublicApi.txt, so that a change of it shows in review. On a difference what was
/// received is written beside it; run the test with <c>SMTPTLS_ACCEPT_API=1</c> in the environment to accept.
/// </summary>
public class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_one_that_was_accepted()
    {
        var accepted = RepositoryFolder.Combine("tests", "SmtpTls.Tests", "Architecture", "PublicApi.txt");
        var received = Path.ChangeExtension(accepted, "received.txt");
        var surface = PublicSurface.Of(typeof(SmtpFailure).Assembly);
        if (Environment.GetEnvironmentVariable("SMTPTLS_ACCEPT_API") == "1")
        {
            Write(accepted, surface);
        }

        string[] expected = File.Exists(accepted) ? File.ReadAllLines(accepted) : [];
        var gone = expected.Except(surface, StringComparer.Ordinal).Select(line => "- " + line);
        var come = surface.Except(expected, StringComparer.Ordinal).Select(line => "+ " + line);
        var difference = string.Join('\n', gone.Concat(come));
        if (difference.Length == 0)
        {
            File.Delete(received);
            return;
        }

        Write(received, surface);
        Assert.Fail($"""
            The public surface has changed:
            {difference}
            If that is meant, accept it: run this test with SMTPTLS_ACCEPT_API=1 in the environment, or copy
            {received} over {accepted}. Then tell it in CHANGELOG.md.
            """);
    }

    [Fact]
    public void A_surface_line_tells_type_nullability_and_defaults()
    {
        var surface = PublicSurface.Of(typeof(SmtpFailure).Assembly);

        Assert.Contains("SmtpTls.SmtpFailure.Reply { get; init; } : SmtpReply?", surface, StringComparer.Ordinal);
        Assert.Contains("SmtpTls.SmtpFailure.Message { get; init; } : required string", surface, StringComparer.Ordinal);
        Assert.Contains("SmtpTls.SmtpException(SmtpFailure failure, Exception? innerException = default)", surface, StringComparer.Ordinal);
        Assert.Contains("SmtpTls.DnsName.TryParse(string? text, out DnsName? name, out string error) : static bool", surface, StringComparer.Ordinal);
        Assert.DoesNotContain(surface, line => line.Contains("<Clone>", StringComparison.Ordinal) || line.Contains("Internal", StringComparison.Ordinal));
    }

    private static void Write(string path, IEnumerable<string> lines) => File.WriteAllText(path, string.Join('\n', lines) + "\n");
}
