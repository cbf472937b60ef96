using SmtpTls.Protocol;

namespace SmtpTls.Tests.Protocol;

public class ClientTransactionTests
{
    private static readonly ClientFailures Failures = new(new ClientPlan
    {
        Host = "mail.test",
        Endpoint = new(0x010200C0, 25),
        HelloName = "client.test",
        Mode = TlsMode.StartTls,
        Level = TlsLevel.Encrypt,
    });

    private static readonly EhloResponse Pipelining = EhloResponse.Parse(new SmtpReply(250, null, ["mail.test", "PIPELINING"]));

    [Fact]
    public void A_thousand_recipients_go_out_in_groups_that_cannot_fill_a_receive_window()
    {
        var transaction = new ClientTransaction(Envelope(1000), Pipelining, resetFirst: false, Failures);
        var groups = new List<int>();
        var sent = new List<string>();

        var step = transaction.Start();
        while (step.Next == ClientAction.ReadReply)
        {
            if (step.Commands.Count > 0)
            {
                groups.Add(step.Commands.Count);
                sent.AddRange(step.Commands.Select(c => c.Line));
            }

            step = transaction.OnReply(step.State == ClientState.Data ? new SmtpReply(354, null, ["go on"]) : new SmtpReply(250, null, ["ok"]));
        }

        Assert.Equal(ClientAction.SendBody, step.Next);
        Assert.Equal(1002, sent.Count);
        Assert.Equal("DATA", sent[^1]);
        Assert.Equal(21, groups.Count);
        Assert.All(groups, count => Assert.InRange(count, 1, ClientTransaction.MaximumGroup));
    }

    [Fact]
    public void DATA_is_not_sent_after_a_group_in_which_nobody_was_accepted()
    {
        // 49 recipients go with MAIL; DATA is left for the next group.
        var transaction = new ClientTransaction(Envelope(49), Pipelining, resetFirst: false, Failures);

        var step = transaction.Start();
        Assert.DoesNotContain(step.Commands, c => c.Line == "DATA");
        while (step.Next == ClientAction.ReadReply)
        {
            Assert.NotEqual(ClientState.Data, step.State);
            step = transaction.OnReply(new SmtpReply(step.State == ClientState.MailFrom ? 250 : 550, null, ["x"]));
        }

        Assert.Equal(ClientAction.Ready, step.Next);
        Assert.True(transaction.IsOpen);
        Assert.Equal(FindingCode.RecipientRefused, transaction.Outcome!.Failure!.Code);
        Assert.Contains("and 39 more", transaction.Outcome.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_known_when_the_session_ended_stays_known()
    {
        var transaction = new ClientTransaction(Envelope(2), EhloResponse.Hello, resetFirst: false, Failures);
        transaction.Start();
        transaction.OnReply(new SmtpReply(250, null, ["ok"]));
        transaction.OnReply(new SmtpReply(550, null, ["no"]));

        transaction.Abandon(Failures.Make(FindingCode.ConnectionLost, ClientState.RcptTo, "gone", "", permanent: false));

        Assert.Equal(550, transaction.Outcome!.Recipients[0].Reply!.Code);
        Assert.Null(transaction.Outcome.Recipients[1].Reply);
        Assert.All(transaction.Outcome.Recipients, r => Assert.False(r.Accepted));
        Assert.Equal(FindingCode.ConnectionLost, transaction.Outcome.Failure!.Code);
    }

    [Fact]
    public void A_decided_outcome_is_not_changed_by_what_comes_after()
    {
        var transaction = new ClientTransaction(Envelope(1), EhloResponse.Hello, resetFirst: false, Failures);
        transaction.Start();
        transaction.OnReply(new SmtpReply(250, null, ["ok"]));
        transaction.OnReply(new SmtpReply(250, null, ["ok"]));
        transaction.OnReply(new SmtpReply(354, null, ["go on"]));
        transaction.OnReply(new SmtpReply(250, null, ["ok"]));

        transaction.Abandon(Failures.Make(FindingCode.ConnectionLost, ClientState.Quit, "gone", "", permanent: false));

        Assert.Null(transaction.Outcome!.Failure);
        Assert.True(transaction.Outcome.Recipients[0].Accepted);
    }

    [Fact]
    public void An_address_that_needs_SMTPUTF8_is_not_blamed_on_the_bytes_of_the_message()
    {
        Assert.True(MailPath.TryParse("jürgen@test", out var from, out _));
        var transaction = new ClientTransaction(Envelope(1) with { From = from, HasEightBit = true }, EhloResponse.Hello, resetFirst: false, Failures);

        transaction.Start();

        // Another transfer encoding would not help: an address cannot be encoded.
        Assert.Equal(FindingCode.ExtensionMissing, transaction.Outcome!.Failure!.Code);
        Assert.Contains("SMTPUTF8", transaction.Outcome.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(452, 4, "Send the message again, to these recipients only")]
    [InlineData(450, 4, "Send the message again, to these recipients only")]
    [InlineData(550, 5, "Correct the refused addresses")]
    public void Advice_on_refused_recipients_goes_by_whether_it_is_for_now_or_for_good(int code, int enhanced, string advice)
    {
        var transaction = new ClientTransaction(Envelope(1), EhloResponse.Hello, resetFirst: false, Failures);
        transaction.Start();
        transaction.OnReply(new SmtpReply(250, null, ["ok"]));
        transaction.OnReply(new SmtpReply(code, new EnhancedStatusCode(enhanced, 5, 3), ["no"]));

        Assert.Equal(FindingCode.RecipientRefused, transaction.Outcome!.Failure!.Code);
        Assert.StartsWith(advice, transaction.Outcome.Failure.Advice, StringComparison.Ordinal);
    }

    private static ClientEnvelope Envelope(int recipients) => new()
    {
        From = MailPath.Null,
        Recipients = [.. Enumerable.Range(0, recipients).Select(i => MailPath.TryParse($"r{i}@test", out var path, out _) ? new ClientRecipient(path) : throw new InvalidOperationException())],
        Size = 10,
    };
}
