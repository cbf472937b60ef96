using System.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

/// <summary>The promises that hold whatever a server answers, tried with many random servers.</summary>
public class ClientDialogueSafetyTests
{
    private const int Rounds = 20_000;

    // No honest dialogue of one envelope with three recipients has as many steps.
    private const int MostSteps = 40;

    private static readonly int[] Codes = [220, 220, 220, 221, 235, 250, 250, 250, 250, 251, 334, 354, 354, 421, 450, 454, 500, 502, 535, 550, 554];

    private static readonly string[][] Texts =
    [
        ["mail.test"], ["mail.test", "STARTTLS"], ["mail.test", "STARTTLS", "PIPELINING", "SIZE 50"], ["mail.test", "AUTH PLAIN LOGIN", "8BITMIME", "PIPELINING", "CHUNKING"], [],
    ];

    [Fact]
    public void No_answers_lead_to_mail_outside_TLS_where_it_is_required_or_to_a_password_outside_TLS()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var plan = new ClientPlan
            {
                Host = "mail.test",
                Endpoint = new IPEndPoint(IPAddress.Loopback, 25),
                HelloName = "client.test",
                Mode = (TlsMode)random.Next(3),
                Level = (TlsLevel)random.Next((int)TlsLevel.Secure + 1),
                Credential = random.Next(2) == 0 ? new SaslCredential("user", "password") : null,
            };

            Play(plan, random, seed);
        }
    }

    private static void Play(ClientPlan plan, Random random, int seed)
    {
        var dialogue = new ClientDialogue(plan);
        var sent = false;
        var step = dialogue.Start();
        for (var i = 0; ; i++)
        {
            Assert.True(i < MostSteps, $"seed {seed}: the dialogue does not end.");
            foreach (var command in step.Commands)
            {
                var verb = command.Line.Split(' ')[0];
                Assert.False(verb is "AUTH" && !dialogue.InTls, $"seed {seed}: AUTH outside TLS.");
                Assert.False(verb is "MAIL" or "RCPT" or "DATA" or "BDAT" && !dialogue.InTls && plan.Level >= TlsLevel.Encrypt, $"seed {seed}: {verb} outside TLS.");
                Assert.False(verb is "MAIL" && plan.Credential is not null && !dialogue.InTls, $"seed {seed}: MAIL without the authentication that was asked for.");
                Assert.DoesNotContain("password", command.ToString(), StringComparison.Ordinal);
            }

            switch (step.Next)
            {
                case ClientAction.ReadReply:
                    step = dialogue.OnReply(new SmtpReply(Codes[random.Next(Codes.Length)], null, Texts[random.Next(Texts.Length)]), random.Next(5) == 0);
                    break;
                case ClientAction.Handshake:
                    step = dialogue.OnHandshakeCompleted();
                    break;
                case ClientAction.SendBody:
                    step = dialogue.OnBodySent();
                    break;
                case ClientAction.SendChunk:
                    step = dialogue.OnChunkSent();
                    break;
                case ClientAction.Ready:
                    Assert.True(sent || dialogue.MayBegin, $"seed {seed}: no envelope may begin on a new session.");
                    step = sent ? dialogue.Quit() : dialogue.Begin(Envelope());
                    sent = true;
                    break;
                default:
                    Assert.Equal(step.Next == ClientAction.Failed, dialogue.Failure is not null);
                    Assert.True(dialogue.Outcome is null || dialogue.Outcome.Recipients.All(r => r.Accepted) == dialogue.Outcome.Failure is null, $"seed {seed}: a failure and no failure.");
                    return;
            }
        }
    }

    private static ClientEnvelope Envelope() => new()
    {
        From = MailPath.Null,
        Recipients = [.. new[] { "a@test", "b@test", "c@test" }.Select(a => MailPath.TryParse(a, out var path, out _) ? new ClientRecipient(path) : throw new InvalidOperationException(a))],
        Size = 40,
        ChunkSize = 40,
    };
}
