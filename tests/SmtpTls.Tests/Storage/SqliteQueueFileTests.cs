using System.Text;
using SmtpTls.Queue;
using SmtpTls.Storage;
using SmtpTls.Storage.Sqlite;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.QueueSamples;

namespace SmtpTls.Tests.Storage;

/// <summary>The file behind a queue: who may open it, what is wrong with it, and what is left after a crash.</summary>
public sealed class SqliteQueueFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string QueuePath => _folder.File("test.queue");

    public void Dispose() => _folder.Dispose();

    private Task<SqliteQueueStore> OpenAsync(QueueAccess access = QueueAccess.Relay, string? path = null) =>
        SqliteQueueStore.OpenAsync(new SqliteQueueOptions { Path = path ?? QueuePath, Access = access }, Cancel);

    private async Task<SmtpFailure> RefusedAsync(QueueAccess access = QueueAccess.Relay, string? path = null) =>
        (await Assert.ThrowsAsync<SmtpException>(() => OpenAsync(access, path))).Failure;

    private static Database Raw(string path) => Database.Open(path, create: true, TimeSpan.FromSeconds(5));

    [Fact]
    public async Task What_was_taken_in_is_there_after_closing_and_opening()
    {
        await using (var store = await OpenAsync())
        {
            _ = await store.EnqueueAsync(Message(1, "b@one.test", "c@two.test"), "content");
            await store.SetBackoffAsync("two.test", new NextHopBackoff(Noon.AddHours(1), 2, "refused"), Cancel);
        }

        await using var again = await OpenAsync();
        Assert.Equal(["b@one.test", "c@two.test"], Assert.Single(await again.FindMessagesAsync(new MessageQuery(), Noon, Cancel)).Recipients.Select(r => r.Recipient), StringComparer.Ordinal);
        Assert.Equal(2, (await again.SummarizeAsync(Noon, Cancel))[1].Failures);
        Assert.Equal(Path.GetFullPath(QueuePath), again.Location);
    }

    [Fact]
    public async Task A_second_relay_that_comes_by_a_link_is_refused_too()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a link takes a privilege on Windows");
        await using (await OpenAsync())
        {
            var link = QueuePath + ".link";
            File.CreateSymbolicLink(link, QueuePath);
            var refused = await Assert.ThrowsAsync<SmtpException>(() => SqliteQueueStore.OpenAsync(new SqliteQueueOptions { Path = link }, Cancel));

            Assert.Equal(FindingCode.QueueInUse, refused.Failure.Code);
        }
    }

    [Fact]
    public async Task A_second_relay_is_refused_and_told_who_has_the_queue()
    {
        await using (await OpenAsync())
        {
            var failure = await RefusedAsync();

            Assert.Equal(FindingCode.QueueInUse, failure.Code);
            Assert.Contains(QueuePath, failure.Message, StringComparison.Ordinal);
            Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", failure.Message, StringComparison.Ordinal);
        }

        await using var next = await OpenAsync();
        Assert.Empty(await next.FindMessagesAsync(new MessageQuery(), Noon, Cancel));
    }

    [Fact]
    public async Task An_administrator_works_beside_a_running_relay_and_each_sees_the_others_changes()
    {
        await using var relay = await OpenAsync();
        Assert.Empty(await relay.FindDueAsync(Noon, 10, Cancel));
        await using var administrator = await OpenAsync(QueueAccess.Administration);
        _ = await relay.EnqueueAsync(Message(1, "b@one.test"));
        var lease = Assert.Single(await relay.LeaseAsync(new LeaseRequest { Owner = "me", Now = Noon, Until = Noon.AddMinutes(5), Maximum = 1 }, Cancel));

        // Opening the queue takes no lease away from a relay that runs.
        Assert.Equal(1, Assert.Single(await administrator.SummarizeAsync(Noon, Cancel)).Active);
        _ = await administrator.EnqueueAsync(Message(2, "c@two.test", "d@three.test"));
        Assert.Equal(2, (await relay.FindDueAsync(Noon, 10, Cancel)).Count);
        _ = await administrator.SuspendAsync([new QueueId(2)], Cancel);
        Assert.Empty(await relay.FindDueAsync(Noon, 10, Cancel));
        _ = await administrator.RemoveAsync([new MessageRemoval(new QueueId(1))], Cancel);
        Assert.False(await relay.CompleteAsync(new DeliveryResult { Delivery = lease.Delivery, Id = lease.Id, Owner = "me", Done = [0] }, Cancel));
        _ = await relay.EnqueueAsync(Message(3, "b@one.test", "d@three.test"));
        Assert.Equal([2L, 3L], (await administrator.FindMessagesAsync(new MessageQuery(), Noon, Cancel)).Select(m => m.Id.Value));
    }

    [Fact]
    public async Task Both_write_at_the_same_time_and_nothing_is_lost()
    {
        await using var relay = await OpenAsync();
        await using var administrator = await OpenAsync(QueueAccess.Administration);

        await Task.WhenAll(Write(relay, 0), Write(administrator, 1));

        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), (await relay.FindMessagesAsync(new MessageQuery(), Noon, Cancel)).Select(m => m.Id.Value));
        Assert.Equal(400, (await relay.SummarizeAsync(Noon, Cancel)).Sum(q => q.Total));

        static async Task Write(SqliteQueueStore store, int parity)
        {
            for (var i = 1 + parity; i <= 200; i += 2)
            {
                _ = await store.EnqueueAsync(Message(i, $"b@d{i % 7}.test", "c@shared.test"));
            }
        }
    }

    [Fact]
    public async Task A_relay_takes_over_at_once_what_a_dead_one_had_leased()
    {
        await using (var dead = await OpenAsync())
        {
            _ = await dead.EnqueueAsync(Message(1, "b@one.test"));
            Assert.Single(await dead.LeaseAsync(new LeaseRequest { Owner = "dead", Now = Noon, Until = Noon.AddHours(1), Maximum = 1 }, Cancel));
        }

        await using var relay = await OpenAsync();
        Assert.Equal([new DueNextHop("one.test", Noon)], await relay.FindDueAsync(Noon, 10, Cancel));
        Assert.Equal(2, Assert.Single(await relay.LeaseAsync(new LeaseRequest { Owner = "next", Now = Noon, Until = Noon.AddHours(1), Maximum = 1 }, Cancel)).Attempt);
    }

    [Fact]
    public async Task A_path_that_leads_nowhere_is_refused_with_the_reason()
    {
        var noFolder = await RefusedAsync(path: _folder.File("missing/test.queue"));
        Assert.Equal((FindingCode.InvalidInput, true), (noFolder.Code, noFolder.Message.Contains("folder does not exist", StringComparison.Ordinal)));

        var folder = await RefusedAsync(path: _folder.Path);
        Assert.Equal((FindingCode.InvalidInput, true), (folder.Code, folder.Message.Contains("is a folder", StringComparison.Ordinal)));

        var none = await RefusedAsync(QueueAccess.Administration);
        Assert.Equal((FindingCode.InvalidInput, true), (none.Code, none.Message.Contains("There is no queue", StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_told()
    {
        // /sys takes no files, not even root's; elsewhere the mode does.
        var folder = OperatingSystem.IsLinux() ? "/sys/kernel" : null;
        Assert.SkipWhen(folder is null || !Directory.Exists(folder), "No folder here that nobody may write to.");

        var failure = await RefusedAsync(path: Path.Combine(folder!, "test.queue"));

        Assert.Equal((FindingCode.QueueUnavailable, true), (failure.Code, failure.Message.Contains("cannot be written", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_queue_is_its_owners_to_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"));

        foreach (var file in Directory.GetFiles(_folder.Path).Where(file => !OperatingSystem.IsWindows() && !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
#pragma warning disable CA1416 // Asked above.
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
#pragma warning restore CA1416
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_as_it_was()
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("This is a letter and no queue. ", 200)));
        await File.WriteAllBytesAsync(QueuePath, bytes, Cancel);

        foreach (var access in (QueueAccess[])[QueueAccess.Relay, QueueAccess.Administration])
        {
            var failure = await RefusedAsync(access);
            Assert.Equal((FindingCode.QueueUnavailable, true), (failure.Code, failure.Permanent));
            Assert.Contains("no queue, or a damaged one", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(bytes, await File.ReadAllBytesAsync(QueuePath, Cancel));
    }

    [Fact]
    public async Task Another_programs_database_is_refused_and_left_as_it_was()
    {
        using (var other = Raw(QueuePath))
        {
            other.Execute("CREATE TABLE bookmark(url TEXT); INSERT INTO bookmark VALUES('https://example.test/'); PRAGMA user_version = 7");
        }

        var failure = await RefusedAsync();

        Assert.Contains("no queue of SmtpTls", failure.Message, StringComparison.Ordinal);
        using var after = Raw(QueuePath);
        Assert.Equal((1, 7), (after["SELECT count(*) FROM sqlite_master"].Scalar()!.Value, after.Pragma("user_version")));
        Assert.Equal("delete", after.PragmaText("journal_mode"));
    }

    [Fact]
    public async Task A_queue_of_a_later_version_is_refused_and_left_as_it_was()
    {
        await (await OpenAsync()).DisposeAsync();
        using (var later = Raw(QueuePath))
        {
            later.Execute("PRAGMA user_version = 99");
        }

        var failure = await RefusedAsync();

        Assert.Contains("later version", failure.Message, StringComparison.Ordinal);
        using var after = Raw(QueuePath);
        Assert.Equal(99, after.Pragma("user_version"));
    }

    [Fact]
    public async Task A_damaged_queue_is_told_with_advice_and_never_rebuilt()
    {
        await using (var store = await OpenAsync())
        {
            for (var i = 1; i <= 200; i++)
            {
                _ = await store.EnqueueAsync(Message(i, "b@one.test"));
            }
        }

        // Everything behind the first page, which says that it is a queue.
        var length = new FileInfo(QueuePath).Length;
        await using (var file = new FileStream(QueuePath, FileMode.Open, FileAccess.Write))
        {
            file.Position = 4096;
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, (int)length - 4096).ToArray(), Cancel);
        }

        var failure = await RefusedAsync();

        Assert.Equal((FindingCode.QueueUnavailable, true), (failure.Code, failure.Permanent));
        Assert.Contains("is damaged", failure.Message, StringComparison.Ordinal);
        Assert.Contains(".recover", failure.Advice, StringComparison.Ordinal);
        Assert.Equal(length, new FileInfo(QueuePath).Length);
    }

    [Fact]
    public async Task Damage_that_shows_in_use_fails_what_meets_it_and_the_rest_goes_on()
    {
        await using (var store = await OpenAsync())
        {
            _ = await store.EnqueueAsync(Message(1, "b@one.test"));
            _ = await store.EnqueueAsync(Message(2, "b@two.test"));
        }

        using (var database = Raw(QueuePath))
        {
            database.Execute("UPDATE message SET facts = x'0102' WHERE id = 1");
        }

        await using var damaged = await OpenAsync();
        var failure = await Assert.ThrowsAsync<SmtpException>(async () => await damaged.FindMessagesAsync(new MessageQuery(), Noon, Cancel));
        Assert.Equal((FindingCode.QueueUnavailable, true), (failure.Failure.Code, failure.Failure.Permanent));
        _ = await Assert.ThrowsAsync<SmtpException>(async () => await damaged.LeaseAsync(new LeaseRequest { Owner = "me", Now = Noon, Until = Noon.AddHours(1), Maximum = 10, NextHop = "one.test" }, Cancel));
        Assert.Single(await damaged.LeaseAsync(new LeaseRequest { Owner = "me", Now = Noon, Until = Noon.AddHours(1), Maximum = 10, NextHop = "two.test" }, Cancel));
    }

    [Fact]
    public async Task A_process_that_is_killed_leaves_a_queue_that_opens_with_all_that_was_committed()
    {
        await using var store = await OpenAsync();
        _ = await store.EnqueueAsync(Message(1, "b@one.test"), "kept");

        // What a killed process leaves behind: the file and its log as they stand, nothing closed.
        var copy = _folder.File("copy.queue");
        File.Copy(QueuePath, copy);
        File.Copy($"{QueuePath}-wal", $"{copy}-wal");

        await using var after = await OpenAsync(path: copy);
        await using var content = (await after.OpenContentAsync(new QueueId(1), Cancel))!;
        using var reader = new StreamReader(content);
        Assert.Equal("kept", await reader.ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task Blocks_of_no_message_are_swept_up_when_a_relay_opens()
    {
        await using (var store = await OpenAsync())
        {
            _ = await store.EnqueueAsync(Message(2, "b@one.test"), new string('x', 600_000));
        }

        using (var database = Raw(QueuePath))
        {
            database.Execute("INSERT INTO block VALUES(1, 0, x'00'), (1, 1, x'00'), (3, 0, x'00')");
        }

        await using (var relay = await OpenAsync())
        {
            // Each change brings a step of the sweep with it.
            for (var i = 0; i < 4; i++)
            {
                await relay.SetBackoffAsync("any.test", backoff: null, Cancel);
            }
        }

        using var after = Raw(QueuePath);
        Assert.Equal((3, 2), (after["SELECT count(*) FROM block"].Scalar()!.Value, after["SELECT min(message) FROM block"].Scalar()!.Value));
    }

    [Fact]
    public async Task Domains_that_nothing_waits_for_are_forgotten_when_a_relay_opens()
    {
        await using (var store = await OpenAsync())
        {
            _ = await store.EnqueueAsync(Message(1, "b@gone.test"));
            _ = await store.EnqueueAsync(Message(2, "b@stays.test"));
            await store.SetBackoffAsync("down.test", new NextHopBackoff(Noon, 1, "refused"), Cancel);
            _ = await store.RemoveAsync([new MessageRemoval(new QueueId(1))], Cancel);
        }

        await (await OpenAsync()).DisposeAsync();

        using var after = Raw(QueuePath);
        Assert.Equal((2, 1), (after["SELECT count(*) FROM next_hop"].Scalar()!.Value, after["SELECT count(*) FROM destination"].Scalar()!.Value));
    }

    [Fact]
    public async Task Domains_that_nothing_waits_for_are_forgotten_with_old_events_and_mail_to_them_still_goes()
    {
        await using var store = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(1, 1200).Select(i => store.SetBackoffAsync($"d{i}.test", new NextHopBackoff(Noon, 1, "refused"), Cancel).AsTask()));
        _ = await store.EnqueueAsync(Message(1, "b@stays.test", "b@gone.test"));
        var lease = Assert.Single(await store.LeaseAsync(new LeaseRequest { Owner = "me", Now = Noon, Until = Noon.AddHours(1), Maximum = 1, NextHop = "gone.test" }, Cancel));
        Assert.True(await store.CompleteAsync(new DeliveryResult { Delivery = lease.Delivery, Id = lease.Id, Owner = "me", Done = [1] }, Cancel));
        await store.SetBackoffAsync("d7.test", backoff: null, Cancel);

        await store.PurgeEventsAsync(Noon, Cancel);

        using (var after = Raw(QueuePath))
        {
            Assert.Equal((1200, 1), (after["SELECT count(*) FROM next_hop"].Scalar()!.Value, after["SELECT count(*) FROM destination"].Scalar()!.Value));
        }

        _ = await store.EnqueueAsync(Message(2, "b@gone.test"));
        Assert.Equal(["gone.test", "stays.test"], (await store.FindDueAsync(Noon, 10, Cancel)).Select(d => d.NextHop).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_queue_that_is_disposed_of_says_so_and_lets_go_of_its_files()
    {
        var store = await OpenAsync();
        await store.DisposeAsync();
        await store.DisposeAsync();

        _ = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.EnqueueAsync(Message(1, "b@one.test")));
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.FindDueAsync(Noon, 1, Cancel));
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.SummarizeAsync(Noon, Cancel));
        await (await OpenAsync()).DisposeAsync();
        Assert.False(File.Exists($"{QueuePath}-wal"));
    }
}
