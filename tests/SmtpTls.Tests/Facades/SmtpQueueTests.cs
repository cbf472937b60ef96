using System.Text;
using SmtpTls.Queue;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Facades;

public sealed class SmtpQueueTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new(QueueSamples.Noon);
    private readonly MemoryQueueStore _store = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private SmtpQueue Queue => new(_store, new SmtpQueueOptions { Name = "edge", Clock = _clock });

    [Fact]
    public async Task Messages_are_read_page_after_page_under_the_queues_name()
    {
        for (var id = 1; id <= 7; id++)
        {
            await _store.EnqueueAsync(QueueSamples.Message(id, "b@one.test"));
        }

        var found = await ListAsync(Queue.FindAsync(new MessageQuery { PageSize = 3 }, Cancel));

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], found.Select(m => m.Id.Value));
        Assert.All(found, m => Assert.Equal("edge", m.Queue));
        Assert.Equal(3, _store.Calls.Count(c => c == "FindMessagesAsync"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_001)]
    public async Task A_page_of_no_or_too_many_entries_is_refused(int size)
    {
        var error = await Assert.ThrowsAsync<SmtpException>(() => ListAsync(Queue.FindAsync(new MessageQuery { PageSize = size }, Cancel)));

        Assert.Equal(FindingCode.InvalidInput, error.Failure.Code);
        Assert.Contains("PageSize", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tracking_log_is_read_page_after_page()
    {
        for (var id = 1; id <= 5; id++)
        {
            var entry = new TrackingEvent { Time = QueueSamples.Noon.AddSeconds(id), Kind = TrackingEventKind.Receive, Id = new QueueId(id), From = "a@test", Recipients = ["b@one.test"] };
            await _store.EnqueueAsync(QueueSamples.Message(id, "b@one.test") with { Events = [entry] });
        }

        var events = await ListAsync(Queue.TrackAsync(new TrackingQuery { PageSize = 2, Since = QueueSamples.Noon.AddSeconds(2) }, Cancel));

        Assert.Equal([2, 3, 4, 5], events.Select(e => e.Id.Value));
        Assert.All(events, e => Assert.Equal("edge", e.Queue));
    }

    [Fact]
    public async Task Suspend_retry_and_resume_name_those_that_they_were_done_to()
    {
        await _store.EnqueueAsync(QueueSamples.Message(1, "b@one.test"));
        await _store.EnqueueAsync(QueueSamples.Message(2, "b@one.test"));
        QueueId[] ids = [new(1), new(2), new(3)];

        Assert.Equal([1, 2], (await Queue.SuspendAsync(ids, Cancel)).Select(i => i.Value));
        Assert.Equal([1], (await Queue.ResumeAsync([new QueueId(1)], Cancel)).Select(i => i.Value));
        Assert.Equal([1], (await Queue.RetryAsync(ids, Cancel)).Select(i => i.Value));
        var row = Assert.Single(await Queue.SummarizeAsync(Cancel));
        Assert.Equal((1, 1, "edge"), (row.Ready, row.Suspended, row.Queue));
    }

    [Fact]
    public async Task An_export_has_every_byte_and_leaves_nothing_else_behind()
    {
        using var folder = new TemporaryFolder();
        const string Content = "Subject: =?utf-8?q?x?=\r\n\r\n.dot\r\nno line end";
        await _store.EnqueueAsync(QueueSamples.Message(5, "b@one.test"), Content);

        var path = await Queue.ExportAsync(new QueueId(5), folder.Path, Cancel);

        Assert.Equal($"{new QueueId(5)}.eml", Path.GetFileName(path));
        Assert.Equal(Content, Encoding.UTF8.GetString(await File.ReadAllBytesAsync(path, Cancel)));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task An_export_overwrites_nothing()
    {
        using var folder = new TemporaryFolder();
        await _store.EnqueueAsync(QueueSamples.Message(5, "b@one.test"));
        var path = Path.Combine(folder.Path, $"{new QueueId(5)}.eml");
        await File.WriteAllTextAsync(path, "mine", Cancel);

        var error = await Assert.ThrowsAsync<SmtpException>(() => Queue.ExportAsync(new QueueId(5), folder.Path, Cancel));

        Assert.Equal(FindingCode.InvalidInput, error.Failure.Code);
        Assert.Equal("mine", await File.ReadAllTextAsync(path, Cancel));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task An_export_to_a_folder_that_is_not_there_says_so()
    {
        using var folder = new TemporaryFolder();
        await _store.EnqueueAsync(QueueSamples.Message(5, "b@one.test"));

        var error = await Assert.ThrowsAsync<SmtpException>(() => Queue.ExportAsync(new QueueId(5), Path.Combine(folder.Path, "none"), Cancel));

        Assert.Contains("cannot be written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_in_the_queue_cannot_be_exported()
    {
        using var folder = new TemporaryFolder();

        var error = await Assert.ThrowsAsync<SmtpException>(() => Queue.ExportAsync(new QueueId(9), folder.Path, Cancel));

        Assert.Equal(FindingCode.QueueMessageNotFound, error.Failure.Code);
        Assert.Contains("not in the queue edge", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task Disposing_closes_the_store_unless_it_is_somebody_elses(bool leaveOpen, int disposals)
    {
        await new SmtpQueue(_store, new SmtpQueueOptions { LeaveStoreOpen = leaveOpen }).DisposeAsync();

        Assert.Equal(disposals, _store.Disposals);
    }

    [Fact]
    public void A_queue_without_a_name_is_called_by_its_place() => Assert.Equal("memory", new SmtpQueue(_store).Name);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> all)
    {
        var list = new List<T>();
        await foreach (var item in all)
        {
            list.Add(item);
        }

        return list;
    }
}
