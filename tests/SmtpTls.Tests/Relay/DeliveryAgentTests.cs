using SmtpTls.Relay;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Relay.DeliveryBench;

namespace SmtpTls.Tests.Relay;

/// <summary>What an attempt comes to for each recipient, whichever place decides.</summary>
public class DeliveryAgentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_delivered_and_the_report_says_where()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPlain + Take + Quit));

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Delivered 250", Fates(report));
        Assert.Equal(("mx.test", "192.0.2.1:25", "Q1"), (report.Host, report.EndPoint, report.RemoteQueueId));
        Assert.Null(report.NextHopFailure);
        Assert.False(report.Untried || report.MayHaveBeenDelivered || report.OfferedDsn);
    }

    [Theory]
    [InlineData("REFUSE")]
    [InlineData("S: 421 busy")]
    [InlineData("S: 554 not you\nC: QUIT\nS: 221 bye")]
    [InlineData("CLOSE")]
    [InlineData("S: SSH-2.0-OpenSSH_9.2")]
    [InlineData("S: 220 mx.test\nC: EHLO relay.test\nS: 451 later\nC: QUIT\nS: 221 bye")]
    [InlineData("S: 220 mx.test\nC: EHLO relay.test\nS: 550 bad name\nC: QUIT\nS: 221 bye")]
    [InlineData(OpenPlain + "C: MAIL FROM:<a@test>\nS: 421 stopping")]
    [InlineData(OpenPlain + "C: MAIL FROM:<a@test>\nCLOSE")]
    public async Task A_place_that_will_not_talk_leads_to_the_next_one(string first)
    {
        var server = new ScriptedServer(first, OpenPlain + Take + Quit);
        await using var bench = new DeliveryBench(server, limits: null, "mx1.test=192.0.2.1", "mx2.test=192.0.2.2");

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Delivered 250", Fates(report));
        Assert.Equal("mx2.test", report.Host);
        Assert.Equal("192.0.2.1 192.0.2.2", string.Join(' ', server.Dialled.Select(e => e.Address)));
    }

    [Fact]
    public async Task Where_no_place_will_do_the_next_hop_is_to_blame_and_all_are_told_of()
    {
        await using var bench = new DeliveryBench(new ScriptedServer("REFUSE", "S: 421 busy"), limits: null, "mx.test=192.0.2.1 192.0.2.2");

        var report = await bench.DeliverAsync("b@test", "c@test");

        Assert.Equal("b@test Deferred 421, c@test Deferred 421", Fates(report));
        Assert.Equal(FindingCode.ServiceRefused, report.NextHopFailure!.Code);
        Assert.Contains("Before that: Could not connect to mx.test (192.0.2.1:25)", report.NextHopFailure.Message, StringComparison.Ordinal);
        Assert.False(report.NextHopFailure.Permanent);
    }

    [Fact]
    public async Task No_more_addresses_are_dialled_than_allowed()
    {
        var server = new ScriptedServer("REFUSE", "REFUSE");
        await using var bench = new DeliveryBench(server, new DeliveryLimits { AddressesPerAttempt = 2 }, "mx.test=192.0.2.1 192.0.2.2 192.0.2.3");

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Deferred -", Fates(report));
        Assert.Equal(FindingCode.ConnectFailed, report.NextHopFailure!.Code);
        Assert.Equal(2, server.Dialled.Count);
    }

    [Fact]
    public async Task Each_recipient_gets_its_own_answer()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPipelining + """
            C: MAIL FROM:<a@test>
            C: RCPT TO:<b@test>
            C: RCPT TO:<c@test>
            C: RCPT TO:<d@test>
            C: DATA
            S: 250 ok
            S: 550 5.1.1 unknown
            S: 250 ok
            S: 450 4.2.0 greylisted
            S: 354 go on
            BODY
            S: 250 ok

            """ + Quit));

        var report = await bench.DeliverAsync("b@test", "c@test", "d@test");

        Assert.Equal("b@test Failed 550, c@test Delivered 250, d@test Deferred 450", Fates(report));
        Assert.Null(report.NextHopFailure);
        Assert.Null(report.Recipients[1].Failure);
        Assert.Equal((FindingCode.RecipientRefused, true), (report.Recipients[0].Failure!.Code, report.Recipients[0].Failure!.Permanent));
        Assert.Equal("mx.test (192.0.2.1:25) refused the recipient <b@test>: 550 5.1.1 unknown", report.Recipients[0].Failure!.Message);
        Assert.Equal([10, 11, 12], report.Recipients.Select(r => r.Recipient.Number));
    }

    [Theory]
    [InlineData("550 5.7.1 not you", nameof(RecipientFate.Failed), 550)]
    [InlineData("451 4.7.1 later", nameof(RecipientFate.Deferred), 451)]
    public async Task A_refusal_of_the_sender_after_ten_pipelined_recipients_is_everybodys(string reply, string fate, int code)
    {
        var recipients = Enumerable.Range(0, 10).Select(i => $"r{i}@test").ToArray();
        var server = new ScriptedServer(
            OpenPipelining
            + "C: MAIL FROM:<a@test>\n" + string.Concat(recipients.Select(r => $"C: RCPT TO:<{r}>\n")) + "C: DATA\n"
            + $"S: {reply}\n" + string.Concat(recipients.Select(_ => "S: 503 no\n")) + "S: 503 no\n"
            + "C: MAIL FROM:<a@test>\nC: RCPT TO:<b@test>\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go on\nBODY\nS: 250 ok\n" + Quit);
        await using var bench = new DeliveryBench(server, limits: null, "mx.test=192.0.2.1 192.0.2.2");

        var report = await bench.DeliverAsync(recipients);

        Assert.All(report.Recipients, r => Assert.Equal((fate, code, FindingCode.SenderRefused), (r.Fate.ToString(), r.Reply!.Code, r.Failure!.Code)));
        Assert.Null(report.NextHopFailure);

        // It was an answer: no other address is asked, and the session goes on without a RSET.
        Assert.Equal("b@test Delivered 250", Fates(await bench.DeliverAsync("b@test")));
        Assert.Single(server.Dialled);
    }

    [Theory]
    [InlineData("C: DATA\nS: 554 5.7.1 no\n", nameof(RecipientFate.Failed), 554)]
    [InlineData("C: DATA\nS: 354 go on\nBODY\nS: 554 5.7.1 spam\n", nameof(RecipientFate.Failed), 554)]
    [InlineData("C: DATA\nS: 354 go on\nBODY\nS: 452 4.3.1 disk full\n", nameof(RecipientFate.Deferred), 452)]
    public async Task A_refusal_of_the_message_is_final_at_the_place_that_said_it(string end, string fate, int code)
    {
        var reset = end.Contains("BODY", StringComparison.Ordinal) ? "" : "C: RSET\nS: 250 ok\n";
        var server = new ScriptedServer(OpenPlain + "C: MAIL FROM:<a@test>\nS: 250 ok\nC: RCPT TO:<b@test>\nS: 250 ok\n" + end + reset + Take + Quit);
        await using var bench = new DeliveryBench(server, limits: null, "mx.test=192.0.2.1 192.0.2.2");

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal((fate, code, FindingCode.MessageRefused), (report.Recipients[0].Fate.ToString(), report.Recipients[0].Reply!.Code, report.Recipients[0].Failure!.Code));
        Assert.Null(report.NextHopFailure);
        Assert.Equal("b@test Delivered 250", Fates(await bench.DeliverAsync("b@test")));
    }

    [Fact]
    public async Task Recipients_beyond_the_servers_limit_get_another_transaction_on_the_same_session()
    {
        const string Refusing = """
            C: MAIL FROM:<a@test>
            C: RCPT TO:<b@test>
            C: RCPT TO:<c@test>
            C: RCPT TO:<d@test>
            C: DATA
            S: 250 ok
            S: 250 ok
            S: 250 ok
            S: 452 4.5.3 too many recipients
            S: 354 go on
            BODY
            S: 250 ok
            C: MAIL FROM:<a@test>
            C: RCPT TO:<d@test>
            C: DATA
            S: 250 ok
            S: 250 ok
            S: 354 go on
            BODY
            S: 250 ok

            """;
        var server = new ScriptedServer(OpenPipelining + Refusing + Quit);
        await using var bench = new DeliveryBench(server);

        var report = await bench.DeliverAsync("b@test", "c@test", "d@test");

        Assert.Equal("b@test Delivered 250, c@test Delivered 250, d@test Delivered 250", Fates(report));
        Assert.Equal(2, server.Bodies.Count);
    }

    [Fact]
    public async Task A_full_mailbox_is_not_taken_for_too_many_recipients()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPipelining + """
            C: MAIL FROM:<a@test>
            C: RCPT TO:<b@test>
            C: RCPT TO:<c@test>
            C: DATA
            S: 250 ok
            S: 250 ok
            S: 552 5.2.2 mailbox full
            S: 354 go on
            BODY
            S: 250 ok

            """ + Quit));

        Assert.Equal("b@test Delivered 250, c@test Failed 552", Fates(await bench.DeliverAsync("b@test", "c@test")));
    }

    [Fact]
    public async Task No_transaction_has_more_recipients_than_the_limit()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPlain + """
            C: MAIL FROM:<a@test>
            S: 250 ok
            C: RCPT TO:<b@test>
            S: 250 ok
            C: RCPT TO:<c@test>
            S: 550 no
            C: DATA
            S: 354 go on
            BODY
            S: 250 ok
            C: MAIL FROM:<a@test>
            S: 250 ok
            C: RCPT TO:<d@test>
            S: 250 ok
            C: DATA
            S: 354 go on
            BODY
            S: 250 ok

            """ + Quit), new DeliveryLimits { RecipientsPerTransaction = 2 });

        Assert.Equal("b@test Delivered 250, c@test Failed 550, d@test Delivered 250", Fates(await bench.DeliverAsync("b@test", "c@test", "d@test")));
    }

    [Fact]
    public async Task A_server_that_goes_between_two_transactions_is_dialled_again_for_the_rest()
    {
        await using var bench = new DeliveryBench(
            new ScriptedServer(OpenPlain + Take.TrimEnd() + "\nS: 421 one message is enough\nCLOSE", OpenPlain + Take.Replace("b@test", "c@test", StringComparison.Ordinal) + Quit),
            new DeliveryLimits { RecipientsPerTransaction = 1 });

        Assert.Equal("b@test Delivered 250, c@test Delivered 250", Fates(await bench.DeliverAsync("b@test", "c@test")));
    }

    [Fact]
    public async Task Who_was_served_stays_served_when_the_next_transaction_fails()
    {
        await using var bench = new DeliveryBench(
            new ScriptedServer(OpenPlain + Take + "C: MAIL FROM:<a@test>\nS: 421 stopping"), new DeliveryLimits { RecipientsPerTransaction = 1 });

        var report = await bench.DeliverAsync("b@test", "c@test");

        Assert.Equal("b@test Delivered 250, c@test Deferred 421", Fates(report));
        Assert.Equal(FindingCode.ServiceRefused, report.NextHopFailure!.Code);
    }

    [Fact]
    public async Task A_connection_that_is_lost_after_the_final_dot_may_have_delivered_and_leads_nowhere_else()
    {
        var server = new ScriptedServer(OpenPlain + Take[..Take.IndexOf("S: 250 2.0.0", StringComparison.Ordinal)] + "CLOSE");
        await using var bench = new DeliveryBench(server, limits: null, "mx.test=192.0.2.1 192.0.2.2");

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Deferred 451", Fates(report));
        Assert.True(report.MayHaveBeenDelivered);
        Assert.Equal((FindingCode.OutcomeUnknown, false), (report.Recipients[0].Failure!.Code, report.Recipients[0].Failure!.Permanent));
        Assert.Equal("4.4.2", report.Recipients[0].Reply!.Enhanced.ToString());
        Assert.Null(report.NextHopFailure);
        Assert.Single(server.Dialled);
    }

    [Fact]
    public async Task A_reply_that_never_comes_ends_with_its_time_out_as_unknown()
    {
        var server = new ScriptedServer(OpenPlain + Take[..Take.IndexOf("S: 250 2.0.0", StringComparison.Ordinal)] + "SILENCE");
        await using var bench = new DeliveryBench(server);

        var delivering = bench.DeliverAsync("b@test");
        await server.Silent;
        await bench.Clock.TimerSetAsync(TimeSpan.FromMinutes(10));
        bench.Clock.Advance(TimeSpan.FromMinutes(10));
        var report = await delivering;

        Assert.True(report.MayHaveBeenDelivered);
        Assert.Equal(FindingCode.OutcomeUnknown, report.Recipients[0].Failure!.Code);
    }

    [Theory]
    [InlineData(true, false, "5.6.3")]
    [InlineData(false, true, "5.6.7")]
    public async Task A_message_that_no_host_can_take_as_it_is_goes_back(bool eightBit, bool utf8, string status)
    {
        await using var bench = Needing(eightBit, utf8, OpenPlain + Quit, OpenPlain + Quit);

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal(RecipientFate.Failed, report.Recipients[0].Fate);
        Assert.Equal(status, report.Recipients[0].Reply!.Enhanced.ToString());
        Assert.Equal((FindingCode.ExtensionMissing, true), (report.Recipients[0].Failure!.Code, report.Recipients[0].Failure!.Permanent));
        Assert.Null(report.NextHopFailure);
    }

    [Fact]
    public async Task A_message_that_one_host_cannot_take_waits_for_one_that_may_come_back()
    {
        await using var bench = Needing(eightBit: true, utf8: false, "REFUSE", OpenPlain + Quit);

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Deferred -", Fates(report));
        Assert.Equal((FindingCode.ConnectFailed, false), (report.Recipients[0].Failure!.Code, report.Recipients[0].Failure!.Permanent));
        Assert.Contains("8BITMIME", report.Recipients[0].Failure!.Message, StringComparison.Ordinal);
        Assert.Null(report.NextHopFailure);
    }

    [Fact]
    public async Task A_message_beyond_the_announced_size_goes_back()
    {
        await using var bench = new DeliveryBench(new ScriptedServer("S: 220 mx.test\nC: EHLO relay.test\nS: 250-mx.test\nS: 250 SIZE 10\n" + Quit));

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Failed 554", Fates(report));
        Assert.Equal("5.3.4", report.Recipients[0].Reply!.Enhanced.ToString());
    }

    [Theory]
    [InlineData(true, nameof(RecipientFate.Failed), false)]
    [InlineData(false, nameof(RecipientFate.Deferred), true)]
    public async Task Nobody_to_dial_bounces_only_where_that_is_certain(bool permanent, string fate, bool blames)
    {
        var failure = new SmtpFailure { Code = FindingCode.NullMx, Message = "No mail there.", Permanent = permanent, Reply = new SmtpReply(556, null, ["no"]) };
        await using var bench = new DeliveryBench(new ScriptedServer(), new NextHopAnswer([], failure));

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal((fate, 556), (report.Recipients[0].Fate.ToString(), report.Recipients[0].Reply!.Code));
        Assert.Equal(blames, report.NextHopFailure is not null);
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused_alone()
    {
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPlain + Take + Quit));

        var report = await bench.DeliverAsync("b@test", "no address");

        Assert.Equal("b@test Delivered 250, no address Failed 553", Fates(report));
        Assert.Equal("5.1.3", report.Recipients[1].Reply!.Enhanced.ToString());
    }

    [Fact]
    public async Task A_content_that_cannot_be_read_is_nobody_elses_fault()
    {
        var unavailable = new SmtpException(new SmtpFailure { Code = FindingCode.QueueUnavailable, Message = "The queue is gone." });
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPlain + Quit)) { OpenContent = _ => throw unavailable };

        var report = await bench.DeliverAsync("b@test");

        Assert.Equal("b@test Deferred -", Fates(report));
        Assert.Equal(FindingCode.QueueUnavailable, report.Recipients[0].Failure!.Code);
        Assert.Null(report.NextHopFailure);
        Assert.Equal(1, bench.Agent.ConnectionsIdle);
    }

    [Fact]
    public async Task A_stop_between_two_transactions_keeps_what_was_done()
    {
        using var stop = new CancellationTokenSource();
        var opened = 0;
        await using var bench = new DeliveryBench(new ScriptedServer(OpenPlain + Take + Quit), new DeliveryLimits { RecipientsPerTransaction = 1 })
        {
            Content = "x\r\n",
            OpenContent = async token =>
            {
                if (++opened == 2)
                {
                    await stop.CancelAsync();
                    token.ThrowIfCancellationRequested();
                }

                return new MemoryStream("x\r\n"u8.ToArray());
            },
        };

        var report = await bench.DeliverAsync(bench.Route, stop.Token, "b@test", "c@test");

        Assert.Equal("b@test Delivered 250, c@test Deferred -", Fates(report));
        Assert.Equal(FindingCode.Cancelled, report.Recipients[1].Failure!.Code);
        Assert.Null(report.NextHopFailure);
    }

    [Fact]
    public async Task A_stop_before_anything_was_decided_is_thrown()
    {
        using var stop = new CancellationTokenSource();
        var server = new ScriptedServer("SILENCE");
        await using var bench = new DeliveryBench(server);

        var delivering = bench.DeliverAsync(bench.Route, stop.Token, "b@test");
        await server.Silent.WaitAsync(Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delivering);
        Assert.Equal(0, bench.Agent.ConnectionsInUse);
    }

    private static DeliveryBench Needing(bool eightBit, bool utf8, params string[] scripts) =>
        new(new ScriptedServer(scripts), limits: null, "mx.test=192.0.2.1 192.0.2.2")
        {
            Lease = NewLease with { HasEightBit = eightBit, NeedsSmtpUtf8 = utf8 },
        };
}
