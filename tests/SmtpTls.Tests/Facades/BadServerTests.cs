using System.Globalization;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.SendFixture;

namespace SmtpTls.Tests.Facades;

/// <summary>Servers that are silent, hang up, or do not speak SMTP: each is named with the phase it happened in.</summary>
public class BadServerTests
{
    private const string Mail = "C: MAIL FROM:<a@test>\n";
    private const string Rcpt = Mail + "S: 250 ok\nC: RCPT TO:<b@test>\n";
    private const string Data = Rcpt + "S: 250 ok\nC: DATA\n";
    private const string Body = Data + "S: 354 go on\nBODY\n";

    // A different time for each, so that a test knows which timer it is that runs.
    private static readonly ClientTimeouts Timeouts = new()
    {
        Resolve = TimeSpan.FromSeconds(1),
        Connect = TimeSpan.FromSeconds(2),
        Greeting = TimeSpan.FromSeconds(3),
        Hello = TimeSpan.FromSeconds(4),
        StartTls = TimeSpan.FromSeconds(5),
        Handshake = TimeSpan.FromSeconds(6),
        Authenticate = TimeSpan.FromSeconds(7),
        MailFrom = TimeSpan.FromSeconds(8),
        RcptTo = TimeSpan.FromSeconds(9),
        Data = TimeSpan.FromSeconds(10),
        DataBlock = TimeSpan.FromSeconds(11),
        FinalReply = TimeSpan.FromSeconds(12),
        Quit = TimeSpan.FromSeconds(13),
    };

    /// <summary>What the server does up to the phase in which it fails, and that phase with its time-out in seconds.</summary>
    public static TheoryData<SmtpPhase, int, string> Phases() => new()
    {
        { SmtpPhase.Greeting, 3, "" },
        { SmtpPhase.Hello, 4, "S: 220 mail.test\nC: EHLO client.test\n" },
        { SmtpPhase.StartTls, 5, "S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\n" },
        { SmtpPhase.HelloAfterTls, 4, OpenTls[..OpenTls.IndexOf("S: 250-mail.test\nS: 250-AUTH", StringComparison.Ordinal)] },
        { SmtpPhase.Authenticate, 7, OpenTls + "C: AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=\n" },
        { SmtpPhase.MailFrom, 8, OpenTls + "C: AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=\nS: 235 ok\n" + Mail },
        { SmtpPhase.RcptTo, 9, OpenTls + "C: AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=\nS: 235 ok\n" + Rcpt },
        { SmtpPhase.Data, 10, OpenTls + "C: AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=\nS: 235 ok\n" + Data },
        { SmtpPhase.FinalReply, 12, OpenTls + "C: AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=\nS: 235 ok\n" + Body },
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task A_server_that_falls_silent_is_reported_with_the_phase_and_the_limit(SmtpPhase phase, int seconds, string script)
    {
        var clock = TestPki.Clock();
        await using var server = new ScriptedServer(Certificate.Certificate, script + "SILENCE");

        var result = await RunOutOfTimeAsync(SendAsync(server, clock), clock, server, seconds);

        Assert.Equal(FindingCode.TimedOut, result.Failure!.Code);
        Assert.Equal(phase, result.Failure.Phase);
        Assert.Contains("mail.test (192.0.2.1:25)", result.Failure.Message, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"longer than {seconds} seconds while "), result.Failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(result.Failure.Advice);
        Assert.False(result.Failure.Permanent);
    }

    [Fact]
    public async Task A_handshake_that_does_not_go_on_is_reported()
    {
        var clock = TestPki.Clock();
        await using var server = new ScriptedServer(
            Certificate.Certificate, "S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go ahead\nSILENCE");

        var result = await RunOutOfTimeAsync(SendAsync(server, clock), clock, server, 6);

        Assert.Equal(FindingCode.TimedOut, result.Failure!.Code);
        Assert.Equal(SmtpPhase.Handshake, result.Failure.Phase);
    }

    [Fact]
    public async Task A_server_that_keeps_a_reply_dripping_does_not_win_time()
    {
        var clock = TestPki.Clock();
        await using var server = new ScriptedServer(Certificate.Certificate, "S: 220-wait\nS: 220-wait\nSILENCE");

        var result = await RunOutOfTimeAsync(SendAsync(server, clock), clock, server, 3);

        Assert.Equal(SmtpPhase.Greeting, result.Failure!.Phase);
        Assert.Equal(FindingCode.TimedOut, result.Failure.Code);
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task A_server_that_hangs_up_is_reported_with_the_phase(SmtpPhase phase, int seconds, string script)
    {
        Assert.True(seconds > 0);
        await using var server = new ScriptedServer(Certificate.Certificate, script + "CLOSE");

        var result = await SendAsync(server, TestPki.Clock());

        Assert.Equal(FindingCode.ConnectionLost, result.Failure!.Code);
        Assert.Equal(phase, result.Failure.Phase);
        Assert.Contains("closed the connection while ", result.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(phase == SmtpPhase.FinalReply, result.Failure.Advice.Contains("may have accepted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_last_reply_before_the_end_is_told()
    {
        await using var server = new ScriptedServer(OpenPlain + Mail + "S: 250 2.1.0 for now\nC: RCPT TO:<b@test>\nCLOSE");

        var result = await SendFixture.SendAsync(server, Options with { TlsMode = TlsMode.None });

        Assert.Contains("Its last reply was: 250 2.1.0 for now", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(250, result.Failure.Reply!.Code);
    }

    [Fact]
    public async Task What_a_server_says_before_it_hangs_up_in_the_middle_of_the_message_is_heard()
    {
        await using var server = new ScriptedServer(OpenPlain + Data + "S: 354 go on\nS: 452 4.3.1 disk full\nCLOSE");
        using var message = NewMail("Subject: long\r\n\r\n" + new string('x', 1_000_000));

        var result = await NewSender(server).SendAsync(Options with { TlsMode = TlsMode.None }, message, Stop);

        // Either it was heard while the message was still being sent, or as the reply to it; never lost.
        Assert.False(result.Accepted);
        Assert.Equal(452, result.Failure!.Reply!.Code);
    }

    [Fact]
    public async Task A_web_server_is_not_taken_for_a_mail_server()
    {
        await using var server = new ScriptedServer("S: HTTP/1.1 400 Bad Request\nS: Connection: close\nS: \nCLOSE");

        var result = await SendFixture.SendAsync(server);

        Assert.Equal(FindingCode.NotSmtp, result.Failure!.Code);
        Assert.Equal(SmtpPhase.Greeting, result.Failure.Phase);
        Assert.Contains("HTTP", result.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "220-more", FindingCode.NotSmtp)]
    [InlineData("S: 220 mail.test\nC: EHLO client.test\n", "250-more", FindingCode.ProtocolError)]
    public async Task A_reply_without_end_is_ended_by_the_client(string before, string line, FindingCode code)
    {
        await using var server = new ScriptedServer(before + "ENDLESS " + line);

        var result = await SendFixture.SendAsync(server);

        Assert.Equal(code, result.Failure!.Code);
        Assert.Contains("128 lines", result.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_sent_after_the_reply_to_STARTTLS_ends_the_connection_at_every_level()
    {
        foreach (var level in new[] { TlsLevel.Opportunistic, TlsLevel.Encrypt, TlsLevel.Secure })
        {
            await using var server = new ScriptedServer(
                "S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go ahead\nS: 250 injected");

            var result = await SendFixture.SendAsync(server, Options with { TlsLevel = level });

            Assert.Equal(FindingCode.StartTlsInjection, result.Failure!.Code);
            Assert.Single(server.Dialled);
        }
    }

    [Fact]
    public async Task Cancellation_ends_the_wait_and_passes_through()
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var clock = TestPki.Clock();
        await using var server = new ScriptedServer(Certificate.Certificate, OpenTls + "C: MAIL FROM:<a@test>\nSILENCE");
        using var message = NewMail();

        var sending = NewSender(server, clock: clock).SendAsync(Options with { Timeouts = Timeouts }, message, cancelled.Token);
        await clock.TimerSetAsync(Timeouts.MailFrom);
        await cancelled.CancelAsync();

        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(cancelled.Token, thrown.CancellationToken);
    }

    [Fact]
    public async Task Cancellation_at_QUIT_does_not_take_the_acceptance_away()
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await using var server = new ScriptedServer(OpenPlain + Deliver[..Deliver.IndexOf("C: QUIT", StringComparison.Ordinal)]);
        using var message = NewMail();
        var options = Options with
        {
            TlsMode = TlsMode.None,
            Transcript = line =>
            {
                if (line.Text == "QUIT")
                {
                    cancelled.Cancel();
                }
            },
        };

        var result = await NewSender(server).SendAsync(options, message, cancelled.Token);

        Assert.True(result.Accepted);
    }

    [Fact]
    public async Task A_server_that_is_silent_at_QUIT_costs_its_time_and_nothing_else()
    {
        var clock = TestPki.Clock();
        await using var server = new ScriptedServer(
            Certificate.Certificate, OpenTls + "C: AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=\nS: 235 ok\n" + Deliver.Replace("S: 221 bye", "SILENCE", StringComparison.Ordinal));

        var result = await RunOutOfTimeAsync(SendAsync(server, clock), clock, server, 13);

        Assert.True(result.Accepted);
    }

    private static async Task<SendResult> SendAsync(ScriptedServer server, TimeProvider clock)
    {
        using var message = NewMail();
        var options = Options with { Timeouts = Timeouts, Credential = new("user", "password") };
        return await NewSender(server, clock: clock).SendAsync(options, message, Stop);
    }

    // Once the server is silent nothing more comes. A write has a timer, too, that may be gone by the time the clock
    // moves; so it moves until the sending is over.
    private static async Task<SendResult> RunOutOfTimeAsync(Task<SendResult> sending, FakeClock clock, ScriptedServer server, int seconds)
    {
        var limit = TimeSpan.FromSeconds(seconds);
        await server.Silent;
        while (!sending.IsCompleted)
        {
            await Task.WhenAny(clock.TimerSetAsync(limit), sending);
            clock.Advance(limit);
        }

        return await sending;
    }
}
