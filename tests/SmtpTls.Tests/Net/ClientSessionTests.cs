using System.Net;
using System.Text;
using SmtpTls.Net;
using SmtpTls.Protocol;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Net;

/// <summary>Several messages on one session, and what may be done with it between them.</summary>
public class ClientSessionTests
{
    private const string OpenChunking = """
        S: 220 mail.test ESMTP
        C: EHLO client.test
        S: 250-mail.test
        S: 250-PIPELINING
        S: 250 CHUNKING

        """;

    private const string OneMessage = """
        C: MAIL FROM:<a@test>
        S: 250 ok
        C: RCPT TO:<b@test>
        S: 250 ok
        C: DATA
        S: 354 go on
        BODY
        S: 250 ok

        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_small_message_goes_out_in_one_group_with_its_line_ends_mended()
    {
        await using var server = new ScriptedServer(OpenChunking + """
            C: MAIL FROM:<a@test>
            C: RCPT TO:<b@test>
            C: BDAT 17 LAST
            CHUNK 17
            S: 250 ok
            S: 250 ok
            S: 250 2.0.0 queued as Q1
            C: QUIT
            S: 221 bye
            """);
        await using var session = await OpenAsync(server);

        var outcome = await SendAsync(session, "Subject: x\n\n.\r");
        await session.QuitAsync(Token);

        Assert.Null(outcome.Failure);
        Assert.Equal("Q1", outcome.QueueId);
        Assert.Equal(["Subject: x\r\n\r\n.\r\n"], server.Bodies);
    }

    [Fact]
    public async Task A_message_beyond_a_block_goes_by_DATA()
    {
        await using var server = new ScriptedServer(OpenChunking + """
            C: MAIL FROM:<a@test>
            C: RCPT TO:<b@test>
            C: DATA
            S: 250 ok
            S: 250 ok
            S: 354 go on
            BODY
            S: 250 ok
            C: QUIT
            S: 221 bye
            """);
        await using var session = await OpenAsync(server);
        var line = new string('x', 998) + "\r\n";
        var large = string.Concat(Enumerable.Repeat(line, 70));

        var outcome = await SendAsync(session, large);
        await session.QuitAsync(Token);

        Assert.Null(outcome.Failure);
        Assert.Equal(large + ".\r\n", Assert.Single(server.Bodies));
    }

    [Fact]
    public async Task A_session_is_used_again_after_a_message_and_nothing_is_said_in_between()
    {
        await using var server = new ScriptedServer(SendFixture.OpenPlain + OneMessage + OneMessage + "C: QUIT\nS: 221 bye");
        await using var session = await OpenAsync(server);

        await SendAsync(session, "one\r\n");
        Assert.True(session.IsReusable);
        session.Rest();
        Assert.True(session.IsQuiet);
        await SendAsync(session, "two\r\n");
        Assert.True(session.IsReusable);
        await session.QuitAsync(Token);

        Assert.Equal(["one\r\n.\r\n", "two\r\n.\r\n"], server.Bodies);
    }

    [Fact]
    public async Task Nothing_of_a_message_goes_out_that_does_not_have_the_announced_size()
    {
        await using var server = new ScriptedServer(OpenChunking + "C: QUIT\nS: 221 bye");
        await using var session = await OpenAsync(server);
        var envelope = Envelope(3);

        var failure = (await Assert.ThrowsAsync<SmtpException>(() => session.SendAsync(envelope, new MemoryStream("four"u8.ToArray()), hearsItOut: true, Token))).Failure;

        Assert.Equal(FindingCode.InvalidInput, failure.Code);
        Assert.True(session.IsReusable);
        await session.QuitAsync(Token);
    }

    [Fact]
    public async Task A_session_whose_server_spoke_out_of_turn_is_not_used_again()
    {
        await using var server = new ScriptedServer(SendFixture.OpenPlain + OneMessage + "S: 421 idle too long");
        await using var session = await OpenAsync(server);

        await SendAsync(session, "one\r\n");

        // It came with the reply, or it comes while the session rests.
        session.Rest();
        await Until(() => !session.IsReusable || !session.IsQuiet);
    }

    [Fact]
    public async Task A_server_that_went_while_the_session_rested_is_noticed()
    {
        await using var server = new ScriptedServer(SendFixture.OpenPlain + OneMessage + "CLOSE");
        await using var session = await OpenAsync(server);

        await SendAsync(session, "one\r\n");
        session.Rest();

        await Until(() => !session.IsQuiet);
    }

    [Fact]
    public async Task Who_hears_it_out_gets_the_reply_although_the_wait_was_cancelled()
    {
        await using var server = new ScriptedServer(SendFixture.OpenPlain + OneMessage);
        await using var session = await OpenAsync(server);
        using var stop = new CancellationTokenSource();
        var content = new CancellingStream("one\r\n"u8.ToArray(), stop);

        var outcome = await session.SendAsync(Envelope(5), content, hearsItOut: true, stop.Token);

        Assert.True(stop.IsCancellationRequested);
        Assert.Null(outcome.Failure);
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
            Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task<ClientSession> OpenAsync(ScriptedServer server)
    {
        var clock = TestPki.Clock();
        Assert.True(ReferenceIdentity.TryParse("mail.test", out var identity, out _));
        var settings = new SessionSettings
        {
            Host = "mail.test",
            Identity = identity,
            Mode = TlsMode.None,
            Level = TlsLevel.None,
            HelloName = "client.test",
        };
        var phases = new PhaseClock(clock);
        var session = await new SessionOpener(new Dialer(SendFixture.Resolver(), server, clock), clock)
            .ConnectAsync(settings, IPEndPoint.Parse("192.0.2.1:25"), phases, new Transcript(sink: null, phases), Token);
        Assert.Null(await session.OpenAsync(Token));
        return session;
    }

    private static Task<TransactionOutcome> SendAsync(ClientSession session, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        return session.SendAsync(Envelope(bytes.Length), new MemoryStream(bytes), hearsItOut: false, Token);
    }

    private static ClientEnvelope Envelope(long size) => new() { From = Path("a@test"), Recipients = [new ClientRecipient(Path("b@test"))], Size = size };

    private static MailPath Path(string text) => MailPath.TryParse(text, out var path, out _) ? path : throw new ArgumentException(text, nameof(text));

    // Cancels at the very end of the message, just before its last block goes out.
    private sealed class CancellingStream(byte[] bytes, CancellationTokenSource stop) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                await stop.CancelAsync();
            }

            return read;
        }
    }
}
