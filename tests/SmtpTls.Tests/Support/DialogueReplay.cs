using System.Globalization;
using System.Net;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Support;

/// <summary>Plays a dialogue against <see cref="ClientDialogue"/> alone: no stream, no clock, no task.</summary>
internal sealed class DialogueReplay
{
    private readonly DialogueScript _script;
    private readonly Chunking _chunking;
    private readonly ClientDialogue _dialogue;
    private readonly Queue<ClientEnvelope> _envelopes;
    private readonly Queue<byte[]> _arriving = new();
    private readonly List<string> _outcome = [];
    private ReplyParser _parser = new();
    private ReadOnlyMemory<byte> _received;
    private int _at;

    private DialogueReplay(DialogueScript script, Chunking chunking)
    {
        _script = script;
        _chunking = chunking;
        _dialogue = new ClientDialogue(Plan(script));
        _envelopes = new Queue<ClientEnvelope>(Envelopes(script));
    }

    /// <summary>What came of it, line by line as in the file.</summary>
    public static IReadOnlyList<string> Run(DialogueScript script, Chunking chunking)
    {
        var replay = new DialogueReplay(script, chunking);
        replay.Play();
        return replay._outcome;
    }

    public static ClientPlan Plan(DialogueScript script) => new()
    {
        Host = "mail.test",
        Endpoint = IPEndPoint.Parse(script.Setting("endpoint") ?? "192.0.2.1:25"),
        HelloName = "client.test",
        Mode = Enum.Parse<TlsMode>(script.Setting("mode") ?? "StartTls"),
        Level = Enum.Parse<TlsLevel>(script.Setting("level") ?? "None"),
        Credential = script.Setting("credential") is { } credential
            ? new SaslCredential(credential.Split(' ')[0], credential.Split(' ')[1])
            : null,
        AsksUnlistedStartTls = script.Setting("asks-unlisted") is not null,
    };

    private static IEnumerable<ClientEnvelope> Envelopes(DialogueScript script)
    {
        var flags = script.Setting("message") ?? "";
        var size = long.Parse(script.Setting("size") ?? "100", CultureInfo.InvariantCulture);
        return script.Settings.Where(s => s.Name == "to").Select(to => new ClientEnvelope
        {
            From = Path(script.Setting("from") ?? "a@test"),
            Recipients = [.. to.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Recipient)],
            Size = size,
            ChunkSize = script.Setting("chunk") is { } octets ? int.Parse(octets, CultureInfo.InvariantCulture) : null,
            Return = Enum.Parse<DsnReturn>(script.Setting("ret") ?? "Unspecified"),
            EnvelopeId = script.Setting("envid"),
            HasEightBit = flags.Contains("8bit", StringComparison.Ordinal),
            NeedsSmtpUtf8 = flags.Contains("smtputf8", StringComparison.Ordinal),
        });
    }

    // b@test;Success,Delay;rfc822;c@test: a recipient, NOTIFY, ORCPT.
    private static ClientRecipient Recipient(string text)
    {
        var parts = text.Split(';', 3);
        return new ClientRecipient(
            Path(parts[0]),
            parts.Length > 1 ? Enum.Parse<DsnNotify>(parts[1]) : DsnNotify.Unspecified,
            parts.Length > 2 ? parts[2] : null);
    }

    private static MailPath Path(string text) =>
        MailPath.TryParse(text, out var path, out var error) ? path : throw new FormatException($"{text} is not a mail address: {error}.");

    private void Play()
    {
        var step = _dialogue.Start();
        while (true)
        {
            foreach (var command in step.Commands)
            {
                Assert.Equal((ScriptStep.Client, command.Line), NextStep());
            }

            switch (step.Next)
            {
                case ClientAction.ReadReply:
                    step = Read(step.State);
                    break;
                case ClientAction.Handshake:
                    Assert.Equal(ScriptStep.Tls, NextStep().Step);
                    Assert.True(_received.IsEmpty && _arriving.Count == 0, "Plain text would have gone into the handshake.");
                    _parser = new ReplyParser();
                    step = _dialogue.OnHandshakeCompleted();
                    break;
                case ClientAction.SendBody:
                    Assert.Equal(ScriptStep.Body, NextStep().Step);
                    step = _dialogue.OnBodySent();
                    break;
                case ClientAction.SendChunk:
                    Assert.Equal(ScriptStep.Chunk, NextStep().Step);
                    step = _dialogue.OnChunkSent();
                    break;
                case ClientAction.Ready:
                    Report(_dialogue.Outcome);
                    step = _dialogue.MayBegin && _envelopes.TryDequeue(out var envelope) ? _dialogue.Begin(envelope) : _dialogue.Quit();
                    break;
                default:
                    End(step.Next);
                    return;
            }
        }
    }

    private ClientStep Read(ClientState state)
    {
        while (true)
        {
            if (_received.IsEmpty && !Receive())
            {
                return _dialogue.Abort(new ClientFailures(Plan(_script)).Make(FindingCode.ConnectionLost, state, "The script closed the connection.", "", permanent: false));
            }

            var status = _parser.Read(_received.Span, out var consumed);
            _received = _received[consumed..];
            Assert.NotEqual(ReplyParseStatus.Malformed, status);
            if (status == ReplyParseStatus.Complete)
            {
                return _dialogue.OnReply(_parser.Reply!, !_received.IsEmpty);
            }
        }
    }

    // As a socket would: what the server said in one piece arrives in one piece; false where it closed instead.
    private bool Receive()
    {
        if (_arriving.Count == 0)
        {
            var lines = _script.Steps.Skip(_at).TakeWhile(s => s.Step == ScriptStep.Server).Select(s => s.Text).ToArray();
            if (lines.Length == 0)
            {
                Assert.Equal(ScriptStep.Close, NextStep().Step);
                return false;
            }

            _at += lines.Length;
            foreach (var chunk in DialogueScript.Cut(lines, _chunking))
            {
                _arriving.Enqueue(chunk);
            }
        }

        _received = _arriving.Dequeue();
        return true;
    }

    private (ScriptStep Step, string Text) NextStep()
    {
        Assert.True(_at < _script.Steps.Count, "The script is at its end, and the dialogue is not.");
        return _script.Steps[_at++];
    }

    private void Report(TransactionOutcome? outcome)
    {
        if (outcome is null)
        {
            return;
        }

        _outcome.AddRange(outcome.Recipients.Select(r => $"recipient {r.Recipient} {(r.Accepted ? "accepted" : "refused")} {r.Reply?.Code.ToString(CultureInfo.InvariantCulture) ?? "-"}"));
        _outcome.AddRange(outcome.QueueId is null ? [] : [$"queue {outcome.QueueId}"]);
        _outcome.AddRange(outcome.MayHaveBeenTaken ? ["may have been taken"] : []);
        _outcome.AddRange(outcome.Failure is null ? [] : [$"envelope {Show(outcome.Failure)}"]);
    }

    private void End(ClientAction action)
    {
        if (_dialogue.Failure is { } failure)
        {
            // Where the session fails inside a transaction the outcome is told here, else it was told before.
            if (failure.Phase is >= SmtpPhase.MailFrom and < SmtpPhase.Quit)
            {
                Report(_dialogue.Outcome);
            }

            _outcome.Add($"session {Show(failure)}");
        }

        _outcome.AddRange(_dialogue.Findings.Select(f => $"finding {f.Severity} {f.Code}"));
        _outcome.Add(action.ToString());
        Assert.True(_at == _script.Steps.Count, $"The dialogue ended before line {_at + 1} of the script: {(_at < _script.Steps.Count ? _script.Steps[_at] : default)}");
    }

    private static string Show(SmtpFailure failure) => $"{failure.Code} {failure.Phase} {(failure.Permanent ? "permanent" : "temporary")}";
}
