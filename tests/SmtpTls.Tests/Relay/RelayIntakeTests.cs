using System.Text;
using SmtpTls.Queue;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

public class RelayIntakeTests
{
    private const string Text = "Received: from x\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@test>\r\nDKIM-Signature: v=1\r\n\r\nbody\r\n";
    private static readonly DateTimeOffset Time = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_goes_on_byte_for_byte_behind_the_trace_header()
    {
        var bench = new IntakeBench();
        var answer = await bench.Intake.AcceptAsync(Message(Text, "b@test"), Token);

        var (message, content) = Assert.Single(bench.Seen.Taken);
        Assert.Null(answer.Failure);
        Assert.Equal(answer.Id, message.Id);
        Assert.EndsWith(" +0000\r\n" + Text, content, StringComparison.Ordinal);
        Assert.StartsWith($"Received: from client.test ([192.0.2.1])\r\n\tby relay.test with ESMTP id {answer.Id}\r\n\tfor <b@test>;\r\n", content, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetByteCount(content), message.Size);
        Assert.Equal(("Grüße", "<1@test>", "a@test"), (message.Subject, message.MessageId, message.ReversePath));
    }

    [Fact]
    public async Task The_tracking_log_has_its_first_entry_with_it()
    {
        var bench = new IntakeBench();
        await bench.Intake.AcceptAsync(Message(Text, "b@test", "c@test"), Token);

        var message = bench.Seen.Taken[0].Message;
        var entry = Assert.Single(message.Events);
        Assert.Equal((TrackingEventKind.Receive, message.Id, message.Size, Time), (entry.Kind, entry.Id, entry.Size, entry.Time));
        Assert.Equal(["b@test", "c@test"], entry.Recipients);
        Assert.Equal(message.Origin, entry.Origin);
    }

    [Fact]
    public async Task Each_recipient_has_its_next_hop_and_what_was_said_of_it()
    {
        var bench = new IntakeBench(domains: ["*.test", "*"]);
        await bench.Intake.AcceptAsync(Message(Text) with
        {
            Recipients =
            [
                new IntakeRecipient("b@One.Test") { Notify = DsnNotify.Never, OriginalRecipient = "rfc822;x@test" },
                new IntakeRecipient("b@one.test"), new IntakeRecipient("B@one.test"), new IntakeRecipient("c@bücher.test"), new IntakeRecipient("postmaster"),
            ],
        }, Token);

        var (message, content) = bench.Seen.Taken[0];
        Assert.Equal(
            [
                new NewRecipient("b@One.Test", "one.test", "one.test") { Notify = DsnNotify.Never, OriginalRecipient = "rfc822;x@test" },
                new NewRecipient("B@one.test", "one.test", "one.test"),
                new NewRecipient("c@bücher.test", "xn--bcher-kva.test", "xn--bcher-kva.test"),
                new NewRecipient("postmaster@relay.test", "relay.test", "relay.test"),
            ],
            message.Recipients);
        Assert.DoesNotContain("for <", content, StringComparison.Ordinal);
        Assert.Equal("offer for one.test xn--bcher-kva.test relay.test", bench.Told[0]);
    }

    [Fact]
    public async Task A_message_of_100_hops_is_taken_and_one_of_101_is_a_loop()
    {
        var bench = new IntakeBench();
        var hops = string.Concat(Enumerable.Repeat("Received: from x\r\n", 100));
        Assert.NotNull((await bench.Intake.AcceptAsync(Message(hops + Text["Received: from x\r\n".Length..], "b@test"), Token)).Id);

        var refused = (await bench.Intake.AcceptAsync(Message(hops + Text, "b@test"), Token)).Failure!;
        Assert.Equal((FindingCode.MailLoop, true, 554, new EnhancedStatusCode(5, 4, 6)), (refused.Code, refused.Permanent, refused.Reply!.Code, refused.Reply.Enhanced!.Value));
        Assert.Contains("101", refused.Message, StringComparison.Ordinal);
        Assert.Single(bench.Seen.Taken);
    }

    [Fact]
    public async Task Where_no_route_leads_to_one_recipient_nothing_is_taken()
    {
        var bench = new IntakeBench(domains: "test");
        var refused = (await bench.Intake.AcceptAsync(Message(Text, "b@test", "c@elsewhere.test"), Token)).Failure!;
        Assert.Equal((FindingCode.NoRoute, 550, new EnhancedStatusCode(5, 4, 4)), (refused.Code, refused.Reply!.Code, refused.Reply.Enhanced!.Value));
        Assert.Contains("c@elsewhere.test", refused.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Seen.Taken);
        Assert.Empty(bench.Told);
    }

    [Fact]
    public async Task A_lease_that_is_offered_goes_with_the_message_and_comes_back_where_it_is_not_stored()
    {
        var bench = new IntakeBench { Offer = new LeaseTerms("runner", Time.AddMinutes(5), new HashSet<string>(StringComparer.Ordinal) { "test" }) };
        var id = (await bench.Intake.AcceptAsync(Message(Text, "b@test"), Token)).Id;
        Assert.Equal(bench.Offer, bench.Seen.Taken[0].Message.Lease);

        bench.Seen.Fault = new SmtpException(new SmtpFailure { Code = FindingCode.QueueUnavailable, Message = "The disk is full." });
        var failed = await Assert.ThrowsAsync<SmtpException>(async () => await bench.Intake.AcceptAsync(Message(Text, "b@test"), Token));
        Assert.Equal(FindingCode.QueueUnavailable, failed.Failure.Code);
        Assert.Equal(["offer for test", $"enqueued {id}", "offer for test", "not enqueued, runner free"], bench.Told);
    }

    [Theory]
    [InlineData(" folded into nothing\r\n")]
    [InlineData("\tSubject: x\r\n\r\nbody\r\n")]
    public async Task A_first_line_that_begins_with_white_space_does_not_become_part_of_the_trace(string text)
    {
        var bench = new IntakeBench();
        await bench.Intake.AcceptAsync(Message(text, "b@test"), Token);
        var (message, content) = bench.Seen.Taken[0];
        Assert.EndsWith(" +0000\r\n\r\n" + text, content, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetByteCount(content), message.Size);
    }

    [Fact]
    public async Task What_a_header_says_is_kept_short_and_harmless()
    {
        var bench = new IntakeBench();
        await bench.Intake.AcceptAsync(Message($"Subject: a\u001b[31m{new string('b', 2_000)}\r\nMessage-ID: <\u0007>\r\n\r\n", "b@test"), Token);
        var message = bench.Seen.Taken[0].Message;
        Assert.Equal(998, message.Subject.Length);
        Assert.StartsWith("a\ufffd[31mbbb", message.Subject, StringComparison.Ordinal);
        Assert.Equal("<?>", message.MessageId);
    }

    [Fact]
    public async Task An_empty_message_is_a_message()
    {
        var bench = new IntakeBench();
        Assert.NotNull((await bench.Intake.AcceptAsync(Message("", "b@test"), Token)).Id);
    }

    [Fact]
    public async Task An_id_that_was_taken_is_known()
    {
        var bench = new IntakeBench();
        var id = bench.Intake.NextId();
        Assert.False(await bench.Intake.HasTakenAsync(id, Token));
        Assert.Equal(id, (await bench.Intake.AcceptAsync(Message(Text, "b@test") with { Id = id }, Token)).Id);
        Assert.True(await bench.Intake.HasTakenAsync(id, Token));
    }

    private static IntakeMessage Message(string text, params string[] recipients)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new IntakeMessage
        {
            ReversePath = "a@test",
            Recipients = [.. recipients.Select(r => new IntakeRecipient(r))],
            OpenContent = () => new MemoryStream(bytes),
            Size = bytes.Length,
            ReceivedAt = Time,
            Protocol = "ESMTP",
            Origin = new MessageOrigin { Kind = MessageSourceKind.Smtp, HelloName = "client.test", RemoteEndPoint = "192.0.2.1:4711" },
        };
    }
}
