using System.Globalization;
using System.Net;
using System.Text;
using SmtpTls.Protocol;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Protocol;

/// <summary>Mode × level × what the server does → what the dialogue does, as a table that a person can read and review.</summary>
public class TlsNeedTests
{
    private static readonly string[] Behaviours = ["offers", "withholds", "withholds on loopback", "refuses", "injects", "knows no EHLO"];

    private static string Accepted => RepositoryFolder.Combine("tests", "SmtpTls.Tests", "Dialogues", "client", "tls-decisions.txt");

    [Fact]
    public void Every_mode_and_level_meets_every_server_as_the_table_says()
    {
        var received = Table();
        var accepted = File.ReadAllText(Accepted);
        if (received != accepted)
        {
            // To be compared, and copied over the accepted one where the change is meant.
            File.WriteAllText(Path.ChangeExtension(Accepted, "received.txt"), received);
        }

        Assert.Equal(accepted, received);
    }

    [Fact]
    public void No_server_brings_a_level_that_requires_TLS_to_plain_text()
    {
        foreach (var level in Enum.GetValues<TlsLevel>().Where(l => l >= TlsLevel.Encrypt).Append((TlsLevel)99))
        {
            foreach (var mode in Enum.GetValues<TlsMode>().Append((TlsMode)99))
            {
                foreach (var behaviour in Behaviours)
                {
                    Assert.False(Outcome(mode, level, behaviour).StartsWith("plain text", StringComparison.Ordinal), $"{mode} {level} {behaviour}");
                }
            }
        }
    }

    private static string Table()
    {
        var table = new StringBuilder("# mode, level, the server: outcome. Reviewed by hand; a change here is a change of what goes out in plain text.\n");
        foreach (var mode in Enum.GetValues<TlsMode>())
        {
            foreach (var level in Enum.GetValues<TlsLevel>())
            {
                foreach (var behaviour in mode == TlsMode.Implicit ? ["offers"] : Behaviours)
                {
                    table.Append(CultureInfo.InvariantCulture, $"{mode}, {level}, {(mode == TlsMode.Implicit ? "begins with TLS" : behaviour)}: {Outcome(mode, level, behaviour)}\n");
                }
            }
        }

        return table.ToString();
    }

    private static string Outcome(TlsMode mode, TlsLevel level, string behaviour)
    {
        var dialogue = new ClientDialogue(new ClientPlan
        {
            Host = "mail.test",
            Endpoint = IPEndPoint.Parse(behaviour == "withholds on loopback" ? "127.0.0.2:25" : "192.0.2.1:25"),
            HelloName = "client.test",
            Mode = mode,
            Level = level,
        });
        var step = dialogue.Start();
        while (step.Next is ClientAction.ReadReply or ClientAction.Handshake)
        {
            step = step.Next == ClientAction.Handshake
                ? dialogue.OnHandshakeCompleted()
                : dialogue.OnReply(Answer(step.State, behaviour), moreBuffered: step.State == ClientState.StartTls && behaviour == "injects");
        }

        var findings = string.Concat(dialogue.Findings.Select(f => $", {f.Severity} {f.Code}"));
        return step.Next switch
        {
            ClientAction.Ready => (dialogue.InTls ? "TLS" : "plain text") + findings,
            ClientAction.Failed => $"refused, {dialogue.Failure!.Code}{findings}",
            _ => throw new InvalidOperationException($"The dialogue stopped at {step.Next}."),
        };
    }

    private static SmtpReply Answer(ClientState state, string behaviour) => state switch
    {
        ClientState.Greeting => new SmtpReply(220, null, ["mail.test"]),
        ClientState.Ehlo when behaviour == "knows no EHLO" => new SmtpReply(502, null, ["what"]),
        ClientState.Ehlo when behaviour.StartsWith("withholds", StringComparison.Ordinal) => new SmtpReply(250, null, ["mail.test"]),
        ClientState.Ehlo => new SmtpReply(250, null, ["mail.test", "STARTTLS"]),
        ClientState.Helo or ClientState.EhloInTls => new SmtpReply(250, null, ["mail.test"]),
        ClientState.StartTls when behaviour == "refuses" => new SmtpReply(454, null, ["not now"]),
        ClientState.StartTls => new SmtpReply(220, null, ["go ahead"]),
        ClientState.Quit => new SmtpReply(221, null, ["bye"]),
        _ => throw new InvalidOperationException($"No answer in state {state}."),
    };
}
