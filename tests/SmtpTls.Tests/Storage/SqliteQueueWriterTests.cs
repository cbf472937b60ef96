using System.Security.Cryptography;
using SmtpTls.Queue;
using SmtpTls.Storage;
using SmtpTls.Storage.Sqlite;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.QueueSamples;

namespace SmtpTls.Tests.Storage;

/// <summary>The one writer: groups, failures in a group, a full disk, large messages and the log.</summary>
public sealed class SqliteQueueWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string QueuePath => _folder.File("test.queue");

    public void Dispose() => _folder.Dispose();

    private Task<SqliteQueueStore> OpenAsync(Func<SqliteQueueOptions, SqliteQueueOptions>? change = null)
    {
        var options = new SqliteQueueOptions { Path = QueuePath };
        return SqliteQueueStore.OpenAsync(change is null ? options : change(options), Cancel);
    }

    private static async Task<byte[]> ReadAsync(SqliteQueueStore store, long id)
    {
        await using var stream = (await store.OpenContentAsync(new QueueId(id), Cancel))!;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Cancel);
        return copy.ToArray();
    }

    private static async Task EnqueueAsync(SqliteQueueStore store, long id, byte[] content) =>
        _ = await store.EnqueueAsync(Message(id, "b@one.test") with { Size = content.Length }, new MemoryStream(content), Cancel);

    private static Database Hold(string path)
    {
        var holder = Database.Open(path, create: false, TimeSpan.FromSeconds(5));
        holder.Execute("BEGIN IMMEDIATE");
        return holder;
    }

    [Fact]
    public async Task What_many_callers_bring_during_a_commit_goes_into_the_next_one_together()
    {
        await using var store = await OpenAsync();
        var holder = Hold(QueuePath);
        var first = store.EnqueueAsync(Message(1, "b@one.test"));
        var before = store.Commits;
        var rest = Enumerable.Range(2, 50).Select(i => store.EnqueueAsync(Message(i, "b@one.test"))).ToArray();
        holder.Execute("COMMIT");
        holder.Dispose();
        _ = await first;
        _ = await Task.WhenAll(rest);

        Assert.InRange(store.Commits - before, 1, 4);
        Assert.Equal(51, (await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel)).Count);
    }

    [Fact]
    public async Task One_that_cannot_be_done_fails_alone()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(5, "b@one.test"));
        var holder = Hold(QueuePath);
        var all = Enumerable.Range(1, 10).Select(i => store.EnqueueAsync(Message(i, $"b@d{i}.test", "c@shared.test"))).ToArray();
        holder.Execute("COMMIT");
        holder.Dispose();

        for (var i = 0; i < all.Length; i++)
        {
            if (i == 4)
            {
                Assert.Equal(FindingCode.QueueUnavailable, (await Assert.ThrowsAsync<SmtpException>(() => all[i])).Failure.Code);
            }
            else
            {
                _ = await all[i];
            }
        }

        var messages = await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel);
        Assert.Equal(Enumerable.Range(1, 10), messages.Select(m => (int)m.Id.Value));
        Assert.Equal("b@one.test", Assert.Single(messages[4].Recipients).Recipient);
        Assert.All(messages.Where(m => m.Id.Value != 5), m => Assert.Equal($"d{m.Id.Value}.test", m.Recipients[0].NextHop));
    }

    [Fact]
    public async Task A_result_that_makes_no_sense_fails_alone_and_keeps_nothing()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        var lease = Assert.Single(await store.LeaseAsync(new LeaseRequest { Owner = "me", Now = Noon, Until = Noon.AddHours(1), Maximum = 1 }, Cancel));
        var entry = new TrackingEvent { Id = lease.Id, Kind = TrackingEventKind.Defer, Time = Noon, From = "a@test", Recipients = [] };
        var nonsense = new DeliveryResult { Delivery = lease.Delivery, Id = lease.Id, Owner = "me", Done = [], NextAttemptAt = null, Events = [entry] };

        var other = store.EnqueueAsync(Message(2, "b@one.test"));
        _ = await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.CompleteAsync(nonsense, Cancel));
        _ = await other;

        Assert.Empty((await store.FindEventsAsync(new TrackingQuery(), Cancel)).Events);
        Assert.True(await store.CompleteAsync(nonsense with { Done = [0] }, Cancel));
    }

    [Fact]
    public async Task A_full_disk_fails_each_caller_keeps_nothing_and_goes_on_when_there_is_room()
    {
        var log = new List<string>();
        await using var store = await OpenAsync(options => options with { MaximumSize = 400_000, Log = log.Add });
        var kept = new List<long>();
        SmtpException? full = null;
        for (var i = 1; full is null && i < 1000; i++)
        {
            try
            {
                await EnqueueAsync(store, i, new byte[8000]);
                kept.Add(i);
            }
            catch (SmtpException e)
            {
                full = e;
            }
        }

        Assert.Equal((FindingCode.QueueUnavailable, false), (full!.Failure.Code, full.Failure.Permanent));
        Assert.Contains("disk is full", full.Failure.Message, StringComparison.Ordinal);
        Assert.Contains(log, line => line.Contains("disk is full", StringComparison.Ordinal));
        Assert.Equal(kept, (await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel)).Select(m => m.Id.Value));
        _ = await Assert.ThrowsAsync<SmtpException>(() => EnqueueAsync(store, 2000, new byte[300_000]));

        // Room, as mail goes out.
        Assert.Equal(5, (await store.RemoveAsync(kept.Take(5).Select(i => new MessageRemoval(new QueueId(i))).ToArray(), Cancel)).Count);
        await EnqueueAsync(store, 3000, new byte[8000]);
        Assert.Equal(kept.Skip(5).Append(3000), (await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel)).Select(m => m.Id.Value));
    }

    [Fact]
    public async Task New_mail_does_not_take_the_last_of_the_disk()
    {
        long free;
        await using (var store = await OpenAsync(options => options with { MinimumFreeSpace = long.MaxValue }))
        {
            var refused = await Assert.ThrowsAsync<SmtpException>(() => store.EnqueueAsync(Message(1, "b@one.test")));

            Assert.Equal((FindingCode.QueueUnavailable, false), (refused.Failure.Code, refused.Failure.Permanent));
            Assert.Equal("452 4.3.1", refused.Failure.Reply!.ToString()[..9]);
            Assert.Contains("nearly full", refused.Failure.Message, StringComparison.Ordinal);
            Assert.Empty(await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel));
            free = new DriveInfo(Path.GetDirectoryName(QueuePath)!).AvailableFreeSpace;
        }

        // With half of what is free in reserve there is room.
        await using var roomy = await OpenAsync(options => options with { MinimumFreeSpace = free / 2 });
        _ = await roomy.EnqueueAsync(Message(1, "b@one.test"));
        Assert.Single(await roomy.FindMessagesAsync(new MessageQuery(), Noon, Cancel));
    }

    [Fact]
    public async Task Another_process_that_holds_the_queue_for_long_fails_the_change_and_not_the_queue()
    {
        await using var store = await OpenAsync(options => options with { BusyTimeout = TimeSpan.FromMilliseconds(50) });
        using (Hold(QueuePath))
        {
            var busy = await Assert.ThrowsAsync<SmtpException>(() => store.EnqueueAsync(Message(1, "b@one.test")));
            Assert.Equal((FindingCode.QueueUnavailable, false), (busy.Failure.Code, busy.Failure.Permanent));
            Assert.Empty(await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel));
        }

        _ = await store.EnqueueAsync(Message(1, "b@one.test"));
        Assert.Single(await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel));
    }

    [Fact]
    public async Task More_changes_than_may_wait_are_refused_at_once()
    {
        await using var store = await OpenAsync(options => options with { MaximumWaitingOperations = 5 });
        Task<IReadOnlyList<DeliveryLease>>[] all;
        using (Hold(QueuePath))
        {
            all = Enumerable.Range(1, 20).Select(i => store.EnqueueAsync(Message(i, "b@one.test"))).ToArray();
            var refused = await Assert.ThrowsAsync<SmtpException>(() => all[^1]);
            Assert.Contains("no more are taken", refused.Failure.Message, StringComparison.Ordinal);
        }

        _ = await Assert.ThrowsAsync<SmtpException>(() => Task.WhenAll(all));
        Assert.Equal(all.Count(task => task.IsCompletedSuccessfully), (await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel)).Count);
        Assert.InRange(all.Count(task => task.IsCompletedSuccessfully), 5, 6);
    }

    [Fact]
    public async Task A_change_that_is_cancelled_while_it_waits_is_not_made()
    {
        await using var store = await OpenAsync();
        using var cancel = new CancellationTokenSource();
        using var content = new MemoryStream([1]);
        Task first;
        using (Hold(QueuePath))
        {
            first = store.EnqueueAsync(Message(1, "b@one.test"));
            while (store.WaitingOperations > 0)
            {
                await Task.Yield();
            }

            var second = store.EnqueueAsync(Message(2, "b@one.test") with { Size = 1 }, content, cancel.Token).AsTask();
            await cancel.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        }

        await first;
        Assert.Equal(1, Assert.Single(await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel)).Id.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData((256 * 1024) - 1)]
    [InlineData(256 * 1024)]
    [InlineData((256 * 1024) + 1)]
    [InlineData(1_500_000)]
    public async Task Content_of_any_size_comes_back_byte_by_byte(int size)
    {
        await using var store = await OpenAsync();
        var content = RandomNumberGenerator.GetBytes(size);

        await EnqueueAsync(store, 1, content);

        Assert.Equal(content, await ReadAsync(store, 1));
        await using var stream = (await store.OpenContentAsync(new QueueId(1), Cancel))!;
        Assert.Equal(size, stream.Length);
        _ = stream.Seek(-Math.Min(size, 300_000), SeekOrigin.End);
        var tail = new byte[Math.Min(size, 300_000)];
        Assert.Equal(tail.Length, stream.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false));
        Assert.Equal(content[^tail.Length..], tail);
        Assert.Equal(0, stream.Read(new byte[1]));
    }

    [Theory]
    [InlineData(100, 99)]
    [InlineData(100, 101)]
    [InlineData(256 * 1024, (256 * 1024) + 1)]
    [InlineData(256 * 1024, (256 * 1024) - 1)]
    [InlineData(600_000, 599_999)]
    [InlineData(600_000, 1_200_000)]
    public async Task Content_that_has_another_size_than_announced_is_refused(int announced, int actual)
    {
        await using var store = await OpenAsync();

        var failure = await Assert.ThrowsAsync<SmtpException>(async () =>
            await store.EnqueueAsync(Message(1, "b@one.test") with { Size = announced }, new MemoryStream(new byte[actual]), Cancel));

        Assert.Equal(FindingCode.InvalidInput, failure.Failure.Code);
        Assert.Empty(await store.FindMessagesAsync(new MessageQuery(), Noon, Cancel));
        await EnqueueAsync(store, 2, new byte[10]);
        Assert.Equal(0, await BlocksAsync());
    }

    [Fact]
    public async Task A_large_message_that_is_refused_leaves_the_first_with_its_id_whole()
    {
        await using var store = await OpenAsync();
        var content = RandomNumberGenerator.GetBytes(600_000);
        await EnqueueAsync(store, 1, content);

        _ = await Assert.ThrowsAsync<SmtpException>(() => EnqueueAsync(store, 1, new byte[700_000]));

        Assert.Equal(content, await ReadAsync(store, 1));
    }

    [Fact]
    public async Task A_large_message_that_goes_while_it_is_read_is_told_as_an_IOException()
    {
        await using var store = await OpenAsync();
        await EnqueueAsync(store, 1, new byte[20 * 256 * 1024]);
        await using var stream = (await store.OpenContentAsync(new QueueId(1), Cancel))!;
        _ = await stream.ReadAsync(new byte[1000], Cancel);

        _ = await store.RemoveAsync([new MessageRemoval(new QueueId(1))], Cancel);
        for (var left = 20L; left > 0;)
        {
            // Each change brings a step of the deleting with it.
            await store.SetBackoffAsync("any.test", backoff: null, Cancel);
            left = await BlocksAsync();
        }

        var failure = await Assert.ThrowsAsync<IOException>(async () => await stream.CopyToAsync(Stream.Null, Cancel));
        Assert.Contains("was removed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_small_message_that_goes_while_it_is_read_is_read_to_its_end()
    {
        await using var store = await OpenAsync();
        await EnqueueAsync(store, 1, [1, 2, 3]);
        await using var stream = (await store.OpenContentAsync(new QueueId(1), Cancel))!;

        _ = await store.RemoveAsync([new MessageRemoval(new QueueId(1))], Cancel);

        Assert.Equal(3, await stream.ReadAsync(new byte[10], Cancel));
    }

    [Fact]
    public async Task A_large_notification_is_kept_in_blocks()
    {
        await using var store = await OpenAsync();
        await EnqueueAsync(store, 1, [1]);
        var content = RandomNumberGenerator.GetBytes(700_000);
        var report = new Notification(Message(2, "a@test") with { Size = content.Length }, content);

        _ = await store.RemoveAsync([new MessageRemoval(new QueueId(1)) { Notifications = [report] }], Cancel);

        Assert.Equal(content, await ReadAsync(store, 2));
    }

    [Fact]
    public async Task The_log_is_copied_and_begun_anew()
    {
        await using var store = await OpenAsync(options => options with { CheckpointSize = 1 << 20 });
        var content = new byte[16_000];
        for (var i = 1; i <= 400; i++)
        {
            await EnqueueAsync(store, i, content);
        }

        Assert.InRange(new FileInfo($"{QueuePath}-wal").Length, 1, 3 << 20);
        Assert.InRange(new FileInfo(QueuePath).Length, 5 << 20, 20 << 20);
    }

    [Fact]
    public async Task Whoever_reads_for_long_holds_nobody_up_and_the_log_shrinks_afterwards()
    {
        var log = new List<string>();
        await using var store = await OpenAsync(options => options with { CheckpointSize = 1 << 20, Log = log.Add });
        await EnqueueAsync(store, 1, new byte[1000]);
        using (var reader = Database.Open(QueuePath, create: false, TimeSpan.Zero))
        {
            reader.Execute("BEGIN; SELECT count(*) FROM message");
            for (var i = 2; i <= 60; i++)
            {
                await EnqueueAsync(store, i, new byte[200_000]);
            }
        }

        Assert.InRange(new FileInfo($"{QueuePath}-wal").Length, 10 << 20, 40 << 20);
        Assert.Contains(log, line => line.Contains("reading the queue for long", StringComparison.Ordinal));

        for (var i = 61; i <= 80; i++)
        {
            await EnqueueAsync(store, i, new byte[200_000]);
        }

        Assert.InRange(new FileInfo($"{QueuePath}-wal").Length, 1, 4 << 20);
    }

    private async Task<long> BlocksAsync()
    {
        await Task.Yield();
        using var database = Database.Open(QueuePath, create: false, TimeSpan.FromSeconds(5));
        return database["SELECT count(*) FROM block"].Scalar()!.Value;
    }
}
