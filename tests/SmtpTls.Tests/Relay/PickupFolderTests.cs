using System.Collections.Concurrent;
using System.Text;
using SmtpTls.Queue;
using SmtpTls.Relay;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Relay;

public sealed class PickupFolderTests : IDisposable
{
    private const string Text = "From: Ann <a@test>\r\nTo: b@test, c@test\r\nBcc: hidden@test\r\nSubject: x\r\n\r\nbody\r\n";
    private readonly TemporaryFolder _folder = new();
    private readonly FakeClock _clock = new();
    private readonly IntakeBench _bench = new(domains: ["test", "*.test"]);
    private readonly ConcurrentQueue<PickupReport> _reports = new();
    private readonly PickupFolder _pickup;

    public PickupFolderTests() => _pickup = New();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_message_is_queued_without_Bcc_and_its_file_is_gone()
    {
        Lay("a.eml", Text);
        await TakeAsync();

        var (message, content) = Assert.Single(_bench.Seen.Taken);
        Assert.Equal("a@test", message.ReversePath);
        Assert.Equal(["b@test", "c@test", "hidden@test"], message.Recipients.Select(r => r.Address), StringComparer.Ordinal);
        Assert.EndsWith(" +0000\r\nFrom: Ann <a@test>\r\nTo: b@test, c@test\r\nSubject: x\r\n\r\nbody\r\n", content, StringComparison.Ordinal);
        Assert.StartsWith($"Received: by relay.test (pickup folder) id {message.Id};\r\n", content, StringComparison.Ordinal);
        Assert.Equal((MessageSourceKind.Pickup, "a.eml"), (message.Origin.Kind, message.Origin.Source));
        Assert.Equal([], Names());
        Assert.Equal(new PickupReport("a.eml", message.Id, null), Assert.Single(_reports));
    }

    [Fact]
    public async Task X_Sender_and_X_Receiver_are_the_envelope_and_do_not_go_out()
    {
        Lay("a.EML", "x-sender: <bounces@test> RET=HDRS ENVID=Q1\r\nX-Receiver: <d@test> NOTIFY=NEVER ORCPT=rfc822;x@test\r\nX-Receiver: e@bücher.test\r\n" + Text);
        await TakeAsync();

        var (message, content) = Assert.Single(_bench.Seen.Taken);
        Assert.Equal(("bounces@test", DsnReturn.Headers, "Q1"), (message.ReversePath, message.Return, message.EnvelopeId));
        Assert.Equal(
            [
                new NewRecipient("d@test", "test", "test") { Notify = DsnNotify.Never, OriginalRecipient = "rfc822;x@test" },
                new NewRecipient("e@xn--bcher-kva.test", "xn--bcher-kva.test", "xn--bcher-kva.test"),
            ],
            message.Recipients);
        Assert.DoesNotContain("X-", content, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("hidden", content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_null_reverse_path_may_be_given_and_an_X_Receiver_inside_the_header_is_a_field_like_others()
    {
        Lay("a.eml", "X-Sender: <>\r\nFrom: a@test\r\nX-Receiver: no@test\r\nTo: b@test\r\n\r\n");
        await TakeAsync();
        var (message, content) = Assert.Single(_bench.Seen.Taken);
        Assert.Equal("", message.ReversePath);
        Assert.Equal(["b@test"], message.Recipients.Select(r => r.Address), StringComparer.Ordinal);
        Assert.Contains("X-Receiver: no@test", content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_of_any_kind_are_ended_with_CRLF_and_a_byte_order_mark_is_left_out()
    {
        Lay("a.eml", "\ufeffFrom: a@test\nTo: b@test\n\nGrüße\rx\n\n.dot");
        await TakeAsync();
        var (message, content) = Assert.Single(_bench.Seen.Taken);
        Assert.EndsWith(" +0000\r\nFrom: a@test\r\nTo: b@test\r\n\r\nGrüße\r\nx\r\n\r\n.dot\r\n", content, StringComparison.Ordinal);
        Assert.Equal((true, false, (long)Encoding.UTF8.GetByteCount(content)), (message.HasEightBit, message.NeedsSmtpUtf8, message.Size));
    }

    [Fact]
    public async Task A_large_message_goes_through_a_temporary_file()
    {
        var body = string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", 3_000));
        Lay("a.eml", Text + body);
        await TakeAsync();
        Assert.EndsWith("body\r\n" + body, Assert.Single(_bench.Seen.Taken).Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_being_written_is_left_alone_until_it_has_settled()
    {
        Lay("a.eml", Text[..40]);
        await _pickup.LookAsync(Token);
        for (var i = 41; i < 44; i++)
        {
            _clock.Advance(PickupFolder.SettleTime);
            Lay("a.eml", Text[..i]);
            await _pickup.LookAsync(Token);
        }

        _clock.Advance(PickupFolder.SettleTime - TimeSpan.FromMilliseconds(1));
        await _pickup.LookAsync(Token);
        Assert.Empty(_bench.Seen.Taken);
        Assert.Equal(["a.eml"], Names());
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await _pickup.LookAsync(Token);
        Assert.Single(_bench.Seen.Taken);
    }

    [Fact]
    public async Task A_file_that_somebody_holds_open_is_left_alone()
    {
        await using (var writer = new FileStream(_folder.File("a.eml"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            await writer.WriteAsync(Encoding.ASCII.GetBytes(Text), Token);
            await writer.FlushAsync(Token);
            await TakeAsync();
            Assert.Empty(_bench.Seen.Taken);
        }

        await TakeAsync();
        Assert.Single(_bench.Seen.Taken);
        Assert.All(_reports, r => Assert.Null(r.Failure));
    }

    [Fact]
    public async Task Other_names_links_and_folders_are_none_of_its_business()
    {
        Lay(".a.eml", Text);
        Lay("a.tmp", Text);
        Lay("a.eml.part", Text);
        Directory.CreateDirectory(_folder.File("folder.eml"));
        Lay("secret", Text);
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(_folder.File("link.eml"), _folder.File("secret"));
        }

        await TakeAsync();
        Assert.Empty(_bench.Seen.Taken);
        Assert.Empty(_reports);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("no header at all\r\n\r\nx", "no From field")]
    [InlineData("From: a@test\r\n\r\nx", "no recipient")]
    [InlineData("From: a@test\r\nTo: b@@test\r\n\r\nx", "To field")]
    [InlineData("X-Sender: <a@test\r\nTo: b@test\r\n\r\nx", "X-Sender")]
    [InlineData("X-Receiver: <b@test> NOTIFY=SOMETIMES\r\nFrom: a@test\r\n\r\nx", "NOTIFY")]
    [InlineData("From: a@test\r\nTo: b@elsewhere.example\r\n\r\nx", "No route")]
    public async Task A_file_that_cannot_be_queued_is_put_aside_with_the_reason(string text, string reason)
    {
        Lay("a.eml", text);
        await TakeAsync();
        Assert.Empty(_bench.Seen.Taken);
        Assert.Equal([], Names());
        Assert.Equal(text, await File.ReadAllTextAsync(_folder.File("failed/a.eml"), Token));
        Assert.Contains(reason, await File.ReadAllTextAsync(_folder.File("failed/a.eml.reason.txt"), Token), StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Single(_reports).Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_of_one_name_can_fail()
    {
        for (var i = 0; i < 2; i++)
        {
            Lay("a.eml", $"nonsense {i}");
            await TakeAsync();
        }

        Assert.Equal(4, Directory.GetFiles(_folder.File("failed")).Length);
    }

    [Fact]
    public async Task A_file_that_is_too_large_or_loops_is_put_aside()
    {
        var small = New(maximumSize: 100);
        Lay("a.eml", Text + new string('x', 100));
        await TakeAsync(small);
        Assert.Equal(FindingCode.MessageTooLarge, _reports.Last().Failure!.Code);

        Lay("b.eml", string.Concat(Enumerable.Repeat("Received: from x\r\n", 101)) + Text);
        await TakeAsync();
        Assert.Equal(FindingCode.MailLoop, _reports.Last().Failure!.Code);
        Assert.Empty(_bench.Seen.Taken);
    }

    [Fact]
    public async Task While_the_queue_takes_nothing_files_wait_and_it_is_told_once()
    {
        _bench.Seen.Fault = new SmtpException(new SmtpFailure { Code = FindingCode.QueueUnavailable, Message = "The disk is full." });
        Lay("a.eml", Text);
        for (var i = 0; i < 4; i++)
        {
            await TakeAsync();
        }

        Assert.Equal(FindingCode.QueueUnavailable, Assert.Single(_reports).Failure!.Code);
        _bench.Seen.Fault = null;
        await TakeAsync();
        await TakeAsync();
        Assert.Single(_bench.Seen.Taken);
        Assert.Equal([], Names());
    }

    [Fact]
    public async Task What_a_relay_that_died_left_behind_is_sent_once()
    {
        // One died after the commit, one before it.
        Lay("a.eml", Text);
        await TakeAsync();
        var taken = Assert.Single(_bench.Seen.Taken).Message.Id;
        Lay($".{taken}~a.eml", Text);
        Lay($".{new QueueId(77)}~b.eml", Text.Replace("body", "other", StringComparison.Ordinal));

        var next = New();
        await next.LookAsync(Token);
        Assert.Equal(["b.eml"], Names());
        await TakeAsync(next);
        Assert.Equal(2, _bench.Seen.Taken.Count);
        Assert.Contains("other", _bench.Seen.Taken[1].Content, StringComparison.Ordinal);
        Assert.Equal([], Names());
    }

    [Fact]
    public async Task A_file_of_the_same_name_that_came_meanwhile_is_not_overwritten()
    {
        Lay($".{new QueueId(77)}~a.eml", Text);
        Lay("a.eml", Text);
        await _pickup.LookAsync(Token);
        Assert.Equal([$"{new QueueId(77)}-a.eml", "a.eml"], Names());
    }

    [Fact]
    public async Task A_look_takes_so_many_files_and_the_next_one_the_rest()
    {
        for (var i = 0; i < PickupFolder.MaximumFiles + 5; i++)
        {
            Lay($"{i}.eml", Text);
        }

        await TakeAsync();
        Assert.Equal(PickupFolder.MaximumFiles, _bench.Seen.Taken.Count);
        await TakeAsync();
        await TakeAsync();
        Assert.Equal(PickupFolder.MaximumFiles + 5, _bench.Seen.Taken.Count);
    }

    [Fact]
    public async Task It_looks_again_and_again_until_it_is_told_to_stop()
    {
        using var stop = new CancellationTokenSource();
        Lay("a.eml", Text);
        var running = _pickup.RunAsync(stop.Token);
        for (var i = 0; i < 3; i++)
        {
            await _clock.TimerSetAsync(PickupFolder.Interval);
            _clock.Advance(PickupFolder.Interval);
        }

        await _clock.TimerSetAsync(PickupFolder.Interval);
        Assert.Single(_bench.Seen.Taken);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_told_once_and_served_when_it_is_back()
    {
        Directory.Delete(_folder.Path, recursive: true);
        await _pickup.LookAsync(Token);
        await _pickup.LookAsync(Token);
        Assert.Contains(_folder.Path, Assert.Single(_reports).Failure!.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder.Path);
        Lay("a.eml", Text);
        await TakeAsync();
        Assert.Single(_bench.Seen.Taken);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_refused()
    {
        Lay("file", "");
        var refused = Assert.Throws<SmtpException>(() => new PickupFolder(_folder.File("file/pickup"), _bench.Intake, _clock, _reports.Enqueue));
        Assert.Equal(FindingCode.InvalidInput, refused.Failure.Code);
    }

    private PickupFolder New(long maximumSize = 50_000_000) =>
        new(_folder.Path, _bench.Intake, _clock, _reports.Enqueue) { MaximumMessageSize = maximumSize };

    private void Lay(string name, string text) => File.WriteAllText(_folder.File(name), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

    private string[] Names() => Directory.GetFiles(_folder.Path).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal).ToArray();

    private async Task TakeAsync(PickupFolder? pickup = null)
    {
        await (pickup ?? _pickup).LookAsync(Token);
        _clock.Advance(PickupFolder.SettleTime);
        await (pickup ?? _pickup).LookAsync(Token);
    }
}
