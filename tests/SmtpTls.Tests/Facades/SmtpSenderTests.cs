using System.Text;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.SendFixture;

namespace SmtpTls.Tests.Facades;

public class SmtpSenderTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_goes_through_STARTTLS_to_the_server_that_the_name_stands_for()
    {
        await using var server = new ScriptedServer(Certificate.Certificate, OpenTls + Deliver);

        var result = await SendAsync(server);

        Assert.True(result.Accepted);
        Assert.Null(result.Failure);
        Assert.Equal("192.0.2.1", result.Address);
        Assert.Equal(25, result.Port);
        Assert.Equal("4XyZ12", result.QueueId);
        Assert.Equal("mail.test", server.ServerName);
        Assert.NotNull(result.Tls);
        Assert.Equal(TlsMode.StartTls, result.Tls.Mode);
        Assert.Equal(TlsLevel.Secure, result.Tls.Level);
        Assert.Equal("mail.test", result.Tls.MatchedIdentity);
        Assert.Equal(Certificate.Thumbprint, result.Tls.PeerThumbprint);
        Assert.True(result.Tls.Verified);
        Assert.StartsWith("TLSv1.", result.Tls.Protocol, StringComparison.Ordinal);
        Assert.Equal(
            [
                SmtpPhase.Resolve, SmtpPhase.Connect, SmtpPhase.Greeting, SmtpPhase.Hello, SmtpPhase.StartTls, SmtpPhase.Handshake, SmtpPhase.HelloAfterTls,
                SmtpPhase.MailFrom, SmtpPhase.RcptTo, SmtpPhase.Data, SmtpPhase.Message, SmtpPhase.FinalReply, SmtpPhase.Quit,
            ],
            result.Timings.Select(t => t.Phase));
    }

    [Fact]
    public async Task Implicit_TLS_goes_to_port_465_and_begins_with_the_handshake()
    {
        await using var server = new ScriptedServer(
            Certificate.Certificate, "TLS\nS: 220 mail.test\nC: EHLO client.test\nS: 250 mail.test\n" + Deliver);

        var result = await SendAsync(server, Options with { TlsMode = TlsMode.Implicit });

        Assert.True(result.Accepted);
        Assert.Equal(465, Assert.Single(server.Dialled).Port);
        Assert.Equal(TlsMode.Implicit, result.Tls!.Mode);
    }

    [Fact]
    public async Task Without_TLS_nothing_but_plain_text_is_claimed()
    {
        await using var server = new ScriptedServer(OpenPlain + Deliver);

        var result = await SendAsync(server, Options with { TlsMode = TlsMode.None });

        Assert.True(result.Accepted);
        Assert.Null(result.Tls);
    }

    [Fact]
    public async Task Lone_dots_and_bare_line_feeds_arrive_as_lines_of_the_message()
    {
        await using var server = new ScriptedServer(OpenPlain + Deliver);
        using var message = NewMail("Subject: dots\n\n.\n..\r\n.hidden\rend");

        var result = await NewSender(server).SendAsync(Options with { TlsMode = TlsMode.None }, message, Stop);

        Assert.True(result.Accepted);
        Assert.Equal("Subject: dots\r\n\r\n..\r\n...\r\n..hidden\r\nend\r\n.\r\n", Assert.Single(server.Bodies));
    }

    [Fact]
    public async Task A_message_of_several_blocks_arrives_whole()
    {
        var text = "Subject: long\r\n\r\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $".{i}\r\n"));
        await using var server = new ScriptedServer(Certificate.Certificate, OpenTls + Deliver);
        using var message = NewMail(text);

        var result = await NewSender(server).SendAsync(Options, message, Stop);

        Assert.True(result.Accepted);
        Assert.Equal(text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\n", Assert.Single(server.Bodies));
    }

    [Fact]
    public async Task A_certificate_for_another_name_ends_it_before_anything_is_sent()
    {
        await using var server = new ScriptedServer(
            TestPki.Issue("other.test").Certificate, OpenTls[..OpenTls.IndexOf("C: EHLO client.test\nS: 250-mail.test\nS: 250-AUTH", StringComparison.Ordinal)]);

        var result = await SendAsync(server, Options with { SkipCertificateCheck = false }, Resolver().Add("mail.test", "192.0.2.1", "192.0.2.2"));

        Assert.False(result.Accepted);
        Assert.Equal(SmtpPhase.Handshake, result.Failure!.Phase);
        Assert.False(result.Tls!.Verified);

        // The second address is not asked: the first one has proved to be somebody else.
        Assert.Equal("192.0.2.1", Assert.Single(server.Dialled).Address.ToString());
    }

    [Fact]
    public async Task An_address_typed_as_the_server_is_not_looked_up_and_matches_no_name()
    {
        var resolver = Resolver();
        await using var server = new ScriptedServer(
            Certificate.Certificate, OpenTls[..OpenTls.IndexOf("C: EHLO client.test\nS: 250-mail.test\nS: 250-AUTH", StringComparison.Ordinal)]);

        var result = await SendAsync(server, Options with { Server = "192.0.2.1" }, resolver);

        Assert.Equal(FindingCode.IdentityIsAddress, result.Failure!.Code);
        Assert.Contains("mail.test", result.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(resolver.Queries);
        Assert.Equal("", server.ServerName);
    }

    [Fact]
    public async Task A_given_address_is_dialled_and_the_name_is_verified()
    {
        var resolver = new FakeResolver();
        await using var server = new ScriptedServer(Certificate.Certificate, OpenTls + Deliver);

        var result = await SendAsync(server, Options with { Address = "198.51.100.7" }, resolver);

        Assert.True(result.Accepted);
        Assert.Equal("198.51.100.7", result.Address);
        Assert.Equal("mail.test", result.Tls!.MatchedIdentity);
        Assert.Empty(resolver.Queries);
    }

    [Fact]
    public async Task A_server_name_is_what_the_certificate_has_to_carry()
    {
        await using var server = new ScriptedServer(Certificate.Certificate, OpenTls + Deliver);

        var result = await SendAsync(
            server, Options with { Server = "relay.test", ServerName = "mail.test" }, new FakeResolver().Add("relay.test", "192.0.2.5"));

        Assert.True(result.Accepted);
        Assert.Equal("mail.test", server.ServerName);
        Assert.Equal("mail.test", result.Tls!.MatchedIdentity);
    }

    [Fact]
    public async Task A_skipped_check_sends_and_says_so()
    {
        await using var server = new ScriptedServer(TestPki.Issue("other.test").Certificate, OpenTls + Deliver);

        var result = await SendAsync(server, Options with { SkipCertificateCheck = true });

        Assert.True(result.Accepted);
        Assert.True(result.Tls!.CheckSkipped);
        Assert.Contains(result.Findings, f => f.Code == FindingCode.CertificateCheckSkipped);
    }

    [Fact]
    public async Task After_a_failed_handshake_level_opportunistic_sends_on_a_new_connection_and_says_so()
    {
        await using var server = new ScriptedServer(
            "S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go ahead\nCLOSE",
            "S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 STARTTLS\n" + Deliver);

        var result = await SendAsync(server, Options with { TlsLevel = TlsLevel.Opportunistic });

        Assert.True(result.Accepted);
        Assert.Null(result.Tls);
        Assert.Equal(2, server.Dialled.Count);
        Assert.Equal(server.Dialled[0], server.Dialled[1]);
        var finding = Assert.Single(result.Findings, f => f.Code == FindingCode.SentInPlainText);
        Assert.Contains("HandshakeFailed", finding.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TlsLevel.Encrypt)]
    [InlineData(TlsLevel.Verify)]
    [InlineData(TlsLevel.Secure)]
    public async Task After_a_failed_handshake_no_other_level_goes_on(TlsLevel level)
    {
        await using var server = new ScriptedServer(
            "S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go ahead\nCLOSE");

        var result = await SendAsync(server, Options with { TlsLevel = level });

        Assert.Equal(FindingCode.HandshakeFailed, result.Failure!.Code);
        Assert.Equal(SmtpPhase.Handshake, result.Failure.Phase);
        Assert.Contains("mail.test (192.0.2.1:25)", result.Failure.Message, StringComparison.Ordinal);
        Assert.NotNull(result.Failure.Cause);
        Assert.Single(server.Dialled);
    }

    [Fact]
    public async Task A_credential_keeps_level_opportunistic_from_going_on_without_TLS()
    {
        await using var server = new ScriptedServer(
            "S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go ahead\nCLOSE");

        var result = await SendAsync(server, Options with { TlsLevel = TlsLevel.Opportunistic, Credential = new("user", "pass") });

        Assert.Equal(FindingCode.HandshakeFailed, result.Failure!.Code);
    }

    [Fact]
    public async Task Text_in_place_of_the_handshake_is_no_TLS()
    {
        await using var server = new ScriptedServer(
            Chunking.Line, certificate: null, "S: 220 mail.test\nC: EHLO client.test\nS: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go ahead\nS: 250 mail.test\nSILENCE");

        var result = await SendAsync(server);

        // Depending on when the line arrives it is found before the handshake or by it; never believed.
        Assert.Contains(result.Failure!.Code, new[] { FindingCode.StartTlsInjection, FindingCode.HandshakeFailed });
    }

    [Fact]
    public async Task Refused_recipients_are_named_and_the_others_accepted()
    {
        await using var server = new ScriptedServer(
            OpenPlain + "C: MAIL FROM:<a@test>\nS: 250 ok\nC: RCPT TO:<b@test>\nS: 250 ok\nC: RCPT TO:<c@test>\nS: 550 5.1.1 no such user\nC: DATA\nS: 354 go\nBODY\nS: 250 ok\nC: QUIT\nS: 221 bye");
        using var message = NewMail(Message, "b@test", "c@test");

        var result = await NewSender(server).SendAsync(Options with { TlsMode = TlsMode.None }, message, Stop);

        Assert.False(result.Accepted);
        Assert.Equal([true, false], result.Recipients.Select(r => r.Accepted));
        Assert.Equal(550, result.Recipients[1].Reply!.Code);
        Assert.Equal(FindingCode.RecipientRefused, result.Failure!.Code);
        Assert.Contains("refused 1 of 2 recipients: c@test (550 5.1.1 no such user). The message was accepted for the other 1.", result.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_file_that_changed_meanwhile_is_a_failure_in_the_result()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".eml");
        await File.WriteAllTextAsync(path, Message, Stop);
        using var message = await OutgoingMessage.FromFileAsync(path, "a@test", ["b@test"], Stop);
        File.Delete(path);
        await using var server = new ScriptedServer(OpenPlain);

        var result = await NewSender(server).SendAsync(Options with { TlsMode = TlsMode.None }, message, Stop);

        Assert.Equal(FindingCode.InvalidInput, result.Failure!.Code);
        Assert.False(result.Accepted);
    }

    [Fact]
    public void An_address_with_a_line_end_in_it_never_reaches_a_server()
    {
        var refusal = Assert.Throws<SmtpException>(() =>
            OutgoingMessage.FromBytes(Encoding.ASCII.GetBytes(Message), "a@test", ["b@test>\r\nRCPT TO:<evil@test"]));

        Assert.Equal(FindingCode.InvalidInput, refusal.Failure.Code);
    }

    [Fact]
    public async Task Options_that_contradict_each_other_are_a_failure_in_the_result()
    {
        await using var server = new ScriptedServer();

        var result = await SendAsync(server, Options with { TlsMode = TlsMode.None, TlsLevel = TlsLevel.Encrypt });

        Assert.Equal(FindingCode.InvalidInput, result.Failure!.Code);
        Assert.Equal("b@test", Assert.Single(result.Recipients).Recipient);
        Assert.Empty(server.Dialled);
    }

    [Fact]
    public async Task An_exception_of_the_transcripts_reader_reaches_the_caller()
    {
        await using var server = new ScriptedServer("S: 220 mail.test");

        var thrown = await Assert.ThrowsAsync<NotSupportedException>(() => SendAsync(server, Options with { Transcript = Refuse }));

        Assert.Equal("220 mail.test", thrown.Message);

        static void Refuse(TranscriptLine line)
        {
            if (line.Direction == TranscriptDirection.Server)
            {
                throw new NotSupportedException(line.Text);
            }
        }
    }
}
