using System.Buffers;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

/// <summary>
/// Replays Dialogues/server/*.dialogue: <c>C:</c> a command line, <c>S:</c> a reply line that must come, <c>=</c> the
/// action the dialogue must ask for (Continue where none is given), <c>!</c> something the connection tells it or an
/// option at the beginning, <c>#</c> a comment.
/// </summary>
public sealed class ServerDialogueTests
{
    public static TheoryData<string> Dialogues()
    {
        var data = new TheoryData<string>();
        foreach (var path in Directory.GetFiles(Folder, "*.dialogue").Order(StringComparer.Ordinal))
        {
            data.Add(Path.GetFileName(path));
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Dialogues))]
    public void Replies_are_what_the_file_says(string file)
    {
        var replay = new Replay();
        foreach (var (line, number) in File.ReadLines(Path.Combine(Folder, file)).Select((l, i) => (l, i + 1)))
        {
            replay.Play(line, $"{file}:{number}");
        }

        replay.End(file);
    }

    [Fact]
    public void The_same_lines_give_the_same_replies()
    {
        string[] lines = ["EHLO a", "MAIL FROM:<a@test>", "RCPT TO:<b@test>", "RCPT TO:<>", "DATA", "NOOP", "RSET", "QUIT"];
        Assert.Equal(Converse(lines), Converse(lines));
    }

    [Fact]
    public void Any_octets_are_answered_and_never_throw()
    {
        var random = new Random(20261121);
        string[] verbs = ["EHLO ", "MAIL FROM:<", "RCPT TO:<", "BDAT ", "DATA", "STARTTLS", "RSET", "", "HELO x", "MAIL FROM:<a@b> "];
        for (var i = 0; i < 20_000; i++)
        {
            var dialogue = New(StartTlsOffer.Offered, requireTls: i % 2 == 0);
            for (var n = 0; n < 6 && dialogue.State != SessionState.Closed; n++)
            {
                var noise = new byte[random.Next(0, 40)];
                random.NextBytes(noise);
                var line = Encoding.ASCII.GetBytes(verbs[random.Next(verbs.Length)]).Concat(noise).Where(b => b != (byte)'\n').ToArray();
                var output = new ArrayBufferWriter<byte>();
                var action = dialogue.Accept(line, output);
                if (action is not ServerAction.ReceiveChunk)
                {
                    Assert.Matches(@"\A([2-5]\d\d[ -][^\r\n]*\r\n)+\z", Encoding.Latin1.GetString(output.WrittenSpan));
                }
            }
        }
    }

    [Fact]
    public void A_recipient_beyond_the_limit_gets_452_and_the_others_stand()
    {
        var dialogue = New(StartTlsOffer.Offered, limits: new ListenerLimits { MaximumRecipients = 1_000 });
        Say(dialogue, "EHLO a");
        Say(dialogue, "MAIL FROM:<a@test>");
        for (var i = 0; i < 1_000; i++)
        {
            Assert.StartsWith("250", Say(dialogue, $"RCPT TO:<r{i}@test>"), StringComparison.Ordinal);
        }

        Assert.StartsWith("452 4.5.3", Say(dialogue, "RCPT TO:<one-too-many@test>"), StringComparison.Ordinal);
        Assert.Equal(1_000, dialogue.Envelope!.Recipients.Count);
        Assert.StartsWith("354", Say(dialogue, "DATA"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AUTH PLAIN AGEAYg==", "a", "b")] // NUL a NUL b
    [InlineData("AUTH plain YQBhAGI=", "a", "b")] // a NUL a NUL b: for oneself
    [InlineData("AUTH PLAIN AMO8AMOkIMO2", "ü", "ä ö")]
    public void A_credential_is_read_as_it_was_given(string line, string user, string password)
    {
        var dialogue = WithUsers();
        Assert.Equal(ServerAction.Authenticate, dialogue.Accept(Encoding.ASCII.GetBytes(line), new ArrayBufferWriter<byte>()));
        var credential = dialogue.TakeCredential();
        Assert.Equal((user, password), (credential.UserName, credential.Password));
        Assert.DoesNotContain(password, credential.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")] // =
    [InlineData("a")] // no NUL at all
    [InlineData("\0a")] // one NUL
    [InlineData("\0a\0b\0c")]
    [InlineData("\0\0b")] // no user
    [InlineData("\0a\0")] // no password
    public void A_PLAIN_message_that_is_none_is_refused(string message)
    {
        var dialogue = WithUsers();
        var response = message.Length == 0 ? "=" : Convert.ToBase64String(Encoding.UTF8.GetBytes(message));
        Assert.StartsWith("501 5.5.2", Say(dialogue, $"AUTH PLAIN {response}"), StringComparison.Ordinal);
        Assert.Equal(SessionState.Ready, dialogue.State);
    }

    [Fact]
    public void A_user_of_256_octets_is_refused_and_one_of_255_is_not()
    {
        var dialogue = WithUsers();
        Say(dialogue, "AUTH PLAIN");
        Assert.StartsWith("501 5.5.2", Say(dialogue, Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{new string('a', 256)}\0b"))), StringComparison.Ordinal);
        Say(dialogue, "AUTH PLAIN");
        Assert.Equal("", Say(dialogue, Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{new string('a', 255)}\0b"))));
        Assert.Equal(255, dialogue.TakeCredential().UserName.Length);
    }

    [Fact]
    public void Any_octets_in_an_exchange_are_answered_and_never_throw()
    {
        var random = new Random(20261121);
        for (var i = 0; i < 20_000; i++)
        {
            var dialogue = WithUsers();
            Say(dialogue, i % 2 == 0 ? "AUTH PLAIN" : "AUTH LOGIN");
            var noise = new byte[random.Next(0, 40)];
            random.NextBytes(noise);
            var line = i % 3 == 0 ? noise : Encoding.ASCII.GetBytes(Convert.ToBase64String(noise));
            var output = new ArrayBufferWriter<byte>();
            var action = dialogue.Accept(line, output);
            Assert.True(action == ServerAction.Authenticate
                ? output.WrittenCount == 0
                : Encoding.ASCII.GetString(output.WrittenSpan) is ['3' or '5', ..], Convert.ToHexString(line));
        }
    }

    [Fact]
    public void Lines_are_longer_inside_an_exchange_only()
    {
        var dialogue = WithUsers();
        Assert.Equal(2_048, dialogue.MaximumLine);
        Say(dialogue, "AUTH PLAIN");
        Assert.Equal(12_288, dialogue.MaximumLine);
        Say(dialogue, "*");
        Assert.Equal(2_048, dialogue.MaximumLine);
    }

    [Fact]
    public void Every_state_has_a_row_with_phrase_and_timeout()
    {
        foreach (var state in Enum.GetValues<SessionState>())
        {
            Assert.NotEmpty(SessionStateTable.Phrase(state));
            Assert.True(SessionStateTable.Timeout(state, new ListenerLimits()) > TimeSpan.Zero);
            Assert.StartsWith("503 5.5.1", Encoding.ASCII.GetString(SessionStateTable.OutOfOrder(state)), StringComparison.Ordinal);
        }
    }

    /// <summary>State × verb, legal or not, as a golden table: a change of the table is seen in review.</summary>
    [Fact]
    public void The_table_of_states_and_verbs_is_the_golden_one()
    {
        var table = new StringBuilder();
        foreach (var state in Enum.GetValues<SessionState>())
        {
            var legal = Enum.GetValues<SmtpVerb>().Where(v => v != SmtpVerb.Unknown && SessionStateTable.IsLegal(state, v));
            table.Append(state).Append(": ").AppendJoin(' ', legal).Append('\n');
        }

        const string Golden = """
            Connected: Helo Ehlo Rset Noop Quit Vrfy Expn Help
            Ready: Helo Ehlo StartTls Auth Mail Rset Noop Quit Vrfy Expn Help
            Authentication: 
            Sender: Helo Ehlo Rcpt Rset Noop Quit Vrfy Expn Help
            Recipients: Helo Ehlo Rcpt Data Bdat Rset Noop Quit Vrfy Expn Help
            Chunks: Helo Ehlo Bdat Rset Noop Quit Vrfy Expn Help
            Data: 
            Closed: 

            """;
        Assert.Equal(Golden, table.ToString(), ignoreLineEndingDifferences: true);
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Dialogues", "server");

    private static ServerDialogue New(StartTlsOffer offer, bool requireTls = false, ListenerLimits? limits = null) =>
        new(new ServerProfile("mail.test", limits ?? new ListenerLimits()), offer, requireTls);

    private static ServerDialogue WithUsers()
    {
        var dialogue = new ServerDialogue(
            new ServerProfile("mail.test", new ListenerLimits { MaximumErrors = 1_000 }) { OffersAuthentication = true }, StartTlsOffer.Offered, requireTls: false);
        dialogue.TlsEstablished();
        Say(dialogue, "EHLO a");
        return dialogue;
    }

    private static string Say(ServerDialogue dialogue, string line)
    {
        var output = new ArrayBufferWriter<byte>();
        dialogue.Accept(Encoding.UTF8.GetBytes(line), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string Converse(IEnumerable<string> lines)
    {
        var dialogue = New(StartTlsOffer.Offered);
        return string.Concat(lines.Select(l => Say(dialogue, l)));
    }

    private sealed class Replay
    {
        private readonly Queue<string> _replies = new();
        private StartTlsOffer _offer = StartTlsOffer.Offered;
        private bool _requireTls;
        private bool _users;
        private bool _requireAuthentication;
        private bool _dsn;
        private bool _policy;
        private ListenerLimits _limits = new();
        private ServerDialogue? _dialogue;
        private ServerAction _action = ServerAction.Continue;
        private bool _actionSeen = true;

        private ServerDialogue Dialogue => _dialogue ??= new ServerDialogue(
            new ServerProfile("mail.test", _limits) { OffersAuthentication = _users, RequireAuthentication = _requireAuthentication, OffersDsn = _dsn },
            _offer,
            _requireTls,
            _policy ? Policy : null);

        private static SmtpReply? Policy(string recipient) =>
            recipient.StartsWith("refused@", StringComparison.Ordinal) ? new SmtpReply(554, new EnhancedStatusCode(5, 7, 1), [$"{recipient} is not served"]) : null;

        public void Play(string line, string place)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                return;
            }

            var text = line.Length > 2 ? line[2..].TrimStart() : "";
            switch (line[0])
            {
                case '!':
                    Tell(text, place);
                    break;
                case 'C':
                    CheckAllSeen(place);
                    Answer(output => Dialogue.Accept(Encoding.UTF8.GetBytes(Unescape(text)), output));
                    break;
                case 'S':
                    Assert.True(_replies.TryDequeue(out var reply), $"{place}: no reply is left, expected: {text}");
                    Assert.True(reply == text, $"{place}\n expected: {text}\n got:      {reply}");
                    break;
                case '=':
                    _actionSeen = true;
                    Assert.True(_action.ToString() == text, $"{place}: expected {text}, got {_action}");
                    break;
                default:
                    Assert.Fail($"{place}: not a line of a dialogue: {line}");
                    break;
            }
        }

        public void End(string place) => CheckAllSeen(place);

        private void Tell(string what, string place)
        {
            switch (what)
            {
                case "greet":
                    Answer(output =>
                    {
                        Dialogue.Greet(output);
                        return ServerAction.Continue;
                    });
                    break;
                case "offer WithheldOnLoopback" or "offer NotConfigured":
                    _offer = Enum.Parse<StartTlsOffer>(what["offer ".Length..]);
                    break;
                case "require tls":
                    _requireTls = true;
                    break;
                case "users":
                    _users = true;
                    break;
                case "dsn":
                    _dsn = true;
                    break;
                case "policy":
                    _policy = true;
                    break;
                case "require authentication":
                    _requireAuthentication = true;
                    break;
                case "limit failures 2":
                    _limits = _limits with { MaximumAuthenticationFailures = 2 };
                    break;
                case "verified" or "rejected" or "unavailable" or "too many":
                    CheckAllSeen(place);
                    var outcome = what == "too many" ? AuthenticationOutcome.TooMany : Enum.Parse<AuthenticationOutcome>(what, ignoreCase: true);
                    Answer(output => Dialogue.Authenticated(Dialogue.TakeCredential().UserName, outcome, output));
                    break;
                case "limit errors 3":
                    _limits = _limits with { MaximumErrors = 3 };
                    break;
                case "limit idle 3":
                    _limits = _limits with { MaximumIdleCommands = 3 };
                    break;
                case "limit size 1000":
                    _limits = _limits with { MaximumMessageSize = 1_000 };
                    break;
                case "tls established":
                    CheckAllSeen(place);
                    Dialogue.TlsEstablished();
                    break;
                case "plain text followed STARTTLS":
                    CheckAllSeen(place);
                    Answer(Dialogue.InjectionBeforeTls);
                    break;
                case "line too long":
                    CheckAllSeen(place);
                    Answer(Dialogue.LineTooLong);
                    break;
                case "bare LF":
                    CheckAllSeen(place);
                    Answer(Dialogue.BareLineFeed);
                    break;
                case "chunk received":
                    CheckAllSeen(place);
                    Answer(output => Dialogue.ChunkReceived(default, output));
                    break;
                case "chunk too large":
                    CheckAllSeen(place);
                    Answer(output => Dialogue.ChunkReceived("552 5.3.4 too large\r\n"u8, output));
                    break;
                case "message accepted":
                    CheckAllSeen(place);
                    Answer(output => Dialogue.Finish(new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), ["Ok: queued as 1"]), output));
                    break;
                case "stop":
                    CheckAllSeen(place);
                    Answer(output => Dialogue.Shutdown(new EnhancedStatusCode(4, 3, 2), "is stopping", output));
                    break;
                default:
                    Assert.Fail($"{place}: unknown: {what}");
                    break;
            }
        }

        private void Answer(Func<IBufferWriter<byte>, ServerAction> answer)
        {
            var output = new ArrayBufferWriter<byte>();
            _action = answer(output);
            _actionSeen = _action == ServerAction.Continue;
            var text = Encoding.UTF8.GetString(output.WrittenSpan);
            Assert.True(text.Length == 0 || text.EndsWith("\r\n", StringComparison.Ordinal), "a reply ends with CR LF");
            foreach (var line in text.Split("\r\n")[..^1])
            {
                _replies.Enqueue(line);
            }
        }

        private void CheckAllSeen(string place)
        {
            Assert.True(_replies.Count == 0, $"{place}: the file does not expect: {string.Join(" | ", _replies)}");
            Assert.True(_actionSeen, $"{place}: the file does not expect the action {_action}");
        }

        private static string Unescape(string text) => text.Replace("\\0", "\0", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal);
    }
}
