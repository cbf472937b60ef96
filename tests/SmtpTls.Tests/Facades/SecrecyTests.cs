using System.Globalization;
using System.Net;
using System.Text;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.SendFixture;

namespace SmtpTls.Tests.Facades;

/// <summary>A password goes to the server and nowhere else, even where the server sends it back.</summary>
public class SecrecyTests
{
    private const string User = "someone";
    private const string Password = "tr0ub4dor&3-Größe";

    private static readonly string Plain = Base64($"\0{User}\0{Password}");
    private static readonly string Login = Base64(Password);

    /// <summary>What follows AUTH, with the secret in the server's words.</summary>
    public static TheoryData<string> Echoes() =>
    [
        $"S: 535 5.7.8 wrong password {Password} for {User}\nC: QUIT\nS: 221 bye",
        $"S: 535-I got AUTH PLAIN {Plain}\nS: 535 and will not have it\nC: QUIT\nS: 221 {Plain}",
        $"S: 535 unrecognized: {Plain[..20]}\nC: QUIT\nS: 221 bye",
        $"S: 535 upper case: AUTH PLAIN {Plain.ToUpperInvariant()}\nC: QUIT\nCLOSE",
        $"S: 334 {Plain}\nC: *\nS: 501 cancelled\nC: QUIT\nS: 221 bye",
        $"S: 421 closing because of {Plain}",
        $"S: what is {Plain}?",
    ];

    [Theory]
    [MemberData(nameof(Echoes))]
    public async Task PLAIN_leaves_no_trace_of_the_password(string rest)
    {
        await using var server = new ScriptedServer(Certificate.Certificate, $"{OpenTls}C: AUTH PLAIN {Plain}\n{rest}");

        var told = await TellAsync(server);

        Assert.Contains(told, line => line.Contains("AUTH PLAIN [redacted]", StringComparison.Ordinal));
        AssertSecret(told);
    }

    [Fact]
    public async Task LOGIN_leaves_no_trace_of_the_password()
    {
        await using var server = new ScriptedServer(
            Certificate.Certificate,
            $"{OpenTls.Replace("PLAIN LOGIN", "LOGIN", StringComparison.Ordinal)}C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {Base64(User)}\nS: 334 UGFzc3dvcmQ6\nC: {Login}\nS: 535 what is {Login}?\nC: QUIT\nS: 221 bye");

        var told = await TellAsync(server);

        Assert.Contains(told, line => line == "C: [redacted]");
        AssertSecret(told);
    }

    [Fact]
    public async Task A_password_is_not_sent_outside_TLS_and_appears_nowhere()
    {
        await using var server = new ScriptedServer("S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 AUTH PLAIN\nC: QUIT\nS: 221 bye");

        var told = await TellAsync(server, TlsLevel.Opportunistic);

        Assert.Contains(told, line => line.Contains(nameof(FindingCode.AuthenticationUnavailable), StringComparison.Ordinal));
        AssertSecret(told);
    }

    [Fact]
    public async Task A_message_is_counted_and_not_shown()
    {
        await using var server = new ScriptedServer(OpenPlain + Deliver);
        var lines = new List<TranscriptLine>();

        var result = await SendAsync(server, Options with { TlsMode = TlsMode.None, Transcript = lines.Add });

        Assert.True(result.Accepted);
        var count = string.Create(CultureInfo.InvariantCulture, $"C: [{Message.Length} bytes of message]");
        Assert.Single(lines, l => l.ToString() == count);
        Assert.DoesNotContain(lines, l => l.Text.Contains("hello", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_servers_control_characters_and_long_lines_are_tamed()
    {
        await using var server = new ScriptedServer($"S: 220-\\x1b[2Jmail.test\nS: 220 {new string('x', 3000)}\nC: EHLO client.test\nS: 550 \\x1b[31mno\nC: QUIT\nS: 221 bye");
        var lines = new List<TranscriptLine>();

        var result = await SendAsync(server, Options with { Transcript = lines.Add });

        Assert.All(lines, l => Assert.True(l.Text.Length <= 1000 && !l.Text.Any(char.IsControl), l.Text));
        Assert.DoesNotContain(result.Failure!.Message, char.IsControl);
    }

    /// <summary>Everything that a caller can see of a sending, as text.</summary>
    private static async Task<List<string>> TellAsync(ScriptedServer server, TlsLevel? level = null)
    {
        var told = new List<string>();
        var options = Options with
        {
            TlsLevel = level,
            Credential = new NetworkCredential(User, Password),
            Transcript = line => told.Add(line.ToString()),
        };
        var result = await SendAsync(server, options);
        Assert.NotNull(result.Failure);
        told.Add(result.Failure.ToString());
        told.Add(result.Failure.Command ?? "");
        told.Add(result.Failure.Cause ?? "");
        told.Add(result.Failure.Reply?.ToString() ?? "");
        told.Add(new SmtpException(result.Failure).ToString());
        told.Add(result.ToString());
        told.AddRange(result.Findings.Select(f => $"{f} {f.Evidence} {f.Advice}"));
        return told;
    }

    private static void AssertSecret(List<string> told)
    {
        // Also what a truncated echo would leave: the beginning of the encoded forms as far as it holds password bytes.
        var userPart = Base64($"\0{User}\0").TrimEnd('=').Length;
        foreach (var secret in new[] { Password, Plain, Login, Plain[..(userPart + 4)], Login[..8] })
        {
            Assert.DoesNotContain(told, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
